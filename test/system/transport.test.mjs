// tcp or ipc between the servers of one host: as the conf says.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, test } from "node:test";

import { Cluster, binaries, run } from "./support/cluster.mjs";
import { Crowd, end } from "./support/crowd.mjs";
import { until } from "./support/wait.mjs";

let cluster, crowd;
afterEach(async () => {
    await end(crowd, cluster);
    cluster = crowd = undefined;
});

async function prepare(keys, options) {
    cluster = await Cluster.prepare(options);
    await cluster.writeBroker(keys);
}

const peers = () => [...cluster.section.gate, ...cluster.section.connector, ...cluster.section.chat].map(({ id }) => id);
const nameOf = (port) => `@citron-127.0.0.1-${port}`;

/** Connections (and listeners) of this machine at the broker's abstract names. */
async function atItsNames() {
    const lines = (await readFile("/proc/net/unix", "utf8")).split("\n");
    const { port, pubPort } = cluster.section.broker[0];
    return lines.filter((line) => line.endsWith(` ${nameOf(port)}`) || line.endsWith(` ${nameOf(pubPort)}`));
}

/** Every server's way to the broker, each time it opened one. */
async function waysOf(id) {
    return [...(await cluster.log(id)).matchAll(/link\.up broker=(\S+)/g)].map(([, endpoint]) => endpoint);
}

async function peopleTalk() {
    crowd = await Crowd.gather(cluster, { rooms: 6 });
    crowd.talk();
    await crowd.allGoOn(3);
}

test("within one host servers take ipc, and again after the broker was killed", async () => {
    await prepare({});
    await cluster.run();
    const ipc = `ipc://${nameOf(cluster.section.broker[0].port)}`;
    await peopleTalk();
    for (const id of peers())
        assert.deepEqual(await waysOf(id), [ipc], id);
    assert.ok((await atItsNames()).length >= 2 + 7 + 3, "two listeners, seven links, a subscription per connector");

    await cluster.kill("broker-1", "SIGKILL");
    await until(async () => (await cluster.list()).filter((row) => row.state === "up").length === 8, "all are back", 15);
    await crowd.allGoOn(5);
    await crowd.check();
    crowd.checkNobodyMoved();
    for (const id of peers())
        assert.deepEqual(await waysOf(id), [ipc, ipc], id);
});

test("transport tcp: no server takes ipc, the broker does not listen on it", async () => {
    await prepare({ transport: "tcp" });
    await cluster.run();
    await peopleTalk();
    for (const id of peers())
        assert.deepEqual(await waysOf(id), [`tcp://127.0.0.1:${cluster.section.broker[0].port}`], id);
    assert.deepEqual(await atItsNames(), []);
    await crowd.check();
    assert.deepEqual(crowd.failed, []);
});

test("transport ipc: a chat server started by hand joins by it too", async () => {
    await prepare({ transport: "ipc" }, { connectors: 2, chats: 1 });
    await cluster.run();
    const fourth = cluster.spawnServer("chat", "--id", "chat-server-4");
    await until(() => cluster.isUp("chat-server-4"), () => fourth.err);
    await peopleTalk();
    assert.deepEqual(await waysOf("chat-server-4"), [`ipc://${nameOf(cluster.section.broker[0].port)}`]);
    await crowd.check();
    assert.deepEqual(crowd.failed, []);
});

test("a broker that listens by tcp only is found by servers that may choose", async () => {
    await prepare({ transport: "tcp" }, { connectors: 2, chats: 1 });
    await cluster.run();
    await cluster.writeBroker({ transport: "auto" });
    const fourth = cluster.spawnServer("chat", "--id", "chat-server-4");
    await until(() => cluster.isUp("chat-server-4"), () => fourth.err);
    assert.deepEqual(await waysOf("chat-server-4"), [`tcp://127.0.0.1:${cluster.section.broker[0].port}`]);
});

test("a taken name and a transport that is none are told with file and key", async () => {
    await prepare({ transport: "ipc" }, { connectors: 1, chats: 1 });
    await cluster.run();
    const conf = path.join(cluster.dir, "conf", "servers.json");
    const again = () => run(path.join(binaries, "citron-broker"), [...cluster.confOptions, "--run-dir", path.join(cluster.dir, "second")]);
    const { code, stderr } = await again();
    assert.equal(code, 2);
    assert.ok(stderr.includes(`${conf}: development.broker.port: ipc://${nameOf(cluster.section.broker[0].port)}: Address already in use\n`), stderr);

    await cluster.writeBroker({ transport: "udp" });
    const refused = await again();
    assert.equal(refused.code, 2);
    assert.ok(refused.stderr.includes(`${conf}: development.broker[0].transport: must be "auto", "tcp" or "ipc"\n`), refused.stderr);
});
