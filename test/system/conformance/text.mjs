// Group 6: text must be UTF-8 (RFC 3629), also across fragments.
import { RawPeer } from "./peer.mjs";
import { empty, fails, failed, made, sends } from "./case.mjs";
import { CONTINUATION, TEXT, fragments, frame } from "./frames.mjs";
import { request, requestAnd, sayingAnd, sayingIn } from "./pomelo.mjs";

const hex = (text) => Buffer.from(text.replaceAll(" ", ""), "hex");
const greek = Buffer.from("\u03ba\u1f79\u03c3\u03bc\u03b5"); // 2, 3, 2, 2 and 2 bytes
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const inHex = (bytes) => bytes.length > 16 ? `${bytes.subarray(0, 8).toString("hex")}... (${bytes.length} bytes)` : bytes.toString("hex");

function valid(id, bytes, sent = `valid: ${inHex(bytes)}`, size = Infinity) {
    return made(id, sent, "echo", ["echo"], sends((peer) => {
        const { bytes: payload, content } = sayingAnd(bytes);
        peer.content = content;
        return size === Infinity ? [frame(TEXT, payload)] : fragments(TEXT, payload, size);
    }), { room: true });
}

const invalid = (id, bytes, sent = `not valid: ${inHex(bytes)}`, size = Infinity) =>
    fails(id, sent, 1007, sends(() => size === Infinity ? [frame(TEXT, requestAnd(bytes))] : fragments(TEXT, requestAnd(bytes), size)));

// ---- 6.1 to 6.4

const umlauts = Buffer.from("Grüße, Größe: 25 €");
const surrogate = Buffer.concat([greek, hex("eda080"), Buffer.from("edited")]);
const beyondUnicode = Buffer.concat([greek, hex("f4908080"), Buffer.from("edited")]);
const firstEmpty = () => frame(TEXT, "", { fin: false });
const goesOn = (payload) => frame(CONTINUATION, payload, { fin: false });

const joined = [
    empty("6.1.1", false),
    made("6.1.2", "text in three fragments, all empty", "echo", failed(1000), sends(() => [firstEmpty(), goesOn(""), frame(CONTINUATION)]),
        { verdict: "differs", note: "empty" }),
    made("6.1.3", "text in three fragments, the first and the last empty", "echo", ["echo"], sends((peer) => {
        const { bytes, content } = sayingIn(100);
        peer.content = content;
        return [firstEmpty(), goesOn(bytes), frame(CONTINUATION)];
    }), { room: true }),
    valid("6.2.1", umlauts, "valid, one fragment"),
    made("6.2.2", "valid, two fragments, cut between code points", "echo", ["echo"], sends((peer) => {
        const { bytes, content } = sayingAnd(umlauts);
        peer.content = content;
        const at = bytes.length - Buffer.byteLength("25 €");
        return [frame(TEXT, bytes.subarray(0, at), { fin: false }), frame(CONTINUATION, bytes.subarray(at))];
    }), { room: true }),
    valid("6.2.3", umlauts, "valid, fragments of one byte", 1),
    valid("6.2.4", greek, "valid, two and three bytes to a code point, fragments of one byte", 1),
    invalid("6.3.1", surrogate, "a surrogate in the middle, one fragment"),
    invalid("6.3.2", surrogate, "a surrogate in the middle, fragments of one byte", 1),
];

/**
 * The text becomes invalid with its second part. Whether that is noticed before the third is sent is seen from what
 * another connection is answered meanwhile: it is served after this one.
 */
function failFast(id, sent, cut, inOneFrame) {
    const whole = requestAnd(beyondUnicode), at = whole.length - beyondUnicode.length + cut[0], next = at + cut[1];
    const pieces = () => {
        const parts = [whole.subarray(0, at), whole.subarray(at, next), whole.subarray(next)];
        if (!inOneFrame)
            return parts.map((part, i) => frame(i ? CONTINUATION : TEXT, part, { fin: i === 2 }));
        const one = frame(TEXT, whole), head = one.length - whole.length;
        return [one.subarray(0, head + at), one.subarray(head + at, head + next), one.subarray(head + next)];
    };
    return made(id, sent, "fails with 1007 after the second part; non-strict: after the third", ["(second part taken)", ...failed(1007)],
        async (peer, port) => {
            const [first, second, third] = pieces();
            await peer.write(first);
            await roundTrips(port);
            await peer.write(second);
            await roundTrips(port);
            if (!peer.ended && peer.events.length === 0)
                peer.happens("(second part taken)");
            await peer.write(third);
        }, { verdict: "non-strict", note: "late" });
}

