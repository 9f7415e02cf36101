// A small Pomelo client: two codecs (package, message) and one connection. No dependencies; runs in browsers and Node.
//
//   const client = new PomeloClient();
//   await client.connect("ws://127.0.0.1:3050");
//   client.on("onChat", (body) => ...);
//   const { users } = await client.request("connector.entryHandler.enter", { username, rid });

export const PACKAGE = Object.freeze({ HANDSHAKE: 1, ACK: 2, HEARTBEAT: 3, DATA: 4, KICK: 5 });
export const MESSAGE = Object.freeze({ REQUEST: 0, NOTIFY: 1, RESPONSE: 2, PUSH: 3 });

const text = new TextEncoder();
const untext = new TextDecoder();
const none = new Uint8Array(0);

/** One package: type, 24-bit body length (big endian), body. */
export function encodePackage(type, body = none) {
    const bytes = new Uint8Array(4 + body.length);
    bytes.set([type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff]);
    bytes.set(body, 4);
    return bytes;
}

/** All packages of one WebSocket frame. Throws on a truncated one. */
export function decodePackages(bytes) {
    const packages = [];
    for (let at = 0; at < bytes.length;) {
        if (at + 4 > bytes.length)
            throw new Error("truncated package header");
        const length = (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
        if (at + 4 + length > bytes.length)
            throw new Error("truncated package body");
        packages.push({ type: bytes[at], body: bytes.subarray(at + 4, at + 4 + length) });
        at += 4 + length;
    }
    return packages;
}

/** The body of a data package. `route` is a text, or a number when it is compressed; id only for request, response. */
export function encodeMessage({ type, id = 0, route = "", body = {} }) {
    const head = [(type << 1) | (typeof route === "number" ? 1 : 0)];
    if (type === MESSAGE.REQUEST || type === MESSAGE.RESPONSE) {
        let rest = id;
        do {
            head.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
            rest = Math.floor(rest / 128);
        } while (rest > 0);
    }
    let name = none;
    if (type !== MESSAGE.RESPONSE) {
        if (typeof route === "number") {
            head.push(route >> 8, route & 0xff);
        } else {
            name = text.encode(route);
            if (name.length > 255)
                throw new Error("route too long");
            head.push(name.length);
        }
    }
    const json = text.encode(JSON.stringify(body));
    const bytes = new Uint8Array(head.length + name.length + json.length);
    bytes.set(head);
    bytes.set(name, head.length);
    bytes.set(json, head.length + name.length);
    return bytes;
}

/** The opposite of encodeMessage; `routes` maps codes to routes. */
export function decodeMessage(bytes, routes = {}) {
    const type = (bytes[0] >> 1) & 7;
    let at = 1, id = 0, route;
    if (type === MESSAGE.REQUEST || type === MESSAGE.RESPONSE)
        for (let factor = 1, byte = 0x80; byte & 0x80; factor *= 128) {
            byte = bytes[at++];
            id += (byte & 0x7f) * factor;
        }
    if (type !== MESSAGE.RESPONSE) {
        if (bytes[0] & 1) {
            route = routes[(bytes[at] << 8) | bytes[at + 1]];
            at += 2;
        } else {
            route = untext.decode(bytes.subarray(at + 1, at + 1 + bytes[at]));
            at += 1 + bytes[at];
        }
    }
    const json = untext.decode(bytes.subarray(at));
    return { type, id, route, body: json === "" ? {} : JSON.parse(json) };
}

/**
 * What a request rejects with: `reason` is the server's, or "closed" or "timeout" when there was no answer. `retryAfter`: so
 * many ms later it may be tried again, if the server said so.
 */
export class RequestError extends Error {
    constructor(route, reason, body) {
        super(`${route}: ${reason}`);
        this.reason = reason;
        this.body = body;
        this.retryAfter = body?.retryAfter;
    }
}

const dictionaries = new Map(); // dictVersion -> dict: a server leaves out the dictionary that we name
let newestDictionary = "";

const withToken = new Set(["connector.entryHandler.enter", "connector.entryHandler.join"]);

export class PomeloClient {
    #socket = null;
    #handlers = new Map();
    #pending = new Map();
    #nextId = 1;
    #dict = {};
    #routes = {};
    #stopTimer = null;
    #refuse = () => {}; // ends connect()
    #options;

    /**
     * WebSocket: the class to use. timeout: ms until a request counts as unanswered; connectTimeout: until a server that
     * does not answer the handshake is given up.
     * every(ms, action): repeats the action, returns a function that ends it.
     * token: says who the user is, where the server asks for that; or a function that returns it, if it has to be renewed.
     */
    constructor(options = {}) {
        this.#options = {
            WebSocket: globalThis.WebSocket,
            timeout: 15000,
            connectTimeout: 5000,
            every: (ms, action) => {
                const timer = setInterval(action, ms);
                return () => clearInterval(timer);
            },
            ...options,
        };
    }

    /** Resolves with the handshake's answer once requests may be sent; rejects with RequestError "closed" or "timeout". */
    connect(url, user = {}) {
        return new Promise((resolve, reject) => {
            const socket = new this.#options.WebSocket(url);
            const deadline = setTimeout(() => this.#lose("timeout"), this.#options.connectTimeout);
            this.#socket = socket;
            this.#refuse = (reason) => {
                clearTimeout(deadline);
                reject(new RequestError("connect", reason));
            };
            socket.binaryType = "arraybuffer";
            socket.onopen = () => this.#shakeHands(user);
            socket.onmessage = (event) => this.#receive(socket, event.data, (answer) => {
                clearTimeout(deadline);
                resolve(answer);
            });
            socket.onerror = () => {}; // a close follows and says all that can be said
            socket.onclose = () => socket === this.#socket && this.#lose("closed");
        });
    }

    get connected() {
        return this.#stopTimer !== null;
    }

    /** The route dictionary in use: route -> code. */
    get dictionary() {
        return this.#dict;
    }

    /**
     * Push routes, and "disconnect" and "kick" ({ reason, retryAfter? }: come back so many ms later, not earlier). Several
     * handlers per route are fine.
     */
    on(route, handler) {
        this.#handlers.set(route, [...(this.#handlers.get(route) ?? []), handler]);
        return this;
    }

    /** Resolves with the answer's body; rejects with RequestError when its code is not 200 (no code is fine). */
    request(route, body = {}) {
        return new Promise((resolve, reject) => {
            if (!this.connected)
                return reject(new RequestError(route, "closed"));
            const id = this.#nextId++;
            const timer = setTimeout(() => {
                this.#pending.delete(id);
                reject(new RequestError(route, "timeout"));
            }, this.#options.timeout);
            this.#pending.set(id, { route, resolve, reject, timer });
            this.#sendMessage({ type: MESSAGE.REQUEST, id, route, body: this.#identified(route, body) });
        });
    }

    /** No answer, no promise. */
    notify(route, body = {}) {
        if (this.connected)
            this.#sendMessage({ type: MESSAGE.NOTIFY, route, body });
    }

    close() {
        this.#lose("left");
    }

    #identified(route, body) {
        const { token } = this.#options;
        return token && withToken.has(route) ? { token: token instanceof Function ? token() : token, ...body } : body;
    }

    #shakeHands(user) {
        const sys = { type: "citron-web", version: "1.0.0" };
        if (dictionaries.has(newestDictionary))
            sys.dictVersion = newestDictionary;
        this.#socket.send(encodePackage(PACKAGE.HANDSHAKE, text.encode(JSON.stringify({ sys, user }))));
    }

    #receive(socket, data, handshaken) {
        this.heard = Date.now();
        for (const { type, body } of decodePackages(new Uint8Array(data))) {
            if (socket !== this.#socket)
                return; // closed meanwhile, perhaps by a handler of the package before
            if (type === PACKAGE.HANDSHAKE)
                this.#onHandshake(JSON.parse(untext.decode(body)), handshaken);
            else if (type === PACKAGE.DATA)
                this.#onMessage(decodeMessage(body, this.#routes));
            else if (type === PACKAGE.KICK)
                this.#onKick(body.length ? JSON.parse(untext.decode(body)) : {});
        }
    }

    #onHandshake(answer, handshaken) {
        if (answer.code !== 200)
            return this.#lose("handshake refused");
        const { dict, dictVersion, heartbeat } = answer.sys ?? {};
        if (dict && dictVersion)
            dictionaries.set(newestDictionary = dictVersion, dict);
        this.#dict = dict ?? dictionaries.get(newestDictionary) ?? {};
        this.#routes = Object.fromEntries(Object.entries(this.#dict).map(([route, code]) => [code, route]));
        this.#socket.send(encodePackage(PACKAGE.ACK));
        this.#stopTimer = heartbeat ? this.#options.every(heartbeat * 1000, () => this.#beat(heartbeat * 1000)) : () => {};
        handshaken(answer);
    }

    #beat(interval) {
        if (Date.now() - this.heard > 2 * interval)
            return this.#lose("heartbeat");
        this.#socket.send(encodePackage(PACKAGE.HEARTBEAT));
    }

    #onMessage({ type, id, route, body }) {
        if (type === MESSAGE.PUSH)
            return this.#emit(route, body);
        const waiting = this.#pending.get(id);
        if (!waiting)
            return;
        this.#pending.delete(id);
        clearTimeout(waiting.timer);
        if (body.code === undefined || body.code === 200)
            waiting.resolve(body);
        else
            waiting.reject(new RequestError(waiting.route, body.reason ?? `code ${body.code}`, body));
    }

    #onKick(body) {
        this.kicked = body;
        this.#emit("kick", body);
    }

    #sendMessage(message) {
        const route = this.#dict[message.route] ?? message.route;
        this.#socket.send(encodePackage(PACKAGE.DATA, encodeMessage({ ...message, route })));
    }

    /** The one end of a connection, whoever ended it. */
    #lose(reason) {
        const socket = this.#socket;
        if (!socket)
            return;
        this.#socket = null;
        this.#stopTimer?.();
        this.#stopTimer = null;
        socket.close();
        for (const { route, reject, timer } of this.#pending.values()) {
            clearTimeout(timer);
            reject(new RequestError(route, "closed"));
        }
        this.#pending.clear();
        this.#refuse(reason === "timeout" ? reason : "closed"); // nothing, when it was connected
        this.#emit("disconnect", { ...this.kicked, reason: this.kicked?.reason ?? reason });
    }

    #emit(route, body) {
        for (const handler of this.#handlers.get(route) ?? [])
            handler(body);
    }
}

