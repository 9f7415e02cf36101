// What happened in a run, in order: entries { t, what, ... } of the users, the nemesis and the run itself.
//
//   open         conn, user, kind (careful, plain), connector
//   close        conn, by (server, client), reason
//   ask          conn, room: to be let in
//   enter        conn, room, offset, epoch, users; with `since` also since, recovered, messages: let in
//   turned_away  conn, room, reason: an enter or join that was refused, or found no answer
//   leave, left  conn, room: asked, answered
//   send         conn, user, room, target, content, attempt, cid?
//   ack          conn, content, attempt; offset and epoch but for whispers
//   refused      conn, content, attempt, reason; "closed" and "timeout" too, where nobody knows
//   shown        conn, room, msg, from, target; offset and epoch but for whispers
//   told         conn, room, event (add, leave), user
//   reset        conn, room, offset, epoch
//   kick         conn, reason
//   fault        fault (its number), kind, role, server; later entries name its number:
//   thaw, back, whole    goes on; accepts again; everything works as before
//   stall        ms: this very process stood still, and so everything it measured
//   calm         no faults any more
//   stuck        reason: the cluster did not become whole in time
const stallMs = 150;

export class Journal {
    entries = [];
    #start = performance.now();
    begun = Date.now();
    #answered = new Map(); // room -> when the newest send that has an answer was said
    #watch;

    constructor() {
        let last = this.now();
        this.#watch = setInterval(() => {
            const late = this.now() - last - 25;
            if (late > stallMs)
                this.add("stall", { ms: Math.round(late) });
            last = this.now();
        }, 25);
    }

    /** ms since the journal began. */
    now() {
        return performance.now() - this.#start;
    }

    add(what, fields = {}) {
        const entry = { t: Math.round(this.now() * 10) / 10, what, ...fields };
        this.entries.push(entry);
        return entry;
    }

    acknowledge(sent, answer) {
        const { conn, content, attempt, room, t } = sent;
        this.add("ack", { conn, content, attempt, offset: answer.offset, epoch: answer.epoch });
        if (sent.target === "*")
            this.#answered.set(room, Math.max(t, this.#answered.get(room) ?? 0));
    }

    /** Rooms in which nothing that was said at `t` or later has an answer yet. */
    silentSince(t, rooms) {
        return rooms.filter((room) => !(this.#answered.get(room) >= t));
    }

    /** As the servers' logs have it. */
    clock(t) {
        return new Date(this.begun + t).toISOString().slice(11, 23);
    }

    end() {
        clearInterval(this.#watch);
    }
}
