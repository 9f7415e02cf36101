// PURE. What must hold whatever happens: nothing lost, doubled, invented or out of order, and everybody sees the same.

export const complaint = (what, text, at = {}) => ({ what, text, ...at });

/** How many messages a client may have missed and still get all of them: resumeMessages of chat.json. */
const resumable = 500;

// ---- the history

export function* history(ledger, histories) {
    const places = new Map(); // content -> where the history of its room has it
    for (const [room, messages] of Object.entries(histories)) {
        yield* numbering(room, messages);
        for (const message of messages) {
            yield* known(ledger, room, message);
            const before = places.get(message.msg);
            if (before)
                yield complaint("twice", `${message.msg} is in ${room} at ${before.offset} and at ${message.offset}`,
                    { content: message.msg, room });
            places.set(message.msg, message);
        }
    }
    yield* acknowledged(ledger, histories);
}

function* numbering(room, messages) {
    for (const [i, { offset, epoch }] of messages.entries()) {
        const expected = i ? messages[i - 1].offset + 1 : 1;
        if (offset !== expected)
            yield complaint("hole", `the history of ${room} has ${offset} where ${expected} should be`, { room });
        if (epoch !== messages[0].epoch)
            yield complaint("epoch", `${room} has epoch ${epoch} at ${offset}, and ${messages[0].epoch} before`, { room });
    }
}

function* known(ledger, room, { msg, from, offset }) {
    const message = ledger.messages.get(msg);
    if (!message || message.room !== room || message.target !== "*")
        yield complaint("invented", `${room} has ${msg} at ${offset}, which nobody said there`, { content: msg, room });
    else if (message.user !== from)
        yield complaint("invented", `${room} has at ${offset} that ${from} said ${msg}`, { content: msg, room });
}

function* acknowledged(ledger, histories) {
    for (const { content, room, target, acks } of ledger.messages.values())
        for (const { t, offset, epoch } of target === "*" ? acks : []) {
            const found = histories[room]?.[offset - 1]; // offsets without holes: else there is a complaint already
            if (found?.msg !== content || found.offset !== offset || found.epoch !== epoch)
                yield complaint("lost", `${content} was acknowledged at ${offset} (${epoch}) of ${room}; there is ` +
                    (found ? `${found.msg} (${found.epoch})` : "nothing"), { t, content, room });
        }
}

/** Sends of one connection to one room stand in the history as they were said, if their first try put them there. */
export function* order(ledger, histories) {
    const stored = Object.values(histories).flat().reverse(); // of what is there twice the first counts
    const offsets = new Map(stored.map(({ msg, offset }) => [msg, offset]));
    const last = new Map(); // "conn room" -> the newest
    for (const { content, room, target, sends, acks } of ledger.messages.values()) {
        const [first] = sends;
        const byFirst = sends.length === 1 || acks.some(({ attempt }) => attempt === first.attempt);
        if (target !== "*" || !byFirst || !offsets.has(content))
            continue;
        const key = `${first.conn} ${room}`;
        const before = last.get(key);
        if (before && offsets.get(before) > offsets.get(content))
            yield complaint("order", `${before} was said before ${content} to ${room}, and stands behind it: ` +
                `${offsets.get(before)}, ${offsets.get(content)}`, { t: first.t, content, room });
        last.set(key, content);
    }
}

// ---- what was shown

export function* shown(ledger, histories) {
    for (const stay of ledger.stays) {
        yield* resumed(stay, histories);
        yield* sequence(stay, histories);
    }
    for (const { t, what, conn, room, msg, event, user } of ledger.strays)
        yield complaint("stray", `connection ${conn} is not in ${room}, and was pushed ${msg ?? `${what} ${event} ${user}`}`,
            { t, conn, room, content: msg });
}

const where = (stay) => `${stay.user} (connection ${stay.connection.conn}, ${stay.connection.connector}) in ${stay.room}`;

/** What came with the answer to `since`: exactly what was missing, or, where that is too much, the newest. */
function* resumed(stay, histories) {
    const { since, recovered, messages = [], offset, epoch } = stay.entry;
    if (!since)
        return;
    const at = { t: stay.from, room: stay.room, conn: stay.connection.conn };
    if (!recovered && offset - since.offset <= resumable)
        yield complaint("not_recovered", `${where(stay)}: since ${since.offset} (${since.epoch}), now ${offset} (${epoch})`, at);
    const first = recovered ? since.offset + 1 : offset - messages.length + 1;
    if (messages.length !== offset - first + 1)
        yield complaint("resumed", `${where(stay)}: since ${since.offset}, now ${offset}, and ${messages.length} messages`, at);
    for (const [i, message] of messages.entries()) {
        if (message.offset !== first + i)
            yield complaint("resumed", `${where(stay)}: message ${i} of those since ${since.offset} is ${message.offset}`, at);
        yield* same(stay, { t: stay.from, ...message }, histories);
    }
}

