// Group 7: close frames.
import { asking, fails, made, repeat, sends } from "./case.mjs";
import { CLOSE, CONTINUATION, PING, TEXT, closeFrame, frame } from "./frames.mjs";
import { request } from "./pomelo.mjs";

const normal = ["close 1000"];
const closed = (id, sent, frames, before = [], more = {}) =>
    made(id, sent, before.length ? "echo, then closes with 1000" : "closes with 1000", [...before, ...normal], sends(frames), more);
const brokenReason = Buffer.concat([Buffer.from("κόσμε"), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from("edited")]);
const either = { suite: "fails with 1002, or drops TCP" };

const behaviour = [
    closed("7.1.1", "text, then close", () => [asking(), closeFrame(1000)], ["answer"]),
    closed("7.1.2", "two close frames", () => [closeFrame(1000), frame(CLOSE)]),
    closed("7.1.3", "close, then ping", () => [closeFrame(1000), frame(PING)]),
    closed("7.1.4", "close, then text", () => [closeFrame(1000), asking()]),
    closed("7.1.5", "first fragment, close, last fragment",
        () => [frame(TEXT, request().subarray(0, 5), { fin: false }), closeFrame(1000), frame(CONTINUATION, request().subarray(5))]),
    closed("7.1.6", "text of 256 KiB, text, close, ping", () => [frame(TEXT, request(256 << 10)), asking(), closeFrame(1000), frame(PING)],
        repeat(2, "answer"), { suite: "anything", verdict: "informational" }),
];

const structure = [
    closed("7.3.1", "close without a code", () => [closeFrame()]),
    fails("7.3.2", "close with a payload of 1 byte", 1002, sends(() => [frame(CLOSE, "a")]), either),
    closed("7.3.3", "close with a code", () => [closeFrame(1000)]),
    closed("7.3.4", "close with a code and a reason", () => [closeFrame(1000, "Hello World!")]),
    closed("7.3.5", "close with a reason of 123 bytes", () => [closeFrame(1000, "*".repeat(123))]),
    fails("7.3.6", "close with a reason of 124 bytes", 1002, sends(() => [closeFrame(1000, "*".repeat(124))]), either),
    fails("7.5.1", "close with a reason that is no UTF-8", 1002, sends(() => [closeFrame(1000, brokenReason)]),
        { suite: "fails with 1002 or 1007, or drops TCP" }),
];

const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
const undefinedCodes = [5000, 65535];

const codes = [
    ...valid.map((code, i) => made(`7.7.${i + 1}`, `close with ${code}`, code === 1000 ? "closes with 1000" : `closes with ${code} or 1000`, [`close ${code}`], sends(() => [closeFrame(code)]),
        { ws: async (peer) => peer.close(code) })),
    ...invalid.map((code, i) => fails(`7.9.${i + 1}`, `close with ${code}`, 1002, sends(() => [closeFrame(code)]), either)),
    ...undefinedCodes.map((code, i) => fails(`7.13.${i + 1}`, `close with ${code}`, 1002, sends(() => [closeFrame(code)]),
        { suite: "anything", verdict: "informational" })),
];

export const closing = [...behaviour, ...structure, ...codes];

const ours = { suite: "-", verdict: "beyond" };
export const closingBeyond = [
    ...[1012, 1013, 1014].map((code, i) => made(`c.${i + 8}`, `close with ${code}, registered since`, "", [`close ${code}`], sends(() => [closeFrame(code)]), ours)),
    fails("c.11", "close with 1015, never to be sent", 1002, sends(() => [closeFrame(1015)]), ours),
];
