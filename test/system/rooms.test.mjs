// What goes beyond the original: several rooms, switching, history, users, signals.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Cluster } from "./support/cluster.mjs";
import { Member, queryEntry, refusal } from "./support/member.mjs";
import WebSocket from "ws";

let cluster;
before(async () => { cluster = await Cluster.start(); });
after(() => cluster?.stop());

const enter = (name, room, connector = 1, extra = {}) => Member.enter(cluster.connectorUrl(connector), name, room, extra);

test("the gate's answer leads to a connector", async () => {
    const { code, host, port } = await queryEntry(cluster.gateUrl, "ada", { WebSocket });
    assert.equal(code, 200);
    const ada = await Member.enter(`ws://${host}:${port}`, "ada", "by gate");
    assert.deepEqual(ada.entered.users, ["ada"]);
    ada.close();
});

test("an entry tells where the room stands", async () => {
    const ada = await enter("ada", "standing");
    assert.equal(ada.entered.rid, "standing");
    assert.equal(ada.entered.offset, 0);
    assert.equal(typeof ada.entered.epoch, "string");
    assert.match(ada.entered.resumeKey, /^[0-9a-f]{32}~[0-9a-f]{12}$/);

    const { offset, epoch, time } = await ada.send("first");
    const push = await ada.hears("first");
    assert.equal(offset, 1);
    assert.ok(Math.abs(time - Date.now()) < 60000);
    assert.deepEqual([push.offset, push.epoch, push.time, push.rid], [offset, epoch, time, "standing"]);
    ada.close();
});

test("one connection in two rooms: each message has its room, and a send must name one", async () => {
    const ada = await enter("ada", "red");
    const red = await enter("bob", "red", 2), blue = await enter("cy", "blue", 3);
    const joined = await ada.join("blue");
    assert.deepEqual(joined.users, ["cy", "ada"]);
    await blue.gets("onAdd", { user: "ada", rid: "blue" });

    await red.send("to red");
    await blue.send("to blue");
    assert.equal((await ada.hears("to red")).rid, "red");
    assert.equal((await ada.hears("to blue")).rid, "blue");

    assert.equal(await refusal(ada.send("where?")), "bad_request");
    await ada.send("here", { rid: "blue" });
    await blue.hears("here");
    await red.hears("to red");
    assert.deepEqual(red.heard(), ["to red"]);
    [ada, red, blue].forEach((one) => one.close());
});

test("leaving a room leaves that room only", async () => {
    const ada = await enter("ada", "stay");
    const bob = await enter("bob", "go", 2);
    await ada.join("go");
    await bob.gets("onAdd", { user: "ada" });

    await ada.leave("go");
    await bob.gets("onLeave", { user: "ada", rid: "go" });
    await bob.send("without ada");
    await bob.hears("without ada");
    await ada.send("still here");

    await ada.hears("still here");
    assert.deepEqual(ada.heard(), ["still here"]);
    assert.equal(await refusal(ada.leave("go")), "not_entered");
    [ada, bob].forEach((one) => one.close());
});

test("entering another room switches: out of the old one, on the same connection", async () => {
    const ada = await enter("ada", "old");
    const old = await enter("bob", "old", 2), fresh = await enter("cy", "new", 3);

    const answer = await ada.enter("ada", "new");

    assert.deepEqual(answer.users, ["cy", "ada"]);
    await old.gets("onLeave", { user: "ada", rid: "old" });
    await fresh.gets("onAdd", { user: "ada", rid: "new" });
    await fresh.send("welcome");
    await ada.hears("welcome");
    [ada, old, fresh].forEach((one) => one.close());
});

test("a refused switch leaves everything as it was", async () => {
    const ada = await enter("ada", "home");
    const other = await enter("ada", "taken", 2);
    const bob = await enter("bob", "home", 3);

    assert.equal(await refusal(ada.enter("ada", "taken")), "duplicate_user");

    await bob.send("still home?");
    await ada.hears("still home?");
    await ada.send("yes");
    assert.deepEqual(bob.of("onLeave"), []);
    assert.deepEqual(other.of("onAdd"), []);
    [ada, other, bob].forEach((one) => one.close());
});

test("the same name and room again on the same connection is a duplicate", async () => {
    const ada = await enter("ada", "again");
    assert.equal(await refusal(ada.enter("ada", "again")), "duplicate_user");
    await ada.send("alive");
    await ada.hears("alive");
    ada.close();
});

test("a name is free again when its user has left", async () => {
    const bob = await enter("bob", "reuse", 2);
    for (let i = 0; i < 5; ++i) {
        const ada = await enter("ada", "reuse", 1 + i % 3);
        ada.close();
        await bob.gets("onLeave", { user: "ada" });
        bob.pushes.length = 0;
    }
    assert.deepEqual((await bob.chat("users")).users, ["bob"]);
    bob.close();
});

