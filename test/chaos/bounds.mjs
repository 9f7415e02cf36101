// PURE. How long anything may take, and who may be told what, when one fault comes at a time.
import { complaint } from "./safety.mjs";

const takeoverMs = 4000; // a chat server died or froze: until its rooms answer again
const moveMs = 1000; // a chat server came or went by plan
const regainMs = 3000; // from a broker that is there again
const goneMs = 6000; // until the members of a dead connector are gone
const drainMs = 3000; // longer for those that a connector has told to move: some wait for their answers first
const beatMs = 20000; // a connection without data for so long is closed
const planned = ["drain", "join", "part"];
export const again = ["unavailable", "timeout", "overloaded"];

/** Of a room: when somebody waited for an answer and nobody got one. [{ from, to }] */
export function pauses(ledger, room) {
    const waiting = new Map(); // "content attempt" -> when it was said
    const found = [];
    let last = -Infinity;
    for (const { what, t, key } of exchanges(ledger, room)) {
        if (what === "send") {
            waiting.set(key, t);
            continue;
        }
        if (what === "ack" && waiting.size) {
            found.push({ from: Math.max(last, Math.min(...waiting.values())), to: t });
            last = t;
        }
        waiting.delete(key);
    }
    if (waiting.size)
        found.push({ from: Math.max(last, Math.min(...waiting.values())), to: ledger.end });
    return found;
}

/** Sends to all of a room and what became of them, in order; a connection's end ends its waiting. */
function exchanges(ledger, room) {
    const here = [...ledger.messages.values()].filter((message) => message.room === room && message.target === "*");
    const all = here.flatMap(({ sends, acks, refusals }) => [...sends, ...acks, ...refusals]);
    return all.map(({ what, t, content, attempt }) => ({ what, t, key: `${content} ${attempt}` })).sort((a, b) => a.t - b.t);
}

/** The longest pause of a room that a fault may have caused: { room, ms, at }. */
function longest(ledger, fault, room, all) {
    const begin = fault.role === "broker" ? fault.back ?? fault.thaw ?? Infinity : fault.begin;
    const until = Math.min(fault.whole, ledger.end);
    const lengths = all.filter(({ from, to }) => to >= begin && from <= until).map(({ from, to }) => {
        const start = Math.max(from, begin);
        return { room, at: to, ms: to - start - ledger.stalled(start, to) };
    });
    return lengths.reduce((most, one) => (one.ms > most.ms ? one : most), { room, at: begin, ms: 0 });
}

/** For each fault the longest pause of any room, in the faults' order. */
export function longestPauses(ledger, histories) {
    const byRoom = Object.keys(histories).map((room) => [room, pauses(ledger, room)]);
    return ledger.faults.map((fault) => byRoom.map(([room, all]) => longest(ledger, fault, room, all))
        .reduce((most, one) => (one.ms > most.ms ? one : most), { ms: 0, at: fault.begin }));
}

function limitOf({ kind, role }) {
    if (role === "broker")
        return regainMs;
    if (role === "chat")
        return planned.includes(kind) ? moveMs : takeoverMs;
    return Infinity;
}

export function* roomsGoOn(ledger, histories) {
    for (const [i, { ms, at, room }] of longestPauses(ledger, histories).entries()) {
        const fault = ledger.faults[i];
        const text = () => `${fault.kind} of ${fault.server}: ${room} answered nobody for ${Math.round(ms)} ms`;
        if (ms > limitOf(fault))
            yield complaint("pause", text(), { t: at, room });
    }
}

/** A move by plan refuses nobody. (A whisper may be: it is given up after 500 ms.) */
export function* movesRefuseNobody(ledger) {
    const moves = ledger.faults.filter(({ role, kind }) => role === "chat" && planned.includes(kind));
    for (const { content, room, target, refusals } of ledger.messages.values())
        for (const { t, reason } of target === "*" ? refusals : [])
            if (again.includes(reason) && moves.some(({ begin, whole }) => begin <= t && whole >= t))
                yield complaint("refused", `${content} was refused (${reason}) while rooms moved`, { t, content, room });
}

