// One WebSocket of a user: our own client (www/client.js), and all that it says and is shown in the journal.
import WebSocket from "ws";

import { PomeloClient, RequestError, queryEntry } from "../../www/client.js";

const patienceMs = 4000; // until a connector, or the gate, that does not answer is given up

/** `made` gets each socket. Whoever awaits an answer goes on before the next message is read: the journal keeps their order. */
const socketClass = (made) => class extends WebSocket {
    constructor(url) {
        super(url, { allowSynchronousEvents: false, perMessageDeflate: false, handshakeTimeout: patienceMs });
        made(this);
    }
};

/** Waits for `promise`, but not for a socket that neither opens nor closes. */
async function within(ms, promise, route) {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new RequestError(route, "timeout")), ms); });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

/** What the gate says: the port of a connector. */
export async function askGate(gateUrl, name) {
    let socket;
    const asked = queryEntry(gateUrl, name, { WebSocket: socketClass((one) => { socket = one; }), timeout: patienceMs });
    try {
        return (await within(patienceMs, asked, "queryEntry")).port;
    } finally {
        setTimeout(() => socket?.terminate(), 100).unref();
    }
}

export class Connection {
    static #count = 0;
    rosters = new Map(); // room -> names
    unanswered = new Set(); // promises of sends
    #opened = false;
    #leaving = null; // why we end it ourselves

    /** Connected and past the handshake. `user`: { name, kind, onShown }; `server`: { id, url }. */
    static async open(journal, user, server, timeout) {
        const connection = new Connection();
        connection.conn = ++Connection.#count;
        Object.assign(connection, { journal, user, server });
        connection.#prepare(timeout);
        try {
            await within(patienceMs, connection.client.connect(server.url), "connect");
        } catch (error) {
            connection.#end();
            throw error;
        }
        connection.#note("open", { user: user.name, kind: user.kind, connector: server.id });
        connection.#opened = true;
        return connection;
    }

    #prepare(timeout) {
        this.client = new PomeloClient({ WebSocket: socketClass((socket) => { this.socket = socket; }), timeout });
        this.client.on("onChat", (push) => this.#shown(push));
        this.client.on("onAdd", ({ rid, user }) => this.#told(rid, "add", user));
        this.client.on("onLeave", ({ rid, user }) => this.#told(rid, "leave", user));
        this.client.on("onReset", ({ rid, offset, epoch }) => {
            this.#note("reset", { room: rid, offset, epoch });
            this.user.onShown(rid, { offset, epoch });
        });
        this.client.on("kick", ({ reason }) => this.#note("kick", { reason }));
        this.ended = new Promise((resolve) => this.client.on("disconnect", ({ reason }) => {
            if (this.#opened)
                this.#noteEnd(reason);
            resolve();
        }));
    }

    /** By whom: a connector that was silent for two heartbeats has been given up by the client. */
    #noteEnd(reason) {
        const byUs = this.#leaving !== null || reason === "heartbeat";
        this.#note("close", { by: byUs ? "client" : "server", reason: this.#leaving ?? reason });
    }

    get alive() {
        return this.client.connected;
    }

    #note(what, fields) {
        return this.journal.add(what, { conn: this.conn, ...fields });
    }

    #shown({ rid, msg, from, target, offset, epoch }) {
        this.#note("shown", { room: rid, offset, epoch, msg, from, target });
        if (target === "*")
            this.user.onShown(rid, { offset, epoch });
    }

    #told(room, event, user) {
        this.#note("told", { room, event, user });
        const names = this.rosters.get(room);
        event === "add" ? names?.add(user) : names?.delete(user);
    }

    // ---- rooms

    enter(room, extra = {}) {
        return this.#letIn("enter", room, { username: this.user.name, rid: room, ...extra });
    }

    join(room, extra = {}) {
        return this.#letIn("join", room, { rid: room, ...extra });
    }

    async #letIn(how, room, body) {
        this.#note("ask", { room });
        try {
            const answer = await this.client.request(`connector.entryHandler.${how}`, body);
            const { offset, epoch, users, recovered, messages } = answer;
            const resumed = body.since && { since: body.since, recovered, messages: messages.map(withoutTime) };
            this.#note("enter", { room, offset, epoch, users, ...resumed });
            this.rosters.set(room, new Set(users));
            this.user.onShown(room, { offset, epoch });
            return answer;
        } catch (error) {
            this.#note("turned_away", { room, reason: reasonOf(error) });
            throw error;
        }
    }

    async leave(room) {
        this.#note("leave", { room });
        await this.client.request("connector.entryHandler.leave", { rid: room });
        this.#note("left", { room });
        this.rosters.delete(room);
    }

    // ---- messages

    /** `message`: { room, target, content, attempt (the how manieth), cid? }. Undefined, or why it was not answered. */
    send(message) {
        const { room, target, content, cid, attempt } = message;
        const sent = this.#note("send", { user: this.user.name, room, target, content, attempt, cid });
        const answered = this.client.request("chat.chatHandler.send", { content, target, rid: room, cid })
            .then((answer) => this.journal.acknowledge(sent, answer), (error) => this.#refused(message, reasonOf(error)))
            .finally(() => this.unanswered.delete(answered));
        this.unanswered.add(answered);
        return answered;
    }

    #refused({ content, attempt }, reason) {
        this.#note("refused", { content, attempt, reason });
        return reason;
    }

    // ---- the end

    close(why) {
        this.#leaving = why;
        this.#end();
    }

    /** A frozen connector never answers the closing handshake. */
    #end() {
        this.client.close();
        setTimeout(() => this.socket?.terminate(), 500).unref();
    }
}

const withoutTime = ({ offset, epoch, msg, from }) => ({ offset, epoch, msg, from });

/** Anything but a refusal is a mistake of ours. */
export function reasonOf(error) {
    if (error.reason === undefined)
        throw error;
    return error.reason;
}
