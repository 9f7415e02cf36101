// CURVE between the servers: who has a key is let in, who has none is not, and plain stays on this machine.
import assert from "node:assert/strict";
import { chmod, cp, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, test } from "node:test";

import { Cluster, binaries, python, root, run } from "./support/cluster.mjs";
import { Crowd, end } from "./support/crowd.mjs";
import { Member, secretOf } from "./support/member.mjs";
import { until } from "./support/wait.mjs";

let cluster, crowd;
afterEach(async () => {
    await end(crowd, cluster);
    cluster = crowd = undefined;
});

const roles = ["broker", "gate", "connector", "chat", "monitor"];
/** It has read keys that changed: so many peers' now. It may look while they are being written, and again. */
const brokerKnows = async (count) => (await cluster.log("broker-1")).includes(`keys.changed allowed=${count}\n`);
const keyFile = (name) => path.join(cluster.dir, "conf", "keys", name);
const counters = async (prefix) => Object.fromEntries(Object.entries(await cluster.stats("broker-1")).filter(([name]) => name.startsWith(prefix)));
const allUp = async () => (await cluster.list()).every((row) => row.state === "up");

async function prepareWithKeys(options) {
    cluster = await Cluster.prepare(options);
    await cluster.makeKeys();
}

/** A conf folder beside the cluster's, whose servers.json differs in the broker's line; its options. */
async function confWith(keys, name = "other") {
    const folder = path.join(cluster.dir, name);
    await cp(path.join(cluster.dir, "conf"), folder, { recursive: true });
    const section = structuredClone(cluster.section);
    Object.assign(section.broker[0], keys);
    await writeFile(path.join(folder, "servers.json"), JSON.stringify({ [cluster.env]: section }));
    return ["--conf", folder, "--env", cluster.env];
}

const server = (kind, ...options) => run(path.join(binaries, `citron-${kind}`), [...options, "--run-dir", path.join(cluster.dir, "alone")]);
const monitorOf = (...options) => cluster.spawn(path.join(root, "tools/zmq_monitor"), options);

for (const transport of ["ipc", "tcp"])
    test(`a cluster with keys runs, by ${transport}`, async () => {
        await prepareWithKeys({ connectors: 2, chats: 2 });
        await cluster.writeBroker({ transport });
        await cluster.run();
        crowd = await Crowd.gather(cluster, { rooms: 4 });
        crowd.talk();
        await crowd.allGoOn(5);
        await cluster.kill("chat-server-1", "SIGKILL");
        await until(() => cluster.isUp("chat-server-1"), "it is back, with its key", 15);
        await crowd.allGoOn(10);
        await crowd.check();
        assert.match(await cluster.log("chat-server-2"), new RegExp(`link\\.up broker=${transport}:`));
        const admitted = await counters("broker.admitted.");
        assert.ok(admitted["broker.admitted.gate"] >= 1 && admitted["broker.admitted.chat"] >= 3, JSON.stringify(admitted));
        assert.ok(admitted["broker.admitted.connector"] >= 4, "each for its requests and its broadcasts");
        assert.ok(admitted["broker.admitted.monitor"] >= 1, "the citron command");
        assert.deepEqual(await counters("broker.refused.wrong_role"), {});
    });

test("keygen makes a pair for each role, and never touches one that is there", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const made = await cluster.citron("keygen");
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /"keys": "keys"/, "what to write into servers.json");
    const all = await readdir(path.join(cluster.dir, "conf", "keys"));
    assert.deepEqual(all.sort(), roles.flatMap((role) => [`${role}.public`, `${role}.secret`]).sort());
    for (const role of roles) {
        assert.equal((await stat(keyFile(`${role}.secret`))).mode & 0o777, 0o600);
        assert.equal((await stat(keyFile(`${role}.public`))).mode & 0o777, 0o644);
    }
    const before = await readFile(keyFile("broker.secret"), "utf8");
    assert.ok(!made.stdout.includes(before.trim()), "a secret is never shown");

    await rm(keyFile("chat.secret")); // the others are there
    const again = await cluster.citron("keygen");
    assert.equal(again.code, 2);
    assert.equal(again.stderr, `citron: ${keyFile("broker.secret")}: exists already; to replace keys that are in use: citron keygen --rotate\n`);
    assert.equal(await readFile(keyFile("broker.secret"), "utf8"), before);
    assert.equal((await readdir(path.join(cluster.dir, "conf", "keys"))).length, all.length - 1, "nothing was made");
});