test("history comes in pages, in order", async () => {
    const ada = await enter("ada", "archive");
    for (let i = 1; i <= 120; ++i)
        await ada.send(i);

    const newest = await ada.chat("history");
    const before = await ada.chat("history", { before: newest.messages[0].offset, limit: 100 });

    assert.deepEqual(newest.messages.map((message) => message.msg), Array.from({ length: 50 }, (_, i) => 71 + i));
    assert.equal(newest.more, true);
    assert.deepEqual(before.messages.map((message) => message.offset), Array.from({ length: 70 }, (_, i) => 1 + i));
    assert.equal(before.more, false);
    assert.equal(newest.epoch, before.epoch);
    assert.equal(await refusal(ada.chat("history", { limit: 101 })), "bad_request");
    ada.close();
});

test("whoever comes later reads what was said before", async () => {
    const ada = await enter("ada", "late");
    await ada.send({ any: ["JSON", 1.5, null, "ü"] });
    const bob = await enter("bob", "late", 2);
    const { messages } = await bob.chat("history");
    assert.equal(bob.entered.offset, 1);
    assert.deepEqual(messages.map(({ msg, from, offset }) => ({ msg, from, offset })),
        [{ msg: { any: ["JSON", 1.5, null, "ü"] }, from: "ada", offset: 1 }]);
    assert.deepEqual(bob.heard(), []);
    [ada, bob].forEach((one) => one.close());
});

test("users are listed in the order they joined, oneself last", async () => {
    const names = ["zoe", "ada", "mia", "bob"];
    const all = [];
    for (const [i, name] of names.entries())
        all.push(await enter(name, "roll", 1 + i % 3));
    for (const one of all)
        assert.deepEqual((await one.chat("users")).users, [...names.filter((name) => name !== one.name), one.name]);
    all.forEach((one) => one.close());
});

test("a signal reaches the room and is not kept", async () => {
    const ada = await enter("ada", "signals"), bob = await enter("bob", "signals", 2);
    await ada.chat("signal", { data: { typing: true } });
    const { from, data, rid } = await bob.gets("onSignal");
    assert.deepEqual({ from, data, rid }, { from: "ada", data: { typing: true }, rid: "signals" });
    assert.deepEqual((await bob.chat("history")).messages, []);
    [ada, bob].forEach((one) => one.close());
});

test("a resume brings exactly what was missed", async () => {
    const ada = await enter("ada", "resume"), bob = await enter("bob", "resume", 2);
    await bob.send("seen");
    const last = await ada.hears("seen");
    ada.close();
    await bob.gets("onLeave", { user: "ada" });
    await bob.send("missed 1");
    await bob.send("missed 2");

    const back = await enter("ada", "resume", 3,
        { since: { epoch: last.epoch, offset: last.offset }, resumeKey: ada.entered.resumeKey });

    assert.equal(back.entered.recovered, true);
    assert.deepEqual(back.entered.messages.map((message) => message.msg), ["missed 1", "missed 2"]);
    await bob.send("live");
    await back.hears("live");
    assert.deepEqual(back.heard(), ["live"]);
    [back, bob].forEach((one) => one.close());
});

/** Who has had an answer comes later than whom it was given to. */
test("a name is taken over at once from a connector whose clock is an hour ahead", async () => {
    const anHourOn = (Date.now() + 3_600_000).toString(16).padStart(12, "0");
    const ada = await enter("ada", "quick", 1, { resumeKey: `her own secret~${anHourOn}` });
    const bob = await enter("bob", "quick", 2);

    const again = await enter("ada", "quick", 3, { resumeKey: ada.entered.resumeKey });

    await ada.gets("kick", { reason: "replaced" });
    await bob.send("still here?");
    await again.hears("still here?");
    assert.deepEqual([...bob.of("onAdd"), ...bob.of("onLeave")], [], "nobody else notices");
    [again, bob].forEach((one) => one.close());
});

test("a resume from an unknown epoch is told so", async () => {
    const ada = await enter("ada", "unknown epoch");
    await ada.send("kept");
    const bob = await enter("bob", "unknown epoch", 2, { since: { epoch: "no such epoch", offset: 7 } });
    assert.equal(bob.entered.recovered, false);
    assert.deepEqual(bob.entered.messages.map((message) => message.msg), ["kept"]);
    [ada, bob].forEach((one) => one.close());
});

test("a private message is acknowledged, and in no history", async () => {
    const ada = await enter("ada", "private"), bob = await enter("bob", "private", 2);
    const answer = await ada.send("psst", { target: "bob" });
    assert.equal(answer.offset, undefined);
    assert.ok(answer.time > 0);
    const push = await bob.hears("psst");
    assert.equal(push.offset, undefined);
    assert.deepEqual((await bob.chat("history")).messages, []);
    assert.equal(await refusal(ada.send("psst", { target: "nobody" })), "no_such_user");
    [ada, bob].forEach((one) => one.close());
});

test("a room that everybody has left keeps its history while its server lives", async () => {
    const ada = await enter("ada", "empty");
    await ada.send("before");
    ada.close();
    const bob = await enter("bob", "empty", 2);
    const { offset } = await bob.send("after");
    assert.equal(offset, 2);
    assert.deepEqual((await bob.chat("history")).messages.map((message) => message.msg), ["before", "after"]);
    bob.close();
});
