// WebSocket frames as bytes, well-formed or not (RFC 6455 section 5.2).
export const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

function lengthField(size, bytes) {
    const field = Buffer.alloc(bytes);
    if (bytes === 2)
        field.writeUInt16BE(size);
    else if (bytes === 8)
        field.writeBigUInt64BE(BigInt(size));
    return field;
}

function anyMask() {
    const mask = Buffer.allocUnsafe(4);
    mask.writeUInt32BE(Math.floor(Math.random() * 2 ** 32));
    return mask;
}

/** What a client sends. `lengthBytes`: 0, 2 or 8, also where another would fit; `claimed`: a length that is not the payload's. */
export function frame(opcode, payload = "", { fin = true, rsv = 0, masked = true, claimed, lengthBytes } = {}) {
    const data = Buffer.from(payload); // a copy: it is masked in place
    const size = claimed ?? data.length;
    const extended = lengthBytes ?? (size <= 125 ? 0 : size <= 0xffff ? 2 : 8);
    const short = extended === 8 ? 127 : extended === 2 ? 126 : size;
    const mask = masked ? anyMask() : Buffer.alloc(0);
    for (let i = 0; masked && i < data.length; ++i)
        data[i] ^= mask[i & 3];
    return Buffer.concat([
        Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | short]),
        lengthField(size, extended), mask, data]);
}

/** A message in frames of at most `size` bytes. */
export function fragments(opcode, payload, size) {
    const data = Buffer.from(payload), frames = [];
    for (let at = 0; at === 0 || at < data.length; at += size)
        frames.push(frame(at === 0 ? opcode : CONTINUATION, data.subarray(at, at + size), { fin: at + size >= data.length }));
    return frames;
}

/** A close frame; `code` undefined: without one. `reason`: text or bytes. */
export function closeFrame(code, reason = "") {
    const head = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined)
        head.writeUInt16BE(code);
    return frame(CLOSE, Buffer.concat([head, Buffer.from(reason)]));
}

/** Takes whole frames off the front of what a server sent: { frames, rest }. */
export function takeFrames(bytes) {
    const frames = [];
    for (;;) {
        const short = bytes.length >= 2 ? bytes[1] & 0x7f : 0;
        const head = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
        if (bytes.length < head)
            return { frames, rest: bytes };
        const size = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
        if (bytes.length < head + size)
            return { frames, rest: bytes };
        frames.push({ first: bytes[0], masked: (bytes[1] & 0x80) !== 0, payload: bytes.subarray(head, head + size) });
        bytes = bytes.subarray(head + size);
    }
}