const doubtful = ["closed", "timeout", "unavailable", "overloaded", "rate_limited"];

/**
 * Repeats `action` while it is not answered, with growing pauses between, each of another length: many may do the same. A
 * server that says when to come back is not asked earlier.
 */
export async function persist(action, { tries = 4, pause = 250 } = {}) {
    for (let i = 1; ; ++i)
        try {
            return await action();
        } catch (error) {
            if (i === tries || !doubtful.includes(error.reason))
                throw error;
            const ms = Math.max(pause * 2 ** (i - 1) * (0.5 + Math.random()), error.retryAfter ?? 0);
            await new Promise((resolve) => setTimeout(resolve, ms));
        }
}

/** The address of a server that a gate or citron.json names: by wss if it speaks TLS. */
export function addressOf({ host, port, tls = false }) {
    return `${tls ? "wss" : "ws"}://${/^[^[].*:/.test(host) ? `[${host}]` : host}:${port}`;
}

/** Asks a gate which connector is ours. Resolves with { host, port, tls? }; the connection to the gate is closed again. */
export async function queryEntry(gateUrl, uid, options = {}) {
    const gate = new PomeloClient(options);
    try {
        await gate.connect(gateUrl);
        return await gate.request("gate.gateHandler.queryEntry", { uid });
    } finally {
        gate.close();
    }
}