/** From the answer that let it in: one after the other. */
function* sequence(stay, histories) {
    let { offset } = stay.entry;
    for (const one of stay.shown) {
        const at = { t: one.t, room: stay.room, conn: stay.connection.conn, content: one.msg };
        if (one.what === "reset") {
            yield complaint("reset", `${where(stay)}: onReset to ${one.offset} (${one.epoch})`, at);
            offset = one.offset;
            continue;
        }
        if (one.offset <= offset)
            yield complaint("again", `${where(stay)}: ${one.msg} at ${one.offset} after ${offset}`, at);
        else if (one.offset !== offset + 1)
            yield complaint("missed", `${where(stay)}: ${one.msg} at ${one.offset} after ${offset}`, at);
        offset = Math.max(offset, one.offset);
        yield* same(stay, one, histories);
    }
}

function* same(stay, { t, offset, epoch, msg, from }, histories) {
    const stored = histories[stay.room]?.[offset - 1];
    if (stored?.msg !== msg || stored.from !== from || stored.epoch !== epoch)
        yield complaint("differs", `${where(stay)}: was shown ${msg} of ${from} at ${offset} (${epoch}); the history has ` +
            (stored ? `${stored.msg} of ${stored.from} (${stored.epoch})` : "nothing"),
            { t, room: stay.room, conn: stay.connection.conn, content: msg });
}

/** After the calm whoever is there has seen everything, and knows who else is there. */
export function* caughtUp(ledger, histories) {
    const users = ledger.users;
    for (const stay of ledger.stays.filter(({ to }) => to === Infinity)) {
        const at = { t: ledger.end, room: stay.room, conn: stay.connection.conn };
        const head = histories[stay.room]?.at(-1)?.offset ?? 0;
        const last = stay.shown.at(-1)?.offset ?? stay.entry.offset;
        if (last < head)
            yield complaint("behind", `${where(stay)}: at the end it was shown up to ${last} of ${head}`, at);
        const there = ledger.of(stay.room).filter(({ to }) => to === Infinity).map(({ user }) => user).sort().join();
        const listed = [...roster(stay)].filter((user) => users.has(user)).sort().join();
        if (listed !== there)
            yield complaint("roster", `${where(stay)}: thinks that there are ${listed}; there are ${there}`, at);
    }
}

function roster(stay) {
    const names = new Set(stay.entry.users);
    for (const { event, user } of stay.told)
        event === "add" ? names.add(user) : names.delete(user);
    return names;
}

/** Nobody comes who is there, nobody leaves who is not. */
export function* comings(ledger) {
    for (const stay of ledger.stays) {
        const names = new Set(stay.entry.users);
        for (const { t, event, user } of stay.told) {
            const at = { t, room: stay.room, conn: stay.connection.conn, user };
            if (event === "add" && names.has(user))
                yield complaint("came_twice", `${where(stay)}: was told that ${user} came, who was there`, at);
            if (event === "leave" && !names.has(user))
                yield complaint("left_twice", `${where(stay)}: was told that ${user} left, who was not there`, at);
            event === "add" ? names.add(user) : names.delete(user);
        }
    }
}

// ---- messages to one user

const wireMs = 2000;

/** One connection is shown it once; another of the same user only if the first try never got its answer. */
export function* whispers(ledger) {
    const seen = new Map(); // content -> connections that were shown it
    for (const { t, conn, room, msg, from } of ledger.whispers) {
        const at = { t, conn, room, content: msg };
        const message = ledger.messages.get(msg);
        const user = ledger.connections.get(conn).user;
        if (!message || message.user !== from || message.room !== room || message.target !== user)
            yield complaint("invented", `${user} was shown ${msg} of ${from} in ${room}, which was not said to them`, at);
        const before = seen.get(msg) ?? [];
        const wasAnswered = message?.acks.some((ack) => ack.t + wireMs < t);
        if (before.includes(conn) || (before.length && wasAnswered))
            yield complaint("whisper_twice", `${user} (connection ${conn}) was shown ${msg} twice`, at);
        seen.set(msg, [...before, conn]);
    }
    yield* whispersLost(ledger, seen);
}

/** Acknowledged: put into an outbox of somebody who was there. A connection that ends soon after may take it along. */
function* whispersLost(ledger, seen) {
    for (const { content, room, target, sends, acks } of ledger.messages.values()) {
        if (target === "*" || !acks.length || seen.has(content))
            continue;
        const throughout = ledger.of(room).find((stay) => stay.user === target && stay.covers(sends[0].t, acks[0].t + wireMs));
        if (throughout)
            yield complaint("whisper_lost", `${content} was acknowledged, and not shown to ${where(throughout)}, who stayed`,
                { t: acks[0].t, content, room });
    }
}
