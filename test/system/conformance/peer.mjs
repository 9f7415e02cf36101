// The client of a case: a raw socket, or npm's ws. It writes down, in order, what the connector sends.
import net from "node:net";
import { createHash, randomBytes } from "node:crypto";
import WebSocket from "ws";

import { MESSAGE, PACKAGE, decodeMessage, decodePackages, encodeMessage, encodePackage } from "../support/member.mjs";
import { BINARY, CLOSE, PONG, closeFrame, frame, takeFrames } from "./frames.mjs";
import { ANSWERED, SAID } from "./pomelo.mjs";

const patience = 25; // seconds
const json = (value) => new TextEncoder().encode(JSON.stringify(value));
const unjson = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const printable = /^[ -~]*$/;
const shown = (bytes) => printable.test(bytes.toString("latin1")) ? bytes.toString("latin1") : `0x${bytes.toString("hex")}`;

/** What has come, as words: "echo", "answer", "heartbeat", "pong ...", "kick ...", "close <code>". */
class Peer {
    events = [];
    ended = false;
    content = undefined; ///< what the room is to hear
    #waiting = new Set();

    /** Looks again whenever something has come: a thousand round trips have no time for a clock. */
    #until(condition, what) {
        return new Promise((resolve, reject) => {
            const finish = (end, value) => {
                clearTimeout(timer);
                this.#waiting.delete(look);
                end(value);
            };
            const look = () => condition() && finish(resolve);
            const timer = setTimeout(() => finish(reject, new Error(`not within ${patience} s: ${what}; so far ${this.events.slice(0, 12)}`)), patience * 1000);
            this.#waiting.add(look);
            look();
        });
    }

    happens(event) {
        this.events.push(event);
        this.#look();
    }

    hasEnded() {
        this.ended = true;
        this.#look();
    }

    #look() {
        for (const look of [...this.#waiting])
            look();
    }

    /** Handshake and, for whoever has something to say, a room of its own. */
    async introduce(rid) {
        const done = (event) => this.#until(() => this.events.includes(event) || this.ended, event);
        this.data(encodePackage(PACKAGE.HANDSHAKE, json({ sys: { type: "test", version: "1" } })));
        await done("handshake");
        this.data(encodePackage(PACKAGE.ACK));
        await done("heartbeat");
        if (rid !== undefined) {
            const body = { username: "peer", rid };
            this.data(encodePackage(PACKAGE.DATA, encodeMessage({ type: MESSAGE.REQUEST, id: 1, route: "connector.entryHandler.enter", body })));
            await done("entered");
        }
        this.events.length = 0;
    }

    /** Until so many events have come, or none can come any more. */
    sees(count) {
        return this.#until(() => this.events.length >= count || this.ended, `${count} events`);
    }

    ends() {
        return this.#until(() => this.ended, "the connection's end");
    }

    onData(payload) {
        for (const { type, body } of decodePackages(payload))
            this.onPackage(type, body);
    }

    onPackage(type, body) {
        if (type === PACKAGE.KICK)
            this.happens(`kick ${unjson(body).reason}`);
        else if (type === PACKAGE.HANDSHAKE)
            this.onHandshake(unjson(body));
        else if (type === PACKAGE.HEARTBEAT)
            this.happens("heartbeat");
        else
            this.onMessage(decodeMessage(body, this.routes));
    }

    onHandshake({ code, sys }) {
        this.routes = Object.fromEntries(Object.entries(sys?.dict ?? {}).map(([route, number]) => [number, route]));
        this.happens(code === 200 ? "handshake" : `handshake ${code}`);
    }

    onMessage({ type, id, route, body }) {
        if (type === MESSAGE.PUSH)
            this.happens(route !== "onChat" ? `push ${route}` : body.msg === this.content ? "echo" : "another text");
        else if (id === ANSWERED)
            this.happens(body.reason === "no_such_route" ? "answer" : `answer ${JSON.stringify(body)}`);
        else if (body.code !== undefined && body.code !== 200)
            this.happens(`refused ${body.reason}`);
        else if (id !== SAID) // what was said is heard
            this.happens("entered");
    }
}

