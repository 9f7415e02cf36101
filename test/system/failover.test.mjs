// Servers come and go while people talk.
import assert from "node:assert/strict";
import { rename, rm } from "node:fs/promises";
import { afterEach, test } from "node:test";

import { Cluster, isAlive } from "./support/cluster.mjs";
import { Crowd, end } from "./support/crowd.mjs";
import { Member, refusal } from "./support/member.mjs";
import { timed, until } from "./support/wait.mjs";

let cluster, crowd;
afterEach(async () => {
    await end(crowd, cluster);
    cluster = crowd = undefined;
});

async function talkingCluster(options) {
    cluster = await Cluster.start(options);
    crowd = await Crowd.gather(cluster);
    crowd.talk();
    await crowd.allGoOn();
}

const roomsOf = async (id) => (await cluster.stats(id))?.["rooms.open"] ?? 0;

test("a chat server started by hand takes its share of the rooms; nothing is lost or repeated", async () => {
    await talkingCluster();
    const fourth = cluster.spawnServer("chat", "--id", "chat-server-4");
    await until(() => cluster.isUp("chat-server-4"), () => `it is in the view\n${fourth.err}`);
    await until(async () => await roomsOf("chat-server-4") > 0, "it has rooms");
    await crowd.allGoOn(4);

    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    crowd.checkNobodyMoved();
    await crowd.checkMembers();
    assert.equal(await fourth.stop(), 0);
});

test("a chat server that ends by SIGTERM hands its rooms over: nothing is lost, repeated or refused", async () => {
    await talkingCluster({ restart: false });
    await cluster.kill("chat-server-1", "SIGTERM");
    await until(async () => !(await cluster.isUp("chat-server-1")), "it has ended");
    await crowd.allGoOn(4);

    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    crowd.checkNobodyMoved();
    await crowd.checkMembers();
});

test("a chat server comes, another goes, while everybody talks", async () => {
    await talkingCluster({ restart: false });
    cluster.spawnServer("chat", "--id", "chat-server-4");
    await until(() => cluster.isUp("chat-server-4"), "it is in the view");
    for (const id of ["chat-server-2", "chat-server-3"]) {
        await cluster.kill(id, "SIGTERM");
        await until(async () => !(await cluster.isUp(id)), `${id} has ended`);
    }
    await crowd.allGoOn(4);

    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    crowd.checkNobodyMoved();
});

test("a chat server is killed: its rooms go on within 4 s, and nothing is lost, repeated or refused", async () => {
    await talkingCluster({ restart: false });
    await cluster.kill("chat-server-1", "SIGKILL");
    assert.ok(await timed(() => crowd.allGoOn(4)) < 4);

    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    crowd.checkNobodyMoved();
    await crowd.checkMembers();
    for (const member of crowd.members)
        assert.deepEqual(member.of("onReset"), []);
});

test("with history in memory a killed chat server's rooms begin anew, and say so", async () => {
    await talkingCluster({ restart: false, chat: { durability: "memory" } });
    await cluster.kill("chat-server-1", "SIGKILL");
    assert.ok(await timed(() => crowd.allGoOn(4)) < 4);

    await crowd.quiet();
    crowd.checkNobodyMoved();
    await crowd.checkMembers();
    const survivors = crowd.rooms.filter((room) => room.members.every((member) => member.of("onReset").length === 0));
    const lost = crowd.rooms.filter((room) => !survivors.includes(room));
    assert.ok(survivors.length > 0 && lost.length > 0, `${survivors.length} rooms kept their server, ${lost.length} did not`);
    for (const room of lost)
        for (const member of room.members)
            assert.equal(member.of("onReset").length, 1, `${room.rid}: its history died with its server, said once`);
    crowd.rooms = survivors;
    await crowd.check();
});

test("every server is killed at once: all that was acknowledged is there when they are back", async () => {
    await talkingCluster({ chat: { historyMessages: 100_000 } });
    const pids = (await cluster.list()).map((row) => row.pid).filter((pid) => pid);
    for (const pid of pids)
        process.kill(pid, "SIGKILL");
    await crowd.quiet();
    const isBack = (row) => row.state === "up" && !pids.includes(row.pid);
    await until(async () => (await cluster.list().catch(() => [])).filter(isBack).length === 8, "all are back", 30);

    for (const { rid, accepted } of crowd.rooms) {
        const reader = await Member.enter(cluster.connectorUrl(1), "reader", rid);
        const stored = await everything(reader);
        assert.deepEqual(stored.map((one) => one.offset), stored.map((_, i) => i + 1), `${rid}: no hole`);
        assert.equal(new Set(stored.map((one) => one.msg)).size, stored.length, `${rid}: nothing twice`);
        assert.ok(accepted.length > 0);
        for (const { content, offset, epoch } of accepted)
            assert.deepEqual([stored[offset - 1]?.msg, stored[offset - 1]?.epoch], [content, epoch], `${rid}: at ${offset}`);
        reader.close();
    }
});

