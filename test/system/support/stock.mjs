// The unmodified Pomelo client of npm. It keeps module-wide state and wants browser globals: one context per client.
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import vm from "node:vm";
import WebSocket from "ws";

import { until } from "./wait.mjs";

const require = createRequire(import.meta.url);
const read = (name) => new vm.Script(readFileSync(require.resolve(name), "utf8"), { filename: name });
const protocol = read("pomelo-protocol/lib/protocol.js");
const client = read("pomelo-jsclient-websocket/lib/pomelo-client.js");

/** `ca`: whom to trust; then it goes by wss, which this client does not know of. */
function makePomelo(sockets, ca) {
    class KeptWebSocket extends WebSocket {
        constructor(url, ...args) {
            ca ? super(url.replace(/^ws:/, "wss:"), { ca }) : super(url, ...args);
            sockets.push(this);
        }
    }
    const silent = { log() {}, error() {}, warn() {} };
    const window = vm.createContext({
        EventEmitter, WebSocket: KeptWebSocket, Uint8Array, ArrayBuffer, setTimeout, clearTimeout, console: silent,
        localStorage: { getItem: () => null, setItem() {} },
    });
    window.window = window;
    window.module = { exports: {} }; // which it sets, also where it takes the browser's way
    protocol.runInContext(window);
    window.module = { exports: {} };
    client.runInContext(window);
    return window.module.exports;
}

export class StockClient {
    pushes = [];
    sockets = [];

    static connect(port, host = "127.0.0.1", ca = undefined) {
        const stock = new StockClient();
        stock.pomelo = makePomelo(stock.sockets, ca);
        for (const route of ["onChat", "onAdd", "onLeave", "onKick", "disconnect", "heartbeat timeout", "io-error"])
            stock.pomelo.on(route, (body) => stock.pushes.push({ route, body: structuredClone(body) })); // of our own context
        return new Promise((resolve, reject) => {
            stock.pomelo.once("error", reject);
            stock.pomelo.once("io-error", reject);
            stock.pomelo.init({ host, port, user: {} }, () => resolve(stock));
        });
    }

    request(route, body) {
        return new Promise((resolve) => this.pomelo.request(route, body, (answer) => resolve(structuredClone(answer))));
    }

    /** By way of the gate, as every Pomelo chat does it. */
    static async enterByGate(gatePort, username, rid, ca = undefined) {
        const gate = await StockClient.connect(gatePort, undefined, ca);
        const entry = await gate.request("gate.gateHandler.queryEntry", { uid: username });
        gate.pomelo.disconnect();
        const stock = await StockClient.connect(entry.port, entry.host, ca);
        stock.entry = entry;
        stock.entered = await stock.request("connector.entryHandler.enter", { username, rid });
        return stock;
    }

    send(content, target = "*", extra = {}) {
        return this.request("chat.chatHandler.send", { content, target, from: "ignored", rid: undefined, ...extra });
    }

    of(route) {
        return this.pushes.filter((push) => push.route === route).map((push) => push.body);
    }

    gets(route, fits = () => true, seconds = 10) {
        return until(() => this.of(route).find(fits), () => `${route}; so far ${JSON.stringify(this.of(route).slice(-5))}`, seconds);
    }

    close() {
        this.pomelo.disconnect();
    }
}