export function* connectionsLive(ledger) {
    for (const { conn, user, connector, by, closed, reason } of ledger.connections.values()) {
        if (by !== "server")
            continue;
        const ends = ({ kind, begin, thaw = Infinity }) => kind !== "freeze" || thaw - begin >= beatMs;
        if (!ledger.faultsOf(connector, closed, closed).some(ends))
            yield complaint("closed", `${user} (connection ${conn}), ${connector}: ${reason}`, { t: closed, conn });
    }
}

// ---- presence

/** Nobody is shown as gone who is connected to a connector that lives. */
export function* presentStay(ledger) {
    for (const observer of ledger.stays)
        for (const { t, event, user } of observer.told) {
            if (event !== "leave")
                continue;
            const lateMs = 2000 + frozen(ledger, observer.connection.connector, t);
            const there = ledger.of(observer.room).find((stay) => stay.user === user && stay.covers(t - lateMs, t));
            if (there && !ledger.faultsOf(there.connection.connector, t - lateMs, t).length)
                yield complaint("gone", `${observer.user} was told that ${user} left ${observer.room}, who is connected to ` +
                    there.connection.connector, { t, room: observer.room, conn: observer.connection.conn, user });
        }
}

/** How long the observer's connector had stood still by then: so much later it may tell. */
function frozen(ledger, connector, t) {
    const faults = ledger.faultsOf(connector, t, t).filter(({ kind, begin }) => kind === "freeze" && begin <= t);
    return faults.reduce((most, { begin, thaw = t }) => Math.max(most, thaw - begin), 0);
}

/** Members of a connector that has ended are gone in time, unless they are back. */
export function* deadLeave(ledger) {
    for (const fault of ledger.faults.filter(({ role, kind }) => role === "connector" && kind !== "freeze")) {
        const { begin, server } = fault;
        const lost = ledger.stays.filter((stay) => stay.connection.connector === server && stay.covers(begin, begin));
        for (const stay of lost)
            yield* seenToLeave(ledger, fault, stay);
    }
}

function* seenToLeave(ledger, { begin, kind, server }, { user, room }) {
    const ms = kind === "drain" ? goneMs + drainMs : goneMs;
    const limit = begin + ms + ledger.stalled(begin, begin + ms);
    const soon = ({ t }) => t >= begin && t <= limit;
    const back = ledger.of(room).some((stay) => stay.user === user && soon({ t: stay.from }));
    if (back || limit > ledger.end)
        return;
    for (const observer of ledger.of(room)) {
        const told = observer.told.some((one) => one.event === "leave" && one.user === user && soon(one));
        if (observer.connection.connector !== server && observer.covers(begin, limit) && !told)
            yield complaint("stays", `${kind} of ${server}: ${observer.user} was not told that ${user} has left ${room}`,
                { t: limit, room, conn: observer.connection.conn, user });
    }
}

/** Whoever was told to move and came back with its key was not seen to leave, or to come. */
export function* movesUnseen(ledger) {
    for (const stay of ledger.stays.filter(({ connection: { kind, reason } }) => kind === "careful" && reason === "drain")) {
        const next = ledger.of(stay.room).find(({ user, from }) => user === stay.user && from >= stay.to);
        if (stay.to !== stay.connection.closed || !next?.entry.since || next.from - stay.to > 4000)
            continue;
        for (const observer of ledger.of(stay.room))
            for (const { t, event, user } of observer.told)
                if (user === stay.user && t >= stay.to && t <= next.from)
                    yield complaint("seen_to_move", `${observer.user} was told of ${stay.user} (${event}) in ${stay.room}, who only changed ` +
                        "the connector", { t, room: stay.room, conn: observer.connection.conn, user });
    }
}