test("without keys nothing but loopback: one line with file and key, exit 2", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const why = "is no loopback address, so \"keys\" is needed beside it (citron keygen makes them)";
    for (const [broker, key, address] of [[{ bind: "0.0.0.0" }, "bind", "0.0.0.0"], [{ host: "0.0.0.0" }, "host", "0.0.0.0"],
        [{ bind: "*", transport: "ipc" }, "bind", "*"]]) {
        const options = await confWith(broker);
        const { code, stderr } = await server("broker", ...options);
        assert.equal(code, 2);
        assert.ok(stderr.trim().endsWith(`${options[1]}/servers.json: development.broker.${key}: ${address} ${why}`), stderr);
    }
    const options = await confWith({ host: "192.0.2.1" });
    for (const kind of ["gate", "connector", "chat"]) {
        const { code, stderr } = await server(kind, ...options);
        assert.equal(code, 2, kind);
        assert.ok(stderr.trim().endsWith(`${options[1]}/servers.json: development.broker.host: 192.0.2.1 ${why}`), stderr);
        assert.equal(stderr.trim().split("\n").length, 1, stderr);
    }
    await cluster.writeBroker({ bind: "0.0.0.0" });
    const started = await run(path.join(root, "tools/citron"), ["start", ...cluster.confOptions, "--bin-dir", binaries]);
    assert.equal(started.code, 2);
    assert.ok(started.stderr.includes(why), started.stderr);
});

test("with keys the broker may listen to everybody, its tap too", async () => {
    await prepareWithKeys({ connectors: 1, chats: 1 });
    await cluster.writeBroker({ host: "127.0.0.2", bind: "0.0.0.0" });
    await cluster.run();
    const { tapPort } = cluster.section.broker[0];
    const monitor = cluster.monitor(), sockets = cluster.monitor("--sockets");
    await until(() => / chat-server-1 /.test(monitor.out) && /joined +chat-server-1/.test(sockets.out), () => monitor.err + sockets.err);
    assert.equal(monitor.err, `zmq_monitor: listening at tcp://127.0.0.2:${tapPort}\n`);
    assert.ok(await allUp());
});

test("a key that is missing, or open to everybody, is told with its file", async () => {
    await prepareWithKeys({ connectors: 1, chats: 1 });
    for (const kind of ["broker", "gate", "connector", "chat"]) {
        await chmod(keyFile(`${kind}.secret`), 0o644);
        const open = await server(kind, ...cluster.confOptions);
        assert.equal(open.code, 2, open.stderr);
        assert.ok(open.stderr.trim().endsWith(`${keyFile(`${kind}.secret`)}: is open to every user of this machine: chmod 600`), open.stderr);
        await chmod(keyFile(`${kind}.secret`), 0o600);

        await rename(keyFile(`${kind}.secret`), keyFile("away"));
        const missing = await server(kind, ...cluster.confOptions);
        assert.equal(missing.code, 2, missing.stderr);
        assert.ok(missing.stderr.includes(`${keyFile(`${kind}.secret`)}: cannot be read: No such file or directory`), missing.stderr);
        await rename(keyFile("away"), keyFile(`${kind}.secret`));
    }
    await writeFile(keyFile("gate.public"), "no key at all\n");
    const bad = await server("broker", ...cluster.confOptions);
    assert.equal(bad.code, 2);
    assert.ok(bad.stderr.includes(`${keyFile("gate.public")}: line 1: is no key (40 characters of Z85)`), bad.stderr);

    await rm(keyFile("monitor.secret"));
    for (const [command, name] of [["citron", "citron"], ["zmq_monitor", "zmq_monitor"]]) {
        const told = await run(path.join(root, "tools", command), [...command === "citron" ? ["stats"] : [], ...cluster.confOptions]);
        assert.equal(told.code, 2);
        assert.equal(told.stderr, `${name}: ${keyFile("monitor.secret")}: cannot be read: No such file or directory (citron keygen makes keys)\n`);
    }
});