export class RawPeer extends Peer {
    #rest = Buffer.alloc(0);

    /** `offer`: of extensions. */
    static async connect(port, rid, offer = "") {
        const peer = new RawPeer();
        peer.socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
        peer.socket.on("error", () => {});
        peer.socket.on("close", () => { peer.hasEnded(); });
        await peer.#upgrade(port, offer);
        await peer.introduce(rid);
        return peer;
    }

    async #upgrade(port, offer) {
        const key = randomBytes(16).toString("base64");
        this.socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
            + `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n`
            + (offer && `Sec-WebSocket-Extensions: ${offer}\r\n`) + "\r\n");
        let head = "";
        await new Promise((resolve, reject) => {
            this.socket.once("close", () => reject(new Error("closed instead of upgraded")));
            this.socket.on("data", (data) => { head += data.toString("latin1"); if (head.endsWith("\r\n\r\n")) resolve(); });
        });
        const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        if (!head.startsWith("HTTP/1.1 101") || !head.includes(accept))
            throw new Error(`not upgraded: ${head}`);
        this.extensions = /^sec-websocket-extensions: *(.*)$/im.exec(head)?.[1] ?? "";
        this.socket.removeAllListeners("data");
        this.socket.on("data", (data) => this.#take(data));
        this.socket.on("end", () => this.socket.destroy()); // also while it still has much to say
    }

    #take(data) {
        const { frames, rest } = takeFrames(Buffer.concat([this.#rest, data]));
        this.#rest = rest;
        for (const one of frames)
            this.#onFrame(one);
    }

    #onFrame({ first, masked, payload }) {
        if (masked)
            this.happens("masked");
        if (first === (0x80 | CLOSE))
            this.happens(`close ${payload.length < 2 ? "without code" : payload.readUInt16BE(0)}`);
        else if (first === (0x80 | PONG))
            this.happens(`pong ${shown(payload)}`.trim());
        else if (first === 0x82)
            this.onData(payload);
        else
            this.happens(`frame 0x${first.toString(16)}`);
    }

    /** Bytes as they are; with `chop`, each so many handed to the kernel by themselves. */
    async write(bytes, chop = bytes.length) {
        for (let at = 0; at < bytes.length && !this.ended; at += chop)
            await new Promise((resolve) => this.socket.write(bytes.subarray(at, at + chop), resolve));
    }

    data(payload) {
        this.socket.write(frame(BINARY, payload));
    }

    close() {
        return this.write(closeFrame(1000));
    }

    destroy() {
        this.socket.destroy();
    }
}

export class WsPeer extends Peer {
    /** `offer`: of permessage-deflate. */
    static async connect(port, rid, offer = false) {
        const peer = new WsPeer();
        peer.socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: offer });
        peer.socket.on("message", (data, isBinary) => isBinary ? peer.onData(data) : peer.happens("text frame"));
        peer.socket.on("pong", (data) => peer.happens(`pong ${shown(data)}`.trim()));
        peer.socket.on("close", (code) => { peer.happens(`close ${code}`); peer.hasEnded(); });
        await new Promise((resolve, reject) => peer.socket.once("open", resolve).once("error", reject));
        peer.socket.on("error", () => {});
        peer.extensions = peer.socket.extensions;
        await peer.introduce(rid);
        return peer;
    }

    /** A message in frames of at most `size` bytes. */
    send(payload, binary, size = payload.length || 1) {
        for (let at = 0; at === 0 || at < payload.length; at += size)
            this.socket.send(payload.subarray(at, at + size), { binary, fin: at + size >= payload.length, compress: false });
    }

    data(payload) {
        this.socket.send(payload);
    }

    close(code = 1000, reason = "") {
        this.socket.close(code, reason);
    }

    destroy() {
        this.socket.terminate();
    }
}
