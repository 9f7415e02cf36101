// Groups 9 and 10: sizes, pieces, round trips. Our limit for one message is 2 MiB (maxMessageBytes + 1 MiB).
import { echoes, fails, made, repeat, sends } from "./case.mjs";
import { BINARY, TEXT, fragments, frame } from "./frames.mjs";
import { heartbeat, request } from "./pomelo.mjs";

const kib = 1 << 10, mib = 1 << 20;
const limit = 2 * mib;
const named = (bytes) => bytes < kib ? `${bytes} bytes` : bytes < mib ? `${bytes / kib} KiB` : `${bytes / mib} MiB`;
const differs = { suite: "echo", verdict: "differs", note: "limit" };
const kinds = [[TEXT, "text", "*"], [BINARY, "binary", 0xfe]];

// ---- 9.1, 9.2: one frame

const sizes = (group, [opcode, kind, fill]) => [64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib].map((size, i) => {
    const id = `${group}.${i + 1}`, sent = `${kind}, ${named(size)}`;
    return size > limit
        ? fails(id, sent, 1009, sends(() => [frame(opcode, Buffer.alloc(size, fill))]), differs)
        : echoes(id, sent, size, fill, (bytes) => [frame(opcode, bytes)], { ws: (peer, bytes) => peer.send(bytes, opcode === BINARY) });
});

// ---- 9.3, 9.4: fragments. As in the suite, 4 MiB; and as much as we take.

const fragmentSizes = [64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib];
const fragmented = (group, [opcode, kind, fill]) => fragmentSizes.flatMap((size, i) => {
    const id = `${group}.${i + 1}`, how = `in fragments of ${named(size)}`;
    const tooMuch = () => fragments(opcode, Buffer.alloc(4 * mib, fill), size);
    return [
        fails(id, `${kind}, 4 MiB ${how}`, 1009, sends(tooMuch), differs),
        echoes(`${id} (2 MiB)`, `${kind}, 2 MiB ${how}`, limit, fill, (bytes) => fragments(opcode, bytes, size)),
    ];
});

// ---- 9.5, 9.6: pieces

const chopped = (group, [opcode, kind, fill]) => [64, 128, 256, 512, kib, 2 * kib].map((chop, i) =>
    echoes(`${group}.${i + 1}`, `${kind}, 1 MiB, in pieces of ${named(chop)}`, mib, fill, (bytes) => [frame(opcode, bytes)], { chop }));

// ---- 9.7, 9.8: round trips

function roundTrips(id, sent, message, event, opcode, more) {
    const count = 1000;
    const loop = (say) => async (peer) => {
        for (let i = 0; i < count && !peer.ended; ++i) {
            await say(peer);
            await peer.sees(i + 1);
        }
    };
    return made(id, sent, "1000 echoes", repeat(count, event), loop((peer) => peer.write(frame(opcode, message))),
        { ws: loop(async (peer) => peer.send(message, opcode === BINARY)), ...more });
}

const delays = (group, [opcode, kind, fill]) => [0, 16, 64, 256, kib, 4 * kib].map((size, i) => {
    const id = `${group}.${i + 1}`, sent = `1000 times ${kind}, ${size || 4} bytes, the next after the answer`;
    return size === 0
        ? roundTrips(id, sent, heartbeat, "heartbeat", opcode, { suite: "1000 echoes of 0 bytes", verdict: "differs", note: "empty" })
        : roundTrips(id, sent, request(size, fill), "answer", opcode);
});

// ---- 10

const cut = echoes("10.1.1", "text, 64 KiB in fragments of 1300 bytes", 65536, "*", (bytes) => fragments(TEXT, bytes, 1300),
    { ws: (peer, bytes) => peer.send(bytes, false, 1300) });

const [texts, binaries] = kinds;
export const limits = [
    ...sizes("9.1", texts), ...sizes("9.2", binaries), ...fragmented("9.3", texts), ...fragmented("9.4", binaries),
    ...chopped("9.5", texts), ...chopped("9.6", binaries), ...delays("9.7", texts), ...delays("9.8", binaries), cut,
];
