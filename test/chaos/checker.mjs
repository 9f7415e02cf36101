// PURE. Judges a run: takes its journal and, per room, its final history; returns complaints, the earliest first.
import * as bounds from "./bounds.mjs";
import { Ledger } from "./ledger.mjs";
import * as safety from "./safety.mjs";

const always = [safety.history, safety.order, safety.shown, safety.caughtUp, safety.comings, safety.whispers];
const oneAtATime = [bounds.roomsGoOn, bounds.movesRefuseNobody, bounds.connectionsLive, bounds.presentStay, bounds.deadLeave,
    bounds.movesUnseen];

/** `histories`: room -> [{ offset, epoch, msg, from }]. `mode`: single, rolling (one by one) or overlapping. */
export function check(entries, histories, { mode = "single" } = {}) {
    const ledger = new Ledger(entries);
    const complaints = ledger.stuck.map(({ t, reason }) => safety.complaint("stuck", reason, { t }));
    for (const rule of mode !== "overlapping" ? [...always, ...oneAtATime] : always)
        complaints.push(...rule(ledger, histories));
    return complaints.sort((a, b) => (a.t ?? Infinity) - (b.t ?? Infinity));
}

/** How many of `list` there are per key. */
export function count(list, key) {
    const counts = {};
    for (const one of list)
        counts[key(one)] = (counts[key(one)] ?? 0) + 1;
    return counts;
}

/** What a run was made of, in numbers. */
export function summary(entries, histories, { mode = "single" } = {}) {
    const ledger = new Ledger(entries);
    const messages = [...ledger.messages.values()];
    const fate = ({ acks, refusals }) => (acks.length ? "acknowledged" : isFinal(refusals.at(-1)) ? "refused" : "unknown");
    const { acknowledged = 0, refused = 0, unknown = 0 } = count(messages, fate);
    return {
        faults: count(ledger.faults, nameOf),
        pauses: mode !== "overlapping" ? longestByKind(ledger, histories) : { whatever: longestOfAll(ledger, histories) },
        sent: messages.length,
        acknowledged, refused, unknown,
        stored: Object.values(histories).flat().length,
        repeated: messages.filter(({ sends }) => sends.length > 1).length,
        refusals: count(messages.flatMap(({ refusals }) => refusals), ({ reason }) => reason),
        deliveries: ledger.stays.reduce((sum, { shown, entry }) => sum + shown.length + (entry.messages?.length ?? 0), 0),
        whispers: ledger.whispers.length,
        connections: ledger.connections.size,
        resumed: ledger.stays.filter(({ entry }) => entry.recovered).length,
        notRecovered: ledger.stays.filter(({ entry }) => entry.since && !entry.recovered).length,
        resets: ledger.stays.reduce((sum, { resets }) => sum + resets.length, 0),
        stalledMs: ledger.stalls.reduce((sum, { from, to }) => sum + Math.round(to - from), 0),
    };
}

/** The server's last word: it was not stored, and will not be. */
const isFinal = (refusal) => refusal !== undefined && !bounds.again.includes(refusal.reason) && refusal.reason !== "closed";

const nameOf = ({ kind, role }) => `${kind} ${role}`;

function longestByKind(ledger, histories) {
    const longest = {};
    for (const [i, { ms }] of bounds.longestPauses(ledger, histories).entries()) {
        const name = nameOf(ledger.faults[i]);
        longest[name] = Math.max(longest[name] ?? 0, Math.round(ms));
    }
    return longest;
}

function longestOfAll(ledger, histories) {
    const all = Object.keys(histories).flatMap((room) => bounds.pauses(ledger, room));
    return Math.round(all.reduce((most, { from, to }) => Math.max(most, to - from), 0));
}

/** The entries that explain a complaint: of its message, or of its room and connection around its time. */
export function excerpt(entries, { t, content, room, conn, user }, most = 25) {
    const near = (entry) => t !== undefined && Math.abs(entry.t - t) <= 3000;
    const ofMessage = entries.filter((entry) => content && (entry.content === content || entry.msg === content));
    const around = entries.filter((entry) => near(entry) && !ofMessage.includes(entry) && isAbout(entry, { room, conn, user }));
    const closest = around.sort((a, b) => Math.abs(a.t - t) - Math.abs(b.t - t)).slice(0, most);
    const faults = entries.filter((entry) => entry.fault !== undefined && (t === undefined || Math.abs(entry.t - t) <= 20000));
    const wanted = new Set([...ofMessage, ...closest, ...faults]);
    return entries.filter((entry) => wanted.has(entry));
}

function isAbout(entry, { room, conn, user }) {
    if (user && entry.user === user && (!room || entry.room === room || !entry.room))
        return true;
    return conn !== undefined && entry.conn === conn && (!room || !entry.room || entry.room === room);
}
