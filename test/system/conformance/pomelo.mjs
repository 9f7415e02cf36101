// Pomelo packages of any wanted size, in whose answer one sees that the connector has read them to the last byte.
//
// A text frame must be UTF-8, so here every byte of a package's length is below 0x80; the rest is filled with packages
// that a connector reads and ignores: handshake acknowledgements when there is nothing to acknowledge any more.
import { PACKAGE, encodePackage } from "../support/member.mjs";

export const ANSWERED = 9, SAID = 8; // ids of requests
const unknown = "a";                 // no route: the connector itself refuses it, in order
const smallest = 8;                  // bytes of such a request

/** The longest length up to n whose bytes are all below 0x80. */
function sevenBitsUpTo(n) {
    if (n > 0x7f7f7f)
        return 0x7f7f7f;
    if ((n & 0x8000) !== 0)
        n = (n & 0xff0000) | 0x7f7f;
    return (n & 0x80) === 0 ? n : (n & 0xffff00) | 0x7f;
}

/** Ignored packages of `size` bytes altogether: 0, or 4 and more. */
function ignored(size, fill) {
    const parts = [];
    while (size > 0) {
        let body = sevenBitsUpTo(size - 4);
        const rest = size - 4 - body;
        if (rest > 0 && rest < 4)
            body = sevenBitsUpTo(body - 4);
        parts.push(encodePackage(PACKAGE.ACK, Buffer.alloc(body, fill)));
        size -= 4 + body;
    }
    return Buffer.concat(parts);
}

/** A request that the connector answers by itself, at once, in `size` bytes: 8, or 12 and more. */
export function request(size = smallest, fill = "*") {
    const asked = encodePackage(PACKAGE.DATA, Buffer.from([0, ANSWERED, unknown.length, ...Buffer.from(unknown)]));
    return Buffer.concat([ignored(size - smallest, fill), asked]);
}

function say(json) {
    const route = Buffer.from("chat.chatHandler.send");
    return encodePackage(PACKAGE.DATA, Buffer.concat([Buffer.from([0, SAID, route.length]), route, Buffer.from(json)]));
}

const sayJson = (content) => JSON.stringify({ content, target: "*" });
const sayHead = say(sayJson("")).length;

/** A request to say `content` in the room, which the room hears, in as few bytes as it takes. */
export function saying(content) {
    let json = sayJson(content);
    while (say(json).subarray(1, 4).some((byte) => byte >= 0x80))
        json += " ";
    return say(json);
}

const letters = "the quick brown fox jumps over the lazy dog 0123456789 - ";
const textOf = (size) => letters.repeat(Math.ceil(size / letters.length)).slice(0, size);

/** { bytes, content }: `size` bytes, 64 and more, that say `content`; the rest is `fill`. */
export function sayingIn(size, fill = "*") {
    const share = size < 132 ? size : 4 + sevenBitsUpTo(size >> 1);
    const content = textOf(share - sayHead);
    return { bytes: Buffer.concat([ignored(size - share, fill), saying(content)]), content };
}

/** { bytes, content }: says the text, and ends with its very bytes. */
export function sayingAnd(bytes) {
    const content = new TextDecoder().decode(bytes);
    return { bytes: Buffer.concat([saying(content), encodePackage(PACKAGE.ACK, bytes)]), content };
}

/** A request and bytes that are no text, at the end. */
export const requestAnd = (bytes) => Buffer.concat([request(), encodePackage(PACKAGE.ACK, bytes)]);

/** Package that the connector answers with the same. */
export const heartbeat = Buffer.from(encodePackage(PACKAGE.HEARTBEAT));