test("who has no key, or another's, stays outside, and those inside do not notice", async () => {
    await prepareWithKeys({ connectors: 2, chats: 1 });
    await cluster.run();
    crowd = await Crowd.gather(cluster, { rooms: 4 });
    crowd.talk();
    const plain = await confWith({ keys: undefined }, "plain");
    const swapped = await confWith({}, "swapped"); // a connector with a chat server's key
    for (const what of ["secret", "public"])
        await cp(keyFile(`chat.${what}`), path.join(swapped[1], "keys", `connector.${what}`));
    const forged = await confWith({ keys: "forged" }, "forged");
    assert.equal((await run(path.join(root, "tools/citron"), ["keygen", ...forged])).code, 0);
    await cp(keyFile("broker.public"), path.join(forged[1], "forged", "broker.public"));

    const alone = (kind, options, ...more) => cluster.spawn(path.join(binaries, `citron-${kind}`),
        [...options, "--run-dir", path.join(cluster.dir, "outside"), ...more]);
    const connector = ["--client-port", "0"];
    const outside = [alone("connector", plain, "--id", "c-plain", ...connector), alone("connector", swapped, "--id", "c-swapped", ...connector),
        alone("connector", forged, "--id", "c-forged", ...connector), alone("chat", plain, "--id", "s-plain"), alone("chat", forged, "--id", "s-forged")];
    await until(() => outside.every((one) => /link\.down/.test(one.err)), () => outside.map((one) => one.err).join("\n"));
    for (const [i, why] of [[0, "handshake"], [1, "key|wrong_role"], [2, "key"], [3, "handshake"], [4, "key"]])
        await until(() => new RegExp(`link\\.down broker=\\S+ refused=(${why}) \\(trying on\\)`).test(outside[i].err), () => outside[i].err);
    const { port, pubPort, tapPort } = cluster.section.broker[0];
    const script = path.join(path.dirname(fileURLToPath(import.meta.url)), "support/broker_garbage.py");
    const garbage = await run(python, [script, port, pubPort, tapPort]);
    assert.equal(garbage.code, 0, garbage.stderr);

    await crowd.allGoOn(5);
    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    crowd.checkNobodyMoved();
    assert.deepEqual((await cluster.list()).map((row) => row.id).sort(),
        ["broker-1", "chat-server-1", "connector-server-1", "connector-server-2", "gate-server-1"]);
    const denied = await counters("broker.denied.");
    assert.ok(denied["broker.denied.unknown_key"] > 0 && denied["broker.denied.stranger"] > 0, JSON.stringify(denied));
    assert.equal((await cluster.stats("broker-1"))["broker.undecodable"], 0, "nothing of it was read");
});

test("the monitor needs its key, and says what is wrong", async () => {
    await prepareWithKeys({ connectors: 1, chats: 1 });
    await cluster.run();
    const { tapPort } = cluster.section.broker[0], tap = `tcp://127.0.0.1:${tapPort}`;
    const plain = monitorOf(...await confWith({ keys: undefined }, "plain")), inside = cluster.monitor();
    const forged = await confWith({ keys: "forged" }, "forged");
    assert.equal((await run(path.join(root, "tools/citron"), ["keygen", ...forged])).code, 0);
    const astray = monitorOf(...forged);
    await cp(keyFile("broker.public"), path.join(forged[1], "forged", "broker.public"));
    const unknown = monitorOf(...forged);

    await until(() => /zmq_monitor: the broker at \S+ (asks|may ask) for a key; trying on\n/.test(plain.err), () => plain.err);
    await until(() => unknown.err.includes(`zmq_monitor: the broker at ${tap} does not let our key in; trying on\n`), () => unknown.err);
    await until(() => astray.err.includes(`zmq_monitor: the broker at ${tap} `), () => astray.err);
    await until(() => / chat-server-1 /.test(inside.out), () => inside.err);
    assert.equal(plain.out + unknown.out, "");
    const stats = await run(path.join(root, "tools/citron"), ["stats", ...await confWith({ keys: undefined }, "plain2")]);
    assert.equal(stats.code, 1);
    assert.match(stats.stderr, /no broker answers/);
});

