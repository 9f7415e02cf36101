// A WebSocket on which a test may say anything, well-formed or not.
import WebSocket from "ws";

import { PACKAGE, decodeMessage, decodePackages, encodeMessage, encodePackage } from "./member.mjs";
import { until } from "./wait.mjs";

const json = (body) => new TextEncoder().encode(JSON.stringify(body));

export class Raw {
    packages = [];
    closed = null;

    static async connect(url) {
        const raw = new Raw();
        raw.socket = new WebSocket(url);
        raw.socket.on("message", (data) => raw.packages.push(...decodePackages(new Uint8Array(data))));
        raw.socket.on("close", (code) => { raw.closed = { code }; });
        await new Promise((resolve, reject) => raw.socket.once("open", resolve).once("error", reject));
        raw.socket.on("error", () => {});
        return raw;
    }

    /** Connected and past the handshake; `sys` as the client names itself. */
    static async shakenHands(url, sys = { type: "test", version: "1" }) {
        const raw = await Raw.connect(url);
        raw.send(encodePackage(PACKAGE.HANDSHAKE, json({ sys })));
        raw.handshake = JSON.parse(new TextDecoder().decode((await raw.gets(PACKAGE.HANDSHAKE)).body));
        raw.send(encodePackage(PACKAGE.ACK));
        return raw;
    }

    send(bytes) {
        this.socket.send(bytes);
    }

    sendMessage(message) {
        this.send(encodePackage(PACKAGE.DATA, encodeMessage(message)));
    }

    gets(type, fits = () => true) {
        return until(() => this.packages.find((one) => one.type === type && fits(one)), `a package of type ${type}`);
    }

    /** The decoded answer to the request with this id. */
    async answer(id) {
        const found = await this.gets(PACKAGE.DATA, ({ body }) => decodeMessage(body).id === id);
        return decodeMessage(found.body).body;
    }

    /** The reason of the kick package, once the server has closed. */
    async ends() {
        await until(() => this.closed, "the server closes");
        const kick = this.packages.find((one) => one.type === PACKAGE.KICK);
        return kick ? JSON.parse(new TextDecoder().decode(kick.body)).reason : undefined;
    }

    close() {
        this.socket.terminate();
    }
}
