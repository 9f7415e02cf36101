// Groups 1 to 5: framing, pings and pongs, reserved bits, opcodes, fragmentation.
import { asking, echoes, empty, fails, failed, made, repeat, sends, sendsEach } from "./case.mjs";
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, closeFrame, fragments, frame } from "./frames.mjs";
import { request, sayingIn } from "./pomelo.mjs";

// ---- 1

function sized(group, opcode, fill) {
    const binary = opcode === BINARY, kind = binary ? "binary" : "text";
    const one = (number, size, chop) =>
        echoes(`${group}.${number}`, `${kind}, ${size} bytes${chop ? `, in pieces of ${chop}` : ""}`, size, fill,
            (bytes) => [frame(opcode, bytes)], { chop, ws: chop ? undefined : (peer, bytes) => peer.send(bytes, binary) });
    const sizes = [125, 126, 127, 128, 65535, 65536];
    return [empty(`${group}.1`, binary), ...sizes.map((size, i) => one(i + 2, size)), one(8, 65536, 997)];
}

// ---- 2

const bytes = Buffer.from([0, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0, 0xff]);
const long = Buffer.alloc(125, 0xfe);
const pongOf = (payload) => `pong ${typeof payload === "string" ? payload : `0x${payload.toString("hex")}`}`.trim();
const numbered = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
const unasked = "nobody has asked for this";

const pinged = (id, sent, payload, chop) =>
    made(id, sent, "a pong with the same payload", [pongOf(payload)], sends(() => [frame(PING, payload)], chop),
        { ws: chop ? undefined : async (peer) => peer.socket.ping(payload) });
const pongs = [
    pinged("2.1", "ping, no payload", ""),
    pinged("2.2", "ping, text payload", "Hello, world!"),
    pinged("2.3", "ping, 8 bytes that are no text", bytes),
    pinged("2.4", "ping, 125 bytes", long),
    fails("2.5", "ping, 126 bytes", 1002, sends(() => [frame(PING, Buffer.alloc(126, 0xfe))])),
    pinged("2.6", "ping, 125 bytes, byte by byte", long, 1),
    made("2.7", "pong unasked, no payload; close", "nothing", ["close 1000"], sends(() => [frame(PONG), closeFrame(1000)])),
    made("2.8", "pong unasked, with payload; close", "nothing", ["close 1000"], sends(() => [frame(PONG, unasked), closeFrame(1000)])),
    made("2.9", "pong unasked, then ping", "a pong for the ping", ["pong ping payload"],
        sends(() => [frame(PONG, unasked), frame(PING, "ping payload")])),
    made("2.10", "10 pings", "10 pongs in order", numbered.map(pongOf), sends(() => numbered.map((one) => frame(PING, one))),
        { ws: async (peer) => numbered.forEach((one) => peer.socket.ping(one)) }),
    made("2.11", "10 pings, byte by byte", "10 pongs in order", numbered.map(pongOf), sends(() => numbered.map((one) => frame(PING, one)), 1)),
];

// ---- 3 and 4: a message, then a frame that may not be, then a ping

const answered = { before: ["answer"] };
const three = (bad) => () => [asking(), bad(), frame(PING)];
const reserved = [
    fails("3.1", "text with reserved bits 1", 1002, sends(() => [asking(TEXT, { rsv: 1 })])),
    fails("3.2", "text; text with reserved bits 2; ping", 1002, sends(three(() => asking(TEXT, { rsv: 2 }))), answered),
    fails("3.3", "text; text with reserved bits 3; ping; each by itself", 1002, sendsEach(three(() => asking(TEXT, { rsv: 3 }))), answered),
    fails("3.4", "text; text with reserved bits 4; ping; byte by byte", 1002, sends(three(() => asking(TEXT, { rsv: 4 })), 1), answered),
    fails("3.5", "binary with reserved bits 5", 1002, sends(() => [asking(BINARY, { rsv: 5 })])),
    fails("3.6", "binary with reserved bits 6", 1002, sends(() => [asking(BINARY, { rsv: 6 })])),
    fails("3.7", "close with reserved bits 7", 1002, sends(() => [frame(CLOSE, "", { rsv: 7 })])),
];

const opcodes = (group, [first, second, third, fourth, fifth]) => [
    fails(`${group}.1`, `opcode ${first}, no payload`, 1002, sends(() => [frame(first)])),
    fails(`${group}.2`, `opcode ${second}, with payload`, 1002, sends(() => [asking(second)])),
    fails(`${group}.3`, `text; opcode ${third}, no payload; ping`, 1002, sends(three(() => frame(third))), answered),
    fails(`${group}.4`, `text; opcode ${fourth}, with payload; ping`, 1002, sends(three(() => asking(fourth))), answered),
    fails(`${group}.5`, `text; opcode ${fifth}, with payload; ping; byte by byte`, 1002, sends(three(() => asking(fifth)), 1), answered),
];

