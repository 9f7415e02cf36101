// Servers come and go while people talk.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Cluster } from "./support/cluster.mjs";
import { Crowd, end } from "./support/crowd.mjs";
import { Member } from "./support/member.mjs";
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

test("a chat server is killed: its rooms go on within 4 s, everybody stays a member", async () => {
    await talkingCluster({ restart: false });
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
});

test("rooms that the killed server did not own notice nothing", async () => {
    await talkingCluster({ restart: false });
    await cluster.kill("chat-server-1", "SIGKILL");
    await crowd.allGoOn(4);
    await crowd.quiet();
    crowd.rooms = crowd.rooms.filter((room) => room.members.every((member) => member.of("onReset").length === 0));
    await crowd.check();
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
    await bob.gets("onLeave", { user: "ada" });
    [ada, bob].forEach((one) => one.close());
});