test("keys are changed while people talk: rotate, restart the broker, retire", async () => {
    await prepareWithKeys({ connectors: 2, chats: 2 });
    await cluster.run();
    const before = await confWith({}, "before"); // as they were
    const monitor = cluster.monitor();
    await until(() => / chat-server-1 /.test(monitor.out), () => monitor.err);
    crowd = await Crowd.gather(cluster, { rooms: 4 });
    crowd.talk();
    await crowd.allGoOn(5);

    const rotated = await cluster.citron("keygen", "--rotate");
    assert.equal(rotated.code, 0, rotated.stderr);
    for (const role of roles) {
        assert.equal((await readFile(keyFile(`${role}.public`), "utf8")).trim().split("\n").length, 2, role);
        assert.equal((await stat(keyFile(`${role}.secret`))).mode & 0o777, 0o600);
    }
    await until(() => brokerKnows(8), "the broker has seen all of them, new and old");
    assert.ok((await counters("broker.keys_changed"))["broker.keys_changed"] >= 1);
    const late = cluster.spawnServer("chat", "--id", "chat-server-3"); // a new key, the broker's old one
    await until(() => cluster.isUp("chat-server-3"), () => late.err);
    await crowd.allGoOn(5);

    const restarted = await cluster.citron("restart", "broker-1");
    assert.equal(restarted.code, 0, restarted.stderr);
    await until(allUp, "all are back, with new keys", 15);
    await crowd.allGoOn(10);
    const retired = await cluster.citron("keygen", "--retire");
    assert.match(retired.stdout, /: 5 old keys are good no more/, retired.stderr);
    await until(() => brokerKnows(4), "the new broker has seen that");
    assert.ok((await counters("broker.keys_changed"))["broker.keys_changed"] >= 1);
    await crowd.allGoOn(5);
    await crowd.check();
    crowd.checkNobodyMoved();

    const shown = monitor.out.length;
    await until(() => / chat-server-1 /.test(monitor.out.slice(shown)), () => monitor.err, 10);
    const old = cluster.spawn(path.join(binaries, "citron-chat"), [...before, "--id", "s-old", "--run-dir", path.join(cluster.dir, "outside")]);
    await until(() => /link\.down/.test(old.err), () => old.err);
    assert.ok(await allUp());
    assert.ok(!(await cluster.list()).some((row) => row.id === "s-old"), "old keys open nothing");
});

test("the monitor shows no secret, and bodies only when asked", async () => {
    await prepareWithKeys({ connectors: 1, chats: 1 });
    await cluster.run();
    const bare = cluster.monitor(), json = cluster.monitor("--json"), bodies = cluster.monitor("--body");
    await until(() => [bare, json, bodies].every((one) => / ?chat-server-1/.test(one.out)), () => bare.err);
    const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "vault", { token });
    const { resumeKey } = ada.entered;
    await ada.send("only among us \u001b[31m", { token, resumeKey });
    await until(() => bodies.out.includes("only among us"), () => bodies.out);
    await until(() => [bare, json].every((one) => one.out.includes("chat.chatHandler.send")), "all show the call");
    await until(() => [bare, json].every((one) => /broadcast/.test(one.out)), "and the broadcast");

    const everything = [bare, json, bodies].map((one) => one.out + one.err).join("");
    assert.ok(!everything.includes(secretOf(resumeKey)) && !everything.includes(token), "neither key nor token");
    assert.ok(!bare.out.includes("among us") && !json.out.includes("among us"), "no bodies");
    assert.match(bodies.out, /<secret>/);
    for (const role of roles)
        assert.ok(!everything.includes((await readFile(keyFile(`${role}.secret`), "utf8")).trim()));
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(everything, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, "no control character but the line's end");
    ada.close();
});