async function roundTrips(port) {
    const other = await RawPeer.connect(port);
    for (const count of [1, 2, 3]) {
        other.data(request());
        await other.sees(count);
    }
    other.destroy();
}

const late = [
    failFast("6.4.1", "three fragments; the second makes it invalid", [greek.length, 4], false),
    failFast("6.4.2", "as 6.4.1, the second ends with the byte that makes it invalid", [greek.length + 1, 1], false),
    failFast("6.4.3", "as 6.4.1, in one frame that comes in three pieces", [greek.length, 4], true),
    failFast("6.4.4", "as 6.4.2, in one frame that comes in three pieces", [greek.length + 1, 1], true),
];

// ---- 6.5 to 6.23: sequences, as in Markus Kuhn's "UTF-8 decoder capability and stress test"

const yes = true, no = false;
const sequences = (group, isValid, list) => list.map((bytes) => [group, isValid, Buffer.isBuffer(bytes) ? bytes : hex(bytes)]);
const missingLast = ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"];
const around = (code) => Buffer.from(`hello${String.fromCodePoint(code)}world`);
const continuations = (count) => Buffer.from(range(0, count).map((i) => i % 2 ? 0xbf : 0x80));
const loneStarts = (from, to) => Buffer.from(range(from, to).flatMap((byte) => [byte, 0x20]));
const nonCharacters = ["efbfbe", "efbfbf", ...range(1, 17).flatMap((plane) =>
    [0xfffe, 0xffff].map((last) => Buffer.from(String.fromCodePoint(plane * 0x10000 + last))))];
const prefixes = range(1, greek.length + 1).map((size) => greek.subarray(0, size));
const ends = new Set([2, 5, 7, 9, 11]); // of code points

const table = [
    ...sequences(5, yes, [around(0x24), around(0xa2), around(0x20ac), around(0x24b62), greek]),
    ...prefixes.map((bytes) => [6, ends.has(bytes.length), bytes]),
    ...sequences(7, yes, ["00", "c280", "e0a080", "f0908080"]),
    ...sequences(8, no, ["f888808080", "fc8480808080"]),
    ...sequences(9, yes, ["7f", "dfbf", "efbfbf", "f48fbfbf"]),
    ...sequences(10, no, ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"]),
    ...sequences(11, yes, ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf"]), ...sequences(11, no, ["f4908080"]),
    ...sequences(12, no, ["80", "bf", ...range(2, 7).map(continuations), Buffer.from(range(0x80, 0xbf))]),
    ...sequences(13, no, [[0xc0, 0xdf], [0xe0, 0xef], [0xf0, 0xf7], [0xf8, 0xfb], [0xfc, 0xfd]].map((ends) => loneStarts(...ends))),
    ...sequences(14, no, missingLast), ...sequences(15, no, [missingLast.join("")]),
    ...sequences(16, no, ["fe", "ff", "fefeffff"]),
    ...sequences(17, no, ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"]),
    ...sequences(18, no, ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"]),
    ...sequences(19, no, ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"]),
    ...sequences(20, no, ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"]),
    ...sequences(21, no, ["eda080", "edadbf", "edae80", "edafbf"].flatMap((high) => [`${high}edb080`, `${high}edbfbf`])),
    ...sequences(22, yes, nonCharacters),
    ...sequences(23, yes, range(0xb9, 0xc0).map((last) => Buffer.from([0xef, 0xbf, last]))),
];

const counts = {};
const kuhn = table.map(([group, isValid, bytes]) => {
    const id = `6.${group}.${counts[group] = (counts[group] ?? 0) + 1}`;
    return isValid ? valid(id, bytes) : invalid(id, bytes);
});

export const text = [...joined, ...late, ...kuhn];