/** A room's whole history. */
async function everything(member) {
    let all = [], page;
    do {
        page = await member.chat("history", { limit: 100, ...(page ? { before: page.messages[0].offset } : {}) });
        all = [...page.messages, ...all];
    } while (page.more);
    return all;
}

test("a chat server that stands still in the middle of a commit is ended, so that the others can write", async () => {
    await talkingCluster({ restart: false });
    const id = "chat-server-1";
    const pid = await cluster.pidOf(id);
    let tries = 0;
    for (; ; ++tries) { // until it is caught with the lock
        assert.ok(tries < 300);
        process.kill(pid, "SIGSTOP");
        if (await cluster.historyLock() === pid)
            break;
        process.kill(pid, "SIGCONT");
    }
    assert.ok(await timed(() => crowd.allGoOn(4)) < 4);
    await until(() => !isAlive(pid), "it has been ended", 4);

    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    crowd.checkNobodyMoved();
    assert.match((await Promise.all([2, 3].map((n) => cluster.log(`chat-server-${n}`)))).join(), /history.lock_broken id=chat-server-1/);
});

test("a copy of the history, made while servers run, is a history that servers start with", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "copied");
    const last = await ada.send("in the copy");
    const copy = `${cluster.dir}/copy.db`;
    assert.deepEqual(await cluster.citron("backup", copy), { code: 0, stdout: `1 messages in ${copy}\n`, stderr: "" });
    assert.equal((await cluster.citron("backup", copy)).code, 2, "it overwrites nothing");
    ada.close();
    await cluster.supervisor.stop();

    for (const suffix of ["-wal", "-shm"])
        await rm(cluster.historyFile + suffix, { force: true });
    await rename(copy, cluster.historyFile);
    await cluster.run();
    const bob = await Member.enter(cluster.connectorUrl(1), "bob", "copied");
    const [only, ...more] = (await bob.chat("history")).messages;
    assert.deepEqual([only.msg, only.offset, more.length], ["in the copy", last.offset, 0]);
    assert.notEqual(only.epoch, last.epoch, "clients may have seen messages that the copy lacks");
    bob.close();
});

test("somebody else locks the history: senders are told, and when it is free again all goes on", async () => {
    cluster = await Cluster.start({ chats: 1, restart: false });
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "locked");
    await ada.send("before");
    const holder = await cluster.holdHistory();
    assert.equal(await refusal(ada.send("meanwhile")), "unavailable");
    assert.deepEqual((await ada.chat("history")).messages.map((one) => one.msg), ["before"], "it can be read");
    assert.ok(isAlive(holder.pid), "a stranger is never ended");
    await holder.release();
    const { offset } = await ada.send("after");
    assert.equal(offset, 2);
    await ada.hears("after");
    await until(async () => /history.recovered/.test(await cluster.log("chat-server-1")), "that is in its log");
    const log = await cluster.log("chat-server-1");
    assert.equal(log.match(/history.unavailable/g).length, 1);
    assert.equal(log.match(/history.recovered/g).length, 1);
    ada.close();
});

test("a client says a message again under its cid, to a new owner and on a new connection: it is there once", async () => {
    cluster = await Cluster.start({ restart: false });
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "again");
    const bob = await Member.enter(cluster.connectorUrl(2), "bob", "again");
    const first = await ada.send("once", { cid: "c-1" });
    assert.deepEqual(await ada.send("once", { cid: "c-1" }), first);
    const servers = ["chat-server-1", "chat-server-2", "chat-server-3"];
    const rooms = await Promise.all(servers.map(roomsOf));
    await cluster.kill(servers[rooms.findIndex((count) => count > 0)], "SIGKILL");
    assert.deepEqual(await ada.send("once", { cid: "c-1" }), first, "its next owner knows it");

    ada.close();
    await bob.gets("onLeave", { user: "ada" });
    const again = await Member.enter(cluster.connectorUrl(2), "ada", "again", { resumeKey: ada.entered.resumeKey });
    assert.deepEqual(await again.send("once", { cid: "c-1" }), first, "another connector, the same client");
    const other = await bob.send("once", { cid: "c-1" });
    assert.equal(other.offset, first.offset + 1, "another client's name for another message");
    assert.deepEqual((await again.chat("history")).messages.map((one) => one.from), ["ada", "bob"]);
    await bob.gets("onChat", { from: "bob" });
    assert.equal(bob.of("onChat").length, 2);
    [again, bob].forEach((one) => one.close());
});

