// The commands of the README, as scripts outside the project rely on them.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, test } from "node:test";

import { Cluster, root } from "./support/cluster.mjs";
import { Member } from "./support/member.mjs";
import { until } from "./support/wait.mjs";

let cluster;
afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
});

/** make run-cluster on the cluster's own conf folder, until it says that it is ready. */
async function make(variables, environment = {}) {
    const { MAKEFLAGS, MAKELEVEL, MFLAGS, ...env } = process.env; // of the make that runs us
    const made = cluster.spawn("/usr/bin/make", ["-f", "Makefile.dev", "run-cluster", `CONF=${path.join(cluster.dir, "conf")}`, ...variables],
        { cwd: root, env: { ...env, ...environment } });
    const ready = `cluster ready: http://127.0.0.1:${cluster.httpPort}/`;
    await until(() => made.out.split("\n").includes(ready) || !made.running, () => `${made.out}${made.err}`, 120);
    assert.ok(made.running, made.err);
    assert.equal(made.out.split("\n").filter((line) => line === ready).length, 1);
    return made;
}

const has = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };

async function allUp(count) {
    const rows = await cluster.list();
    assert.equal(rows.filter((row) => row.state === "up").length, count, JSON.stringify(rows));
    return rows;
}

test("make run-cluster runs every server and says so; SIGTERM to make ends them all", async () => {
    cluster = await Cluster.prepare();
    const made = await make([]);
    const rows = await allUp(8);
    const commands = await Promise.all(rows.map((row) => readFile(`/proc/${row.pid}/cmdline`, "utf8")));
    for (const [i, row] of rows.entries())
        assert.match(commands[i], new RegExp(`^build/bin/citron-${row.kind}\0.*--id\0${row.id}\0`));
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "front door");
    await ada.send("hello");
    await ada.hears("hello");

    made.signal("SIGTERM");
    await ada.gets("kick", { reason: "drain" });
    await made.ended;
    assert.deepEqual(rows.filter((row) => has(row.pid)), []);
    assert.doesNotMatch(made.err, /killed|did not/);
    for (const row of rows)
        assert.match(await cluster.log(row.id), /process\.stopping/, row.id);
    ada.close();
});

test("ENV and RESTART may be variables of make", async () => {
    cluster = await Cluster.prepare({ env: "production", connectors: 1, chats: 2, chat: { identity: "none" } });
    const made = await make(["ENV=production", "RESTART=no"]);
    await checkLeavesTheDead(made);
});

test("ENV and RESTART may come from the environment", async () => {
    cluster = await Cluster.prepare({ env: "production", connectors: 1, chats: 2, chat: { identity: "none" } });
    const made = await make([], { ENV: "production", RESTART: "no" });
    await checkLeavesTheDead(made);
});

async function checkLeavesTheDead(made) {
    await allUp(5);
    await cluster.kill("chat-server-1", "SIGKILL");
    await until(() => /chat-server-1 has ended \(signal 9\); it is not started again/.test(made.err), () => made.err);
    assert.equal((await cluster.list()).find((row) => row.id === "chat-server-1").state, "dead");
}

test("the README's client runs as it stands", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const readme = await readFile(path.join(root, "README.md"), "utf8");
    const example = readme.match(/```js\n(.*?)```/s)[1]
        .replace("ws://127.0.0.1:3014", cluster.gateUrl)
        .replace('"./client.js"', JSON.stringify(path.join(root, "www/client.js")))
        .replace('"ws"', JSON.stringify(path.join(root, "test/node_modules/ws/wrapper.mjs")));
    const folder = await mkdtemp(path.join(os.tmpdir(), "citron-readme-"));
    try {
        const file = path.join(folder, "example.mjs");
        await writeFile(file, example);
        const client = cluster.spawn(process.execPath, [file]);
        await until(() => client.out === "ada hello\n" || !client.running, () => `${client.out}${client.err}`);
        assert.equal(client.out, "ada hello\n", client.err);
    } finally {
        await rm(folder, { recursive: true });
    }
});