// ---- 5

const begins = (payload = "one", opcode = TEXT) => frame(opcode, payload, { fin: false });
const goesOn = (payload = "two") => frame(CONTINUATION, payload, { fin: false });
const ends = (payload = "three") => frame(CONTINUATION, payload);
const ways = [["", sends], [", each by itself", sendsEach], [", byte by byte", (frames) => sends(frames, 1)]];

/** Three cases that differ in how the bytes are cut up. */
const threeWays = (first, make) => ways.map(([how, way], i) => make(`5.${first + i}`, how, way));

/** A message whose content comes back, in `count` fragments, with pings behind those in `pinged`. */
const pieces = (count, pinged = {}) => (peer) => {
    const { bytes: payload, content } = sayingIn(150);
    peer.content = content;
    return fragments(TEXT, payload, Math.ceil(payload.length / count)).flatMap((one, i) => pinged[i] ? [one, frame(PING, pinged[i])] : [one]);
};

const room = { room: true };
const late = (way) => async (peer) => {
    const frames = pieces(5, { 1: "first", 3: "second" })(peer); // two fragments, ping, two, ping, one
    await way(() => frames.slice(0, 3))(peer);
    await peer.sees(1);
    await way(() => frames.slice(3))(peer);
};
const halves = [request().subarray(0, 5), request().subarray(5)];

const fragmentation = [
    fails("5.1", "ping in two fragments", 1002, sends(() => [frame(PING, "one", { fin: false }), ends()])),
    fails("5.2", "pong in two fragments", 1002, sends(() => [frame(PONG, "one", { fin: false }), ends()])),
    ...threeWays(3, (id, how, way) => made(id, `text in two fragments${how}`, "echo", ["echo"], way(pieces(2)), room)),
    ...threeWays(6, (id, how, way) => made(id, `text in two fragments, a ping between them${how}`, "pong, then echo", ["pong between", "echo"],
        way(pieces(2, { 0: "between" })), room)),
    ...threeWays(9, (id, how, way) => fails(id, `last fragment of nothing; text${how}`, 1002, way(() => [ends(), asking()]))),
    ...threeWays(12, (id, how, way) => fails(id, `middle fragment of nothing; text${how}`, 1002, way(() => [goesOn(), asking()]))),
    fails("5.15", "text in two fragments; middle fragment of nothing; text", 1002,
        sends(() => [begins(halves[0]), ends(halves[1]), goesOn(), asking()]), answered),
    fails("5.16", "twice: middle fragment of nothing, text in two fragments", 1002,
        sends(() => repeat(2).flatMap(() => [goesOn(), begins(), ends()]))),
    fails("5.17", "twice: last fragment of nothing, text in two fragments", 1002,
        sends(() => repeat(2).flatMap(() => [ends(), begins(), ends()]))),
    fails("5.18", "first fragment, then a whole text", 1002, sends(() => [begins(), asking()])),
    made("5.19", "text in five fragments, pings after the second and the fourth; the third waits for the first pong", "two pongs, then echo",
        ["pong first", "pong second", "echo"], late(sends), room),
    made("5.20", "as 5.19, each frame by itself", "two pongs, then echo", ["pong first", "pong second", "echo"], late(sendsEach), room),
];

export const framing = [
    ...sized("1.1", TEXT, "*"), ...sized("1.2", BINARY, 0xfe), ...pongs, ...reserved,
    ...opcodes("4.1", [3, 4, 5, 6, 7]), ...opcodes("4.2", [11, 12, 13, 14, 15]), ...fragmentation,
];

// ---- what the suite does not send

const limit = 2 << 20;
const ours = { suite: "-", verdict: "beyond" };
export const beyond = [
    fails("c.1", "a frame that is not masked", 1002, sends(() => [asking(BINARY, { masked: false })]), ours),
    fails("c.2", "two bytes for a length that needs none", 1002, sends(() => [asking(BINARY, { lengthBytes: 2 })]), ours),
    fails("c.3", "eight bytes for a length that needs two", 1002, sends(() => [frame(BINARY, request(1000), { lengthBytes: 8 })]), ours),
    fails("c.4", "a length of 2^63", 1009, sends(() => [frame(BINARY, "", { claimed: 2 ** 63 })]), ours),
    fails("c.5", "a first fragment of 2 MiB, a last one of 1 byte", 1009, sends(() => [begins(Buffer.alloc(limit), BINARY), ends("1")]), ours),
    made("c.6", "two requests in one message", "", ["answer", "answer"], sends(() => [frame(BINARY, Buffer.concat([request(), request()]))]), ours),
    made("c.7", "binary that is no Pomelo package", "", failed(1000), sends(() => [frame(BINARY, "no package")]), ours),
];