test("a connector is killed: its users leave within 6 s, the others stay", async () => {
    await talkingCluster({ restart: false });
    const gone = new Set(crowd.members.filter((member) => member.connected));
    await cluster.kill("connector-server-1", "SIGKILL");
    await until(() => crowd.members.some((member) => !member.connected), "connections close");
    const seconds = await timed(() => until(() => crowd.rooms.every((room) => {
        const left = room.members.filter((member) => !member.connected);
        const here = room.members.filter((member) => member.connected);
        return here.every((member) => left.every((one) => member.of("onLeave").some((push) => push.user === one.name)));
    }), "everybody is told who has left", 6));
    assert.ok(seconds < 6);
    assert.ok([...gone].some((member) => !member.connected));

    await crowd.allGoOn(2);
    await crowd.check();
    await crowd.checkMembers();
    for (const room of crowd.rooms)
        for (const member of room.members.filter((one) => one.connected))
            assert.equal(member.of("onLeave").length, room.members.filter((one) => !one.connected).length, "each once");
});

test("the gate names only living connectors within 3 s", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 1, restart: false });
    await cluster.kill("connector-server-1", "SIGKILL");
    const gate = await Member.connect(cluster.gateUrl);
    const ports = async () => new Set(await Promise.all(Array.from({ length: 40 }, async (_, i) =>
        (await gate.client.request("gate.gateHandler.queryEntry", { uid: `user${i}` })).port)));
    await until(async () => !(await ports()).has(cluster.connectorPort(1)), "the dead one is not named any more", 3);
    assert.deepEqual([...await ports()], [cluster.connectorPort(2)]);
    gate.close();
});

test("the broker is killed and started again: clients stay connected, nothing is lost", async () => {
    await talkingCluster();
    await cluster.kill("broker-1", "SIGKILL");
    await until(async () => (await cluster.list()).filter((row) => row.state === "up").length === 8, "all are back", 15);
    await crowd.allGoOn(5);

    await crowd.check();
    assert.ok(crowd.members.every((member) => member.connected));
    crowd.checkNobodyMoved();
    await crowd.checkMembers();
});

test("a connector that ends by SIGTERM tells its clients why", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 1, restart: false });
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "drain");
    const bob = await Member.enter(cluster.connectorUrl(2), "bob", "drain");
    await cluster.kill("connector-server-1", "SIGTERM");
    await ada.gets("kick", { reason: "drain" });
    await until(() => bob.of("onLeave").some(({ user }) => user === "ada"), "who does not come back is shown as gone", 8);
    [ada, bob].forEach((one) => one.close());
});

test("who was told to move comes back with its key unseen; a stock client of that name as one who left", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 1, restart: false });
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "drain");
    const cy = await Member.enter(cluster.connectorUrl(1), "cy", "drain");
    const bob = await Member.enter(cluster.connectorUrl(2), "bob", "drain");
    const { offset, epoch } = await ada.send("before");
    await cluster.kill("connector-server-1", "SIGTERM");
    await Promise.all([ada, cy].map((one) => one.gets("kick", { reason: "drain" })));
    await bob.send("meanwhile");

    const { resumeKey } = ada.entered;
    const again = await Member.enter(cluster.connectorUrl(2), "ada", "drain", { resumeKey, since: { offset, epoch } });
    assert.deepEqual([again.entered.recovered, again.entered.messages.map((one) => one.msg)], [true, ["meanwhile"]]);
    const stock = await Member.enter(cluster.connectorUrl(2), "cy", "drain");
    await again.send("after");
    await bob.hears("after");
    assert.deepEqual(bob.of("onLeave").map(({ user }) => user), ["cy"]);
    assert.deepEqual(bob.of("onAdd").map(({ user }) => user), ["cy"]);
    [ada, cy, bob, again, stock].forEach((one) => one.close());
});
