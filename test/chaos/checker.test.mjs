// The checker finds every kind of violation, in small journals that are right but for one thing.
import assert from "node:assert/strict";
import { test } from "node:test";

import { check, excerpt, summary } from "./checker.mjs";
import { Dice } from "./dice.mjs";

const room = "lobby";
const epoch = "e1";

/** A journal in the making, and the history that goes with it. Times are ms; `at` moves them on. */
class Story {
    entries = [];
    history = [];
    #t = 0;

    at(t) {
        this.#t = t;
        return this;
    }

    put(what, fields) {
        this.entries.push({ t: this.#t, what, ...fields });
        return this;
    }

    open(conn, user, connector = `connector-server-${conn}`) {
        return this.put("open", { conn, user, kind: "careful", connector });
    }

    enter(conn, offset, users, more = {}) {
        return this.put("enter", { conn, room, offset, epoch, users, ...more });
    }

    say(conn, user, content, { target = "*", attempt = 1 } = {}) {
        return this.put("send", { conn, user, room, target, content, attempt });
    }

    answer(conn, content, offset, attempt = 1) {
        return this.put("ack", { conn, content, attempt, ...(offset ? { offset, epoch } : {}) });
    }

    refuse(conn, content, reason, attempt = 1) {
        return this.put("refused", { conn, content, attempt, reason });
    }

    show(conn, offset, msg, from = "ada", more = {}) {
        return this.put("shown", { conn, room, offset, epoch, msg, from, target: "*", ...more });
    }

    store(msg, from = "ada") {
        this.history.push({ offset: this.history.length + 1, epoch, msg, from });
        return this;
    }

    /** Said, stored, answered 10 ms later and shown to all. */
    chat(content, { conn = 1, user = "ada", to = [1, 2] } = {}) {
        const t = this.#t;
        const offset = this.store(content, user).history.length;
        this.say(conn, user, content).at(t + 10).answer(conn, content, offset);
        to.forEach((one) => this.show(one, offset, content, user));
        return this.at(t + 20);
    }

    tell(conn, event, user) {
        return this.put("told", { conn, room, event, user });
    }

    close(conn, by = "server", reason = "closed") {
        return this.put("close", { conn, by, reason });
    }

    fault(kind, role, server = `${role}-server-1`) {
        return this.put("fault", { fault: 1, kind, role, server });
    }

    check(mode = "single") {
        return check(this.entries, { [room]: this.history }, { mode });
    }

    finds(what, mode) {
        assert.deepEqual(this.check(mode).map((one) => one.what), [what], JSON.stringify(this.check(mode)));
    }
}

/** ada and bob on two connectors, in one room, three messages on. */
function story() {
    const two = new Story().open(1, "ada").open(2, "bob").enter(1, 0, ["ada"]).enter(2, 0, ["ada", "bob"]);
    return two.tell(1, "add", "bob").at(100).chat("a1").at(200).chat("a2").at(300).chat("b1", { conn: 2, user: "bob" }).at(400);
}

const without = (one, fits) => Object.assign(one, { entries: one.entries.filter((entry) => !fits(entry)) });
const change = (one, fits, fields) => (Object.assign(one.entries.find(fits), fields), one);
const shownTo = (conn, msg) => (entry) => entry.what === "shown" && entry.conn === conn && entry.msg === msg;

test("a run in which all went well has no complaints, and its numbers are right", () => {
    assert.deepEqual(story().check(), []);
    const { sent, acknowledged, unknown, deliveries, stored } = summary(story().entries, { [room]: story().history });
    assert.deepEqual([sent, acknowledged, unknown, deliveries, stored], [3, 3, 0, 6, 3]);
});

// ---- the history

test("an acknowledged message that is not there, or elsewhere", () => {
    story().say(1, "ada", "a3").answer(1, "a3", 4).finds("lost");
    const moved = change(story(), (entry) => entry.what === "ack" && entry.content === "a2", { offset: 1 });
    moved.finds("lost");
    change(story(), (entry) => entry.what === "ack" && entry.content === "a2", { epoch: "e2" }).finds("lost");
});

test("a repeat that was answered with another place", () => {
    story().say(1, "ada", "a1", { attempt: 2 }).answer(1, "a1", 2, 2).finds("lost");
    assert.deepEqual(story().say(1, "ada", "a1", { attempt: 2 }).answer(1, "a1", 1, 2).check(), []);
});

test("a message that nobody knows the fate of may be there, or not", () => {
    const unknown = () => story().say(1, "ada", "a3").refuse(1, "a3", "timeout");
    assert.deepEqual(unknown().check(), []);
    assert.deepEqual(unknown().store("a3").show(1, 4, "a3").show(2, 4, "a3").check(), []);
});

test("a message that is in the history twice", () => {
    story().store("a1").show(1, 4, "a1").show(2, 4, "a1").finds("twice");
});

test("a history with a hole, one that begins late, one of two epochs", () => {
    const holed = story();
    holed.history.push({ offset: 5, epoch, msg: "a3", from: "ada" });
    const found = holed.say(1, "ada", "a3").check().map((one) => one.what);
    assert.ok(found.includes("hole"), found);
    const late = new Story();
    late.history.push({ offset: 2, epoch, msg: "a1", from: "ada" });
    late.say(1, "ada", "a1").finds("hole");
    const two = new Story().say(1, "ada", "a1").say(1, "ada", "a2").store("a1").store("a2");
    two.history[1].epoch = "e2";
    two.finds("epoch");
});

test("a stored message that nobody said, said elsewhere, to one user, or by another", () => {
    const shown = (one, msg, from) => one.show(1, 4, msg, from).show(2, 4, msg, from);
    shown(story().store("x1"), "x1").finds("invented");
    const elsewhere = { conn: 1, user: "ada", room: "other", target: "*", content: "x1", attempt: 1 };
    shown(story().put("send", elsewhere).store("x1"), "x1").finds("invented");
    shown(story().say(1, "ada", "x1", { target: "bob" }).store("x1"), "x1").finds("invented");
    shown(story().say(1, "ada", "x1").store("x1", "bob"), "x1", "bob").finds("invented");
});

test("a sender's messages in another order than they were said", () => {
    const crossed = () => story().say(1, "ada", "a3").say(1, "ada", "a4").store("a4").store("a3")
        .show(1, 4, "a4").show(2, 4, "a4").show(1, 5, "a3").show(2, 5, "a3");
    crossed().finds("order");
    assert.deepEqual(crossed().say(1, "ada", "a3", { attempt: 2 }).check(), [], "its repeat may have put it there");
    crossed().answer(1, "a3", 5).say(1, "ada", "a3", { attempt: 2 }).finds("order");
});

// ---- what was shown

test("a message that was not shown, shown again, or in another order", () => {
    without(story(), shownTo(2, "a2")).finds("missed");
    without(story(), shownTo(2, "b1")).finds("behind");
    story().show(2, 3, "b1", "bob").finds("again");
    const crossed = without(story(), shownTo(2, "a1")).show(2, 1, "a1");
    assert.deepEqual(crossed.check().map((one) => one.what), ["missed", "again", "behind"]);
});

test("shown otherwise than stored: text, sender, epoch", () => {
    change(story(), shownTo(2, "a2"), { msg: "a9" }).finds("differs");
    change(story(), shownTo(2, "a2"), { from: "bob" }).finds("differs");
    change(story(), shownTo(2, "a2"), { epoch: "e2" }).finds("differs");
    story().show(1, 4, "x1").finds("differs");
});

test("pushes of a room that the connection is not in", () => {
    const left = story().put("leave", { conn: 2, room }).show(2, 4, "a3").tell(1, "leave", "bob");
    const asked = left.say(1, "ada", "a3").answer(1, "a3", 4).store("a3").show(1, 4, "a3");
    assert.deepEqual(asked.check(), [], "between asking and the answer it is");
    asked.put("left", { conn: 2, room }).tell(2, "add", "eve").finds("stray");
});

test("a whisper to somebody whom the room has let in, and who does not know yet", () => {
    const asks = () => story().say(1, "ada", "w1", { target: "eve" }).open(3, "eve").put("ask", { conn: 3, room });
    const whisper = (one) => one.show(3, undefined, "w1", "ada", { target: "eve" });
    assert.deepEqual(whisper(asks()).close(3, "client").check(), []);
    whisper(asks().put("turned_away", { conn: 3, room, reason: "timeout" })).close(3, "client").finds("stray");
    asks().show(3, 3, "b1", "bob").close(3, "client").finds("stray");
});

function resumed(more) {
    const gone = story().close(2, "client").chat("a3", { to: [1] }).chat("a4", { to: [1] });
    return gone.open(3, "bob").enter(3, 5, ["ada", "bob"], { since: { offset: 3, epoch }, recovered: true, ...more });
}
const stored = (offset, msg = `a${offset - 1}`, from = "ada") => ({ offset, epoch, msg, from });

test("what comes with the answer to `since`", () => {
    assert.deepEqual(resumed({ messages: [stored(4), stored(5)] }).check(), []);
    const [third, fourth, fifth] = [stored(3, "b1", "bob"), stored(4), stored(5)];
    for (const messages of [[], [fourth], [fifth], [third, fourth, fifth], [fifth, fourth]])
        assert.deepEqual([...new Set(resumed({ messages }).check().map((one) => one.what))], ["resumed"]);
    resumed({ messages: [stored(4), stored(5, "a9")] }).finds("differs");
    resumed({ messages: [stored(4), stored(5)], recovered: false }).finds("not_recovered");
    resumed({ messages: [stored(4), stored(5)] }).show(3, 5, "a4").finds("again");
});

test("too much missed for `since`: the newest page is enough", () => {
    const long = new Story().open(1, "ada").enter(1, 0, ["ada"]);
    for (let i = 1; i <= 600; ++i)
        long.at(i * 30).chat(`a${i}`, { to: [1] });
    long.open(2, "bob").enter(2, 600, ["ada", "bob"], { since: { offset: 3, epoch }, recovered: false,
        messages: [599, 600].map((offset) => stored(offset, `a${offset}`)) });
    assert.deepEqual(long.tell(1, "add", "bob").check(), []);
});

test("onReset", () => {
    const reset = story().put("reset", { conn: 2, room, offset: 3, epoch });
    reset.finds("reset");
    reset.finds("reset", "overlapping");
});

test("who is there: at the end, and on the way", () => {
    story().tell(1, "leave", "bob").finds("roster", "overlapping");
    story().tell(1, "add", "bob").finds("came_twice");
    story().tell(2, "leave", "eve").finds("left_twice");
    assert.deepEqual(story().tell(1, "add", "reader").check(), [], "who reads the history in the end is none of the users");
});

// ---- messages to one user

test("whispers: shown once, to whom they were said, when they are acknowledged", () => {
    const whisper = () => story().say(1, "ada", "w1", { target: "bob" }).at(410).answer(1, "w1");
    const show = (one, conn) => one.show(conn, undefined, "w1", "ada", { target: "bob" });
    assert.deepEqual(show(whisper(), 2).check(), []);
    whisper().at(5000).chat("a3").finds("whisper_lost");
    const ends = (one) => one.at(500).close(2, "client").tell(1, "leave", "bob");
    assert.deepEqual(ends(whisper()).check(), [], "it may have gone with the connection");
    show(show(whisper(), 2), 2).finds("whisper_twice");
    ends(show(whisper(), 1)).finds("invented");
    const elsewhere = (one) => ends(show(one, 2)).at(600).open(3, "bob").enter(3, 3, ["ada", "bob"]).tell(1, "add", "bob");
    show(elsewhere(whisper()).at(2500), 3).finds("whisper_twice");
    assert.deepEqual(show(elsewhere(whisper()).at(1000), 3).check(), [], "its second try may have been on its way");
    story().show(2, undefined, "w2", "ada", { target: "bob" }).finds("invented");
});

// ---- bounds

/** A fault at 1000; the next answer after `ms`; all whole at 9000. */
function paused(kind, role, ms, more = (one) => one) {
    const t = 1000 + ms;
    const broken = more(story().at(1000).fault(kind, role, role === "broker" ? "broker-1" : undefined));
    const answered = broken.at(1010).say(1, "ada", "a3").at(t).answer(1, "a3", 4).store("a3").show(1, 4, "a3").show(2, 4, "a3");
    return answered.at(9000).put("whole", { fault: 1 });
}

test("a room that pauses too long", () => {
    for (const kind of ["kill", "freeze"]) {
        assert.deepEqual(paused(kind, "chat", 3900).check(), []);
        paused(kind, "chat", 4100).finds("pause");
    }
    for (const kind of ["drain", "join", "part"]) {
        assert.deepEqual(paused(kind, "chat", 900).check(), []);
        paused(kind, "chat", 1100).finds("pause");
    }
    const back = (one) => one.at(3000).put("back", { fault: 1 });
    assert.deepEqual(paused("kill", "broker", 4900, back).check(), []);
    paused("kill", "broker", 5100, back).finds("pause");
    assert.deepEqual(paused("kill", "chat", 9000).check("overlapping"), []);
});

test("a room in which nobody has an answer to this day, and one in which nobody waited", () => {
    story().at(1000).fault("kill", "chat").at(1010).say(1, "ada", "a3").at(6000).put("calm").finds("pause");
    assert.deepEqual(story().at(1000).fault("kill", "chat").at(8000).chat("a3").check(), []);
});

test("a pause in which we stood still ourselves does not count", () => {
    const stalled = paused("kill", "chat", 4500).at(4000).put("stall", { ms: 900 });
    assert.deepEqual(stalled.check(), []);
});

test("a refusal while rooms move by plan", () => {
    const refused = (kind) => story().at(1000).fault(kind, "chat").say(1, "ada", "a3").at(1100).refuse(1, "a3", "unavailable");
    refused("drain").finds("refused");
    assert.deepEqual(refused("kill").check(), []);
});

test("a connection that was closed without need", () => {
    const closed = (one) => one.at(1500).close(2).at(2000).tell(1, "leave", "bob");
    closed(story()).finds("closed");
    const over = (kind, what) => story().at(500).fault(kind, "connector", "connector-server-2").at(1400).put(what, { fault: 1 });
    closed(over("kill", "whole")).finds("closed");
    closed(over("freeze", "thaw")).finds("closed");
    const fault = (kind, role, server) => closed(story().at(1000).fault(kind, role, server));
    assert.deepEqual(fault("kill", "connector", "connector-server-2").check(), []);
    assert.deepEqual(fault("drain", "connector", "connector-server-2").check(), []);
    fault("kill", "connector", "connector-server-1").finds("closed");
    fault("kill", "chat", "chat-server-1").finds("closed");
});

test("somebody shown as gone who is there", () => {
    const gone = (one) => one.at(5000).tell(1, "leave", "bob").tell(1, "add", "bob");
    gone(story()).finds("gone");
    gone(story().at(4000).fault("kill", "chat")).finds("gone");
    assert.deepEqual(gone(story().at(4000).fault("freeze", "connector", "connector-server-2")).check(), []);
    assert.deepEqual(gone(story()).check("overlapping"), []);
});

test("members of a dead connector who do not leave", () => {
    const dead = () => story().at(1000).fault("kill", "connector", "connector-server-2").at(1001).close(2);
    dead().at(7100).tell(1, "leave", "bob").finds("stays");
    assert.deepEqual(dead().at(6900).tell(1, "leave", "bob").at(8000).put("calm").check(), []);
    const back = dead().at(3000).open(3, "bob", "connector-server-3").enter(3, 3, ["ada", "bob"]);
    assert.deepEqual(back.at(8000).put("calm").check(), []);
});

test("somebody seen to leave or come who only changed the connector", () => {
    const moved = (event) => {
        const one = story().at(1000).fault("drain", "connector", "connector-server-2").at(1100)
            .put("close", { conn: 2, by: "server", reason: "drain" });
        for (const what of event ? ["leave", "add"] : [])
            one.at(1200).tell(1, what, "bob");
        return one.at(1300).open(3, "bob", "connector-server-3")
            .enter(3, 3, ["ada", "bob"], { since: { offset: 3, epoch }, recovered: true, messages: [] }).at(9000).put("calm");
    };
    assert.deepEqual(moved(false).check(), []);
    assert.deepEqual(moved(true).check().map(({ what }) => what), ["seen_to_move", "seen_to_move"]); // leave, add
});

test("a cluster that does not become whole", () => {
    story().put("stuck", { reason: "chat-server-1 is starting" }).finds("stuck", "overlapping");
});

// ---- around it

test("an excerpt has what happened to the message, and the faults", () => {
    const told = story().at(1000).fault("kill", "chat").say(1, "ada", "a3").answer(1, "a3", 4);
    const [found] = told.check();
    assert.deepEqual(excerpt(told.entries, found).map(({ what }) => what).slice(-3), ["fault", "send", "ack"]);
});

test("dice throw the same for the same seed", () => {
    const throws = (dice) => [dice.throw(), dice.pick([1, 2, 3]), dice.shuffled([1, 2, 3, 4]), dice.fork().throw()];
    assert.deepEqual(throws(new Dice(7)), throws(new Dice(7)));
    assert.notDeepEqual(throws(new Dice(7)), throws(new Dice(8)));
});
