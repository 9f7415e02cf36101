// PURE. A journal, sorted: connections, stays (a connection in a room), messages with all that became of them, faults.

/** A connection in a room, from the answer that let it in until it asked to leave, or its connection ended. */
class Stay {
    to = Infinity;
    shown = []; // onChat to all, in order
    told = []; // onAdd, onLeave
    resets = [];

    constructor(connection, entry) {
        Object.assign(this, { connection, room: entry.room, user: connection.user, from: entry.t, entry });
    }

    covers(from, to) {
        return this.from <= from && this.to >= to;
    }
}

export class Ledger {
    connections = new Map();
    stays = [];
    messages = new Map(); // content -> { content, user, room, target, sends, acks, refusals }
    whispers = []; // shown ones: { t, conn, msg, ... }
    strays = []; // shown or told outside of any stay
    faults = [];
    stalls = [];
    stuck = [];
    end = 0;
    #open = new Map(); // "conn room" -> stay
    #asked = new Set(); // "conn room" of those who wait to be let in

    constructor(entries) {
        for (const entry of entries) {
            this.end = Math.max(this.end, entry.t);
            this[`on_${entry.what}`]?.(entry);
        }
    }

    on_open(entry) {
        this.connections.set(entry.conn, { ...entry, closed: Infinity, stays: [] });
    }

    on_close({ t, conn, by, reason }) {
        const connection = this.connections.get(conn);
        Object.assign(connection, { closed: t, by, reason });
        for (const stay of connection.stays) {
            stay.to = Math.min(stay.to, t);
            this.#open.delete(`${conn} ${stay.room}`);
        }
    }

    on_ask({ conn, room }) {
        this.#asked.add(`${conn} ${room}`);
    }

    on_turned_away({ conn, room }) {
        this.#asked.delete(`${conn} ${room}`);
    }

    on_enter(entry) {
        this.on_turned_away(entry);
        const connection = this.connections.get(entry.conn);
        const stay = new Stay(connection, entry);
        connection.stays.push(stay);
        this.stays.push(stay);
        this.#open.set(`${entry.conn} ${entry.room}`, stay);
    }

    on_leave({ t, conn, room }) {
        const stay = this.#open.get(`${conn} ${room}`);
        if (stay)
            stay.to = t;
    }

    on_left({ conn, room }) {
        this.#open.delete(`${conn} ${room}`);
    }

    on_send(entry) {
        const { content, user, room, target } = entry;
        if (!this.messages.has(content))
            this.messages.set(content, { content, user, room, target, sends: [], acks: [], refusals: [] });
        this.messages.get(content).sends.push(entry);
    }

    on_ack(entry) {
        this.messages.get(entry.content).acks.push(entry);
    }

    on_refused(entry) {
        this.messages.get(entry.content).refusals.push(entry);
    }

    on_shown(entry) {
        if (entry.target === "*")
            return this.#put("shown", entry);
        this.whispers.push(entry);
        if (!this.#asked.has(`${entry.conn} ${entry.room}`)) // the room may have let it in, and its answer be on the way
            this.#put(null, entry);
    }

    on_told(entry) {
        this.#put("told", entry);
    }

    on_reset(entry) {
        this.#put("resets", entry);
        this.#put("shown", entry); // in its place between the messages
    }

    #put(where, entry) {
        const stay = this.#open.get(`${entry.conn} ${entry.room}`);
        if (!stay)
            this.strays.push(entry);
        else if (where)
            stay[where].push(entry);
    }

    on_fault(entry) {
        this.faults.push({ ...entry, begin: entry.t, whole: Infinity });
    }

    on_thaw({ t, fault }) {
        this.#fault(fault).thaw = t;
    }

    on_back({ t, fault }) {
        this.#fault(fault).back = t;
    }

    on_whole({ t, fault }) {
        this.#fault(fault).whole = t;
    }

    #fault(number) {
        return this.faults.find(({ fault }) => fault === number);
    }

    on_stall({ t, ms }) {
        this.stalls.push({ from: t - ms, to: t });
    }

    on_stuck(entry) {
        this.stuck.push(entry);
    }

    // ---- questions

    get users() {
        return new Set([...this.connections.values()].map(({ user }) => user));
    }

    of(room) {
        return this.stays.filter((stay) => stay.room === room);
    }

    /** How long this process, which measured, stood still within from .. to. */
    stalled(from, to) {
        return this.stalls.reduce((sum, stall) => sum + Math.max(0, Math.min(to, stall.to) - Math.max(from, stall.from)), 0);
    }

    /** Faults of a server that were not over, all being whole again, within from .. to. */
    faultsOf(server, from, to) {
        return this.faults.filter((fault) => fault.server === server && fault.begin <= to && fault.whole >= from);
    }
}
