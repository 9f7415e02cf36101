// A hostile client, in a process of its own: `node attacker.mjs NAME JSON` does one of the attacks below and prints, as JSON, what
// came of it. It speaks to sockets directly, so that it may be wrong in every layer, and as fast as it can.
import { createHash, randomBytes } from "node:crypto";
import net from "node:net";
import { pathToFileURL } from "node:url";

import { Issuer } from "./issuer.mjs";
import { MESSAGE, PACKAGE, encodeMessage, encodePackage } from "./member.mjs";
import { until } from "./wait.mjs";

const json = (value) => new TextEncoder().encode(JSON.stringify(value));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A frame of a client; its mask is all zeros, so the payload stands there as it is. `size`: what the header claims. */
export function frame(payload, { opcode = 2, final = true, reserved = 0, size = payload.length } = {}) {
    const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
    const length = Buffer.alloc(size < 126 ? 1 : size < 65536 ? 3 : 9);
    length[0] = 0x80 | (size < 126 ? size : size < 65536 ? 126 : 127);
    if (length.length === 3)
        length.writeUInt16BE(size, 1);
    if (length.length === 9)
        length.writeBigUInt64BE(BigInt(size), 1);
    return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(4), payload]);
}

export const upgradeRequest = (more = "") => "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
const hands = [frame(encodePackage(PACKAGE.HANDSHAKE, json({ sys: { type: "test", version: "1" } }))), frame(encodePackage(PACKAGE.ACK))];
export const request = (id, route, body) => frame(encodePackage(PACKAGE.DATA, encodeMessage({ type: MESSAGE.REQUEST, id, route, body })));

/** One TCP connection from an address of our choice. */
export class Wire {
    heard = Buffer.alloc(0); // its beginning
    bytes = 0;
    kicked = null;

    constructor(port, address, keep = 65536) {
        this.keep = keep;
        this.socket = net.connect({ host: "127.0.0.1", port, localAddress: address });
        this.socket.on("error", () => {});
        this.socket.on("data", (data) => {
            this.bytes += data.length;
            if (this.heard.length < this.keep)
                this.heard = Buffer.concat([this.heard, data]);
            this.kicked ??= /"reason":"(protocol|abuse|slow_consumer|heartbeat)"/.exec(data.toString("latin1"))?.[1] ?? null;
        });
        this.closed = new Promise((resolve) => this.socket.on("close", () => { this.over = true; resolve(); }));
    }

    /** Upgraded, hands shaken, and what else is given, all in one go. */
    static upgraded(port, address, ...more) {
        const wire = new Wire(port, address);
        wire.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), ...hands, ...more]));
        return wire;
    }

    get status() {
        return this.heard.subarray(9, 12).toString();
    }

    /** Resolves when the kernel has taken it, or there is nobody any more. */
    async write(bytes) {
        if (!this.over && !this.socket.write(bytes))
            await Promise.race([new Promise((resolve) => this.socket.once("drain", resolve)), this.closed]);
    }

    /** How it ended, within `seconds`. */
    async end(seconds = 5) {
        await Promise.race([this.closed, pause(seconds * 1000)]);
        const how = !this.over ? "open" : this.kicked ?? "closed";
        this.socket.destroy();
        return how;
    }
}

const tally = (list) => list.reduce((sum, one) => ({ ...sum, [one]: (sum[one] ?? 0) + 1 }), {});
const each = (count, action) => Promise.all(Array.from({ length: count }, (_, i) => action(i)));
const seconds = (number) => { const end = performance.now() + number * 1000; return () => performance.now() < end; };

/** What an enter needs: with `secret` users have to prove who they are, and these have accounts here. */
function entry(t, username, rid, id = 1) {
    const token = t.secret && new Issuer("HS256", "site", Buffer.from(t.secret, "base64")).token({ sub: username, exp: Date.now() / 1000 + 600 });
    return request(id, "connector.entryHandler.enter", { username, rid, token });
}

