// What a case is:
//   id      its number in the Autobahn test suite
//   sent    in words
//   suite   what the suite expects, in words
//   expect  what the connector must send, in order; when `closes` is not set, we close then, and it must close with 1000
//   verdict "ok"; "non-strict" as the suite calls it; "informational" where the suite judges nothing; "differs"
//   note    why: a key of `notes` (table.mjs)
//   run     does it over a raw socket; `ws` does it again over npm's ws
//   offer   of extensions; room: the peer is in a room
import { BINARY, TEXT, frame } from "./frames.mjs";
import { RawPeer, WsPeer } from "./peer.mjs";
import { request, sayingIn } from "./pomelo.mjs";

export const repeat = (count, event) => new Array(count).fill(event);
export const failed = (code) => ["kick protocol", `close ${code}`];

/** All frames at once; with `chop`, in pieces of so many bytes. */
export const sends = (frames, chop) => async (peer) => peer.write(Buffer.concat(frames(peer)), chop);

/** Each frame by itself. */
export const sendsEach = (frames) => async (peer) => {
    for (const one of frames(peer))
        await peer.write(one);
};

export function made(id, sent, suite, expect, run, more = {}) {
    const closes = expect.at(-1)?.startsWith("close ") ?? false;
    return { id, sent, suite, expect, run, closes, verdict: "ok", ...more };
}

/** The connection fails with this code, after the events `before`. */
export const fails = (id, sent, code, run, more = {}) =>
    made(id, sent, `${more.before ? "echo, then fails" : "fails"} with ${code}`, [...(more.before ?? []), ...failed(code)], run, more);

/** A message of `size` bytes comes back. `cut(bytes)` makes frames of it. */
export function echoes(id, sent, size, fill, cut, { chop, ws, ...more } = {}) {
    const prepare = (peer) => {
        const { bytes, content } = sayingIn(size, fill);
        peer.content = content;
        return bytes;
    };
    return made(id, sent, "echo", ["echo"], async (peer) => {
        const frames = cut(prepare(peer));
        await peer.write(Buffer.concat(frames), chop);
    }, { room: true, ...(ws && { ws: async (peer) => ws(peer, prepare(peer)) }), ...more });
}

export const empty = (id, binary) =>
    made(id, `${binary ? "binary" : "text"}, 0 bytes`, "echo", failed(1000), sends(() => [frame(binary ? BINARY : TEXT)]),
        { verdict: "differs", note: "empty", ws: async (peer) => peer.send(Buffer.alloc(0), binary) });

/** A frame that holds a request. */
export const asking = (opcode = TEXT, options = {}) => frame(opcode, request(), options);

async function perform(one, port, kind, action) {
    const peer = await kind.connect(port, one.room ? `case ${one.id}` : undefined, one.offer);
    try {
        await action(peer, port);
        if (!one.closes) {
            await peer.sees(one.expect.length);
            if (!peer.ended)
                await peer.close();
        }
        await peer.ends();
        return peer.events;
    } finally {
        peer.destroy();
    }
}

/** What the connector sent: { raw, ws }, or the error instead. */
export async function runCase(one, port) {
    const attempt = (kind, action) => action && perform(one, port, kind, action).catch((error) => [`${error.message}`]);
    return { raw: await attempt(RawPeer, one.run), ws: await attempt(WsPeer, one.ws) };
}

export const wanted = (one) => one.closes ? one.expect : [...one.expect, "close 1000"];