export const attacks = {
    /** `count` connections that begin to shake hands, from 20 addresses, some dripping a byte now and then, until all are cut. */
    async halfOpen(t) {
        const beginnings = ["", "GET /", "GET / HTTP/1.1\r\nHost: x\r\nX: ", upgradeRequest()];
        const ends = await each(t.count, async (i) => {
            const wire = new Wire(t.port, `127.0.4.${1 + i % 20}`), text = beginnings[i % beginnings.length];
            wire.socket.write(text);
            const drip = setInterval(() => text && !wire.over && wire.socket.write(i % 4 === 3 ? frame(Buffer.alloc(0), { opcode: 10 }) : "x"), 700);
            const how = await wire.end(t.patience);
            clearInterval(drip);
            return wire.status === "429" ? "429" : how;
        });
        return tally(ends);
    },

    /** Connect, upgrade, go, and again, from one address. */
    async connections(t) {
        const seen = {}, going = seconds(t.seconds);
        await each(16, async () => {
            while (going()) {
                const wire = Wire.upgraded(t.port, "127.0.5.1");
                await Promise.race([new Promise((resolve) => wire.socket.once("data", resolve)), wire.closed, pause(1000)]);
                const status = wire.status || "none";
                seen[status] = (seen[status] ?? 0) + 1;
                wire.socket.destroy();
            }
        });
        return seen;
    },

    /** Requests as fast as they are taken, with every answer read; who is closed comes again. */
    async requests(t) {
        const going = seconds(t.seconds);
        let sent = 0, answered = 0;
        const ends = [];
        await each(t.clients, async (i) => {
            for (let life = 0; going(); ++life) {
                const wire = Wire.upgraded(t.port, `127.0.6.${1 + i}`, entry(t, `flood ${i} ${life}`, `flood ${i}`));
                const block = Buffer.concat(Array.from({ length: 100 }, (_, n) => request(2 + n, t.route, { content: "x".repeat(100), target: "*" })));
                while (going() && !wire.over) {
                    await wire.write(block);
                    sent += 100;
                    await pause(0);
                }
                ends.push(going() ? await wire.end(1) : "open");
                answered += wire.bytes;
                wire.socket.destroy();
            }
        });
        return { sent, answered, ...tally(ends) };
    },

    /** `clients` ask for pages of history, and read nothing of what they get. */
    async unread(t) {
        const first = Wire.upgraded(t.port, "127.0.7.1", entry(t, "writer", "unread"));
        first.keep = 1 << 20; // the answers come among what it says itself
        const has = (wire, text) => until(() => wire.heard.includes(text), text, 8);
        await has(first, "\"resumeKey\"");
        await first.write(Buffer.concat(Array.from({ length: 4 }, (_, n) =>
            request(2 + n, "chat.chatHandler.send", { content: "x".repeat(100000), target: "*" }))));
        await has(first, "\"offset\":4");
        const wires = await each(t.clients, async (i) => {
            const wire = Wire.upgraded(t.port, `127.0.7.${2 + i % 10}`, entry(t, `deaf ${i}`, "unread"));
            await has(wire, "\"resumeKey\"");
            wire.socket.pause();
            return wire;
        });
        await each(t.clients, (i) => wires[i].socket.write(Buffer.concat(
            Array.from({ length: t.pages }, (_, n) => request(10 + n, "chat.chatHandler.history", { limit: 100 })))));
        await pause(t.seconds * 1000);
        wires.forEach((wire) => wire.socket.destroy());
        first.socket.destroy();
        return { asked: t.clients * t.pages };
    },

    /** Messages that are too large, or never end. */
    async fragments(t) {
        const endless = (size, opcode = 0) => async (wire) => {
            const going = seconds(t.seconds);
            await wire.write(frame(Buffer.alloc(size), { final: false }));
            const block = Buffer.concat(Array.from({ length: Math.ceil(65536 / (size + 8)) }, () =>
                frame(Buffer.alloc(size), { opcode, final: opcode !== 0 })));
            while (going() && !wire.over) {
                await wire.write(block);
                await pause(1);
            }
        };
        const ways = {
            "claims 2^53": (wire) => wire.write(frame(Buffer.alloc(1000), { size: Number.MAX_SAFE_INTEGER })),
            "claims 16 MiB": (wire) => wire.write(frame(Buffer.alloc(1000), { size: 1 << 24 })),
            "one of 4 MiB": (wire) => wire.write(frame(Buffer.alloc(1 << 22))),
            "endless fragments": endless(32768),
            "endless empty fragments": endless(0),
            "endless pings in a message": endless(100, 9),
            "a continuation of nothing": (wire) => wire.write(frame(Buffer.alloc(10), { opcode: 0 })),
        };
        const seen = {};
        await Promise.all(Object.entries(ways).map(async ([what, act], w) => {
            seen[what] = tally(await each(t.clients, async (i) => {
                const wire = Wire.upgraded(t.port, `127.0.8.${1 + w * t.clients + i}`);
                await act(wire);
                return wire.end(2);
            }));
        }));
        return seen;
    },

    /** Offers compression; then a small frame that says it is compressed, as a bomb would be. */
    async compressed(t) {
        const offer = new Wire(t.port, "127.0.9.1");
        offer.socket.write(upgradeRequest("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"));
        while (!offer.over && !offer.heard.includes("\r\n\r\n"))
            await pause(10);
        const answer = offer.heard.toString("latin1").split("\r\n\r\n")[0];
        offer.socket.destroy();
        const bomb = Buffer.from(createHash("sha512").update("bomb").digest());
        const ends = await each(50, async (i) => {
            const wire = Wire.upgraded(t.port, `127.0.9.${2 + i % 5}`, frame(bomb, { reserved: 4 }));
            return wire.end(3);
        });
        return { answer, ...tally(ends) };
    },

    /** Garbage on each of these ports: from the first byte on, and after a good beginning. */
    async garbage(t) {
        const zmtp = Buffer.concat([Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]), Buffer.from("NULL".padEnd(20, "\0")), Buffer.alloc(32)]);
        const beginnings = [Buffer.alloc(0), Buffer.from(upgradeRequest()), Buffer.concat([Buffer.from(upgradeRequest()), ...hands]), zmtp,
            Buffer.from("GET "), Buffer.from([0x16, 3, 1])];
        let bytes = 0;
        for (const port of t.ports)
            await each(t.count, async (i) => {
                const wire = new Wire(port, `127.0.10.${1 + i % 200}`, 0);
                const rest = randomBytes(1 + i * i % 20000);
                bytes += rest.length;
                await wire.write(Buffer.concat([beginnings[i % beginnings.length], rest]));
                await wire.end(0.3);
            });
        return { bytes };
    },

    /** One client enters one room after the other, each with a name of its own, leaving the one before. */
    async rooms(t) {
        const going = seconds(t.seconds), wire = Wire.upgraded(t.port, "127.0.11.1", entry(t, "wanderer", "room 0"));
        let next = 1, asked = 1, answered = 0, refused = 0;
        wire.socket.on("data", (data) => {
            const text = data.toString("latin1");
            answered += text.split("\"resumeKey\"").length - 1;
            refused += text.split("\"code\":500").length - 1;
        });
        while (going() && !wire.over) {
            const block = [];
            for (; asked - answered - refused < 200 && block.length < 100; ++asked)
                block.push(entry(t, "wanderer", `room ${next}`, 2 + next++));
            if (block.length)
                await wire.write(Buffer.concat(block));
            await pause(1);
        }
        return { asked, answered, refused, how: await wire.end(0.5) };
    },
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const [name, target] = process.argv.slice(2);
    console.log(JSON.stringify(await attacks[name](JSON.parse(target))));
    process.exit(0);
}
