// The commands an operator uses: citron, zmq_monitor, environments, configurations and their mistakes.
import assert from "node:assert/strict";
import { mkdir, symlink, unlink, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, test } from "node:test";

import { Cluster, binaries, python, root, run } from "./support/cluster.mjs";
import { Crowd } from "./support/crowd.mjs";
import { Member } from "./support/member.mjs";
import { close } from "./support/ports.mjs";
import { timed, until } from "./support/wait.mjs";

let cluster;
afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
});

const allFour = ["broker-1", "gate-server-1", "connector-server-1", "chat-server-1"];
const untilThere = (file) => `while [ ! -e ${file} ]; do sleep 0.1; done\nexec "$real" "$@"`;

/** Also while there is nobody yet whom the list could be asked of. */
const hasCome = (id) => cluster.isUp(id).catch(() => false);

/** citron start on a configuration that cannot work. */
function startFails(...more) {
    return run(path.join(root, "tools/citron"), ["start", ...cluster.confOptions, "--bin-dir", binaries, ...more]);
}

async function twoCanChat(one = 1, two = 2) {
    const ada = await Member.enter(cluster.connectorUrl(one), "ada", "ops");
    const bob = await Member.enter(cluster.connectorUrl(two), "bob", "ops");
    await ada.send("hello");
    await bob.hears("hello");
    [ada, bob].forEach((member) => member.close());
}

test("start says one line on stdout, list shows every server, Ctrl-C ends all", async () => {
    cluster = await Cluster.start();
    assert.equal(cluster.supervisor.out, `cluster ready: ${cluster.webUrl}\n`);

    const rows = await cluster.list();
    assert.deepEqual(rows.map((row) => row.id).sort(), ["broker-1", "chat-server-1", "chat-server-2", "chat-server-3",
        "connector-server-1", "connector-server-2", "connector-server-3", "gate-server-1"]);
    assert.ok(rows.every((row) => row.state === "up" && row.rss > 0 && row.uptime >= 0), JSON.stringify(rows));
    const { stdout } = await cluster.citron("list");
    assert.match(stdout, /^ID +KIND +STATE +PID/);
    assert.match(stdout, /connector-server-2 +connector +up/);

    assert.equal(await cluster.supervisor.stop("SIGINT"), 0);
    for (const row of rows)
        assert.throws(() => process.kill(row.pid, 0), { code: "ESRCH" }, `${row.id} has ended`);
});

test("every server ends with exit 0 and its log says so", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    assert.equal(await cluster.supervisor.stop("SIGTERM"), 0);
    assert.doesNotMatch(cluster.supervisor.err, /killed|has ended \(|did not/);
    for (const id of allFour)
        assert.match(await cluster.log(id), /process\.stopping/, id);
});

test("gate, connectors, chat servers, broker end in this order, each kind when the one before is gone", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 2 });
    await cluster.supervisor.stop("SIGTERM");
    const when = async (id, event) => (await cluster.log(id)).match(new RegExp(`^(\\S+) .*${event}`, "m"))[1];
    const groups = [["gate-server-1"], ["connector-server-1", "connector-server-2"], ["chat-server-1", "chat-server-2"], ["broker-1"]];
    let before = "";
    for (const group of groups) {
        const times = await Promise.all(group.map((id) => when(id, "process.stopping")));
        assert.ok(times.every((time) => time > before), `${group} ${times} after ${before}`);
        before = times.sort().at(-1);
    }
});

test("a server that does not end as it should is told", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const folder = await cluster.binariesWith("gate", 'trap "kill -TERM \\$!; wait; exit 3" TERM\n"$real" "$@" &\nwait');
    await cluster.run(["--bin-dir", folder]);
    await cluster.supervisor.stop("SIGTERM");
    assert.match(cluster.supervisor.err, /gate-server-1 was to end in order and did not \(exit 3\)/);
});

test("a second Ctrl-C ends everything at once", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const rows = await cluster.list();
    await cluster.kill("gate-server-1", "SIGSTOP"); // will not end by itself
    const ended = timed(() => cluster.supervisor.ended);
    cluster.supervisor.signal("SIGINT");
    const again = setInterval(() => cluster.supervisor.signal("SIGINT"), 600);
    assert.ok(await ended < 6);
    clearInterval(again);
    assert.equal(cluster.supervisor.code, 130);
    for (const row of rows)
        assert.throws(() => process.kill(row.pid, 0), { code: "ESRCH" }, `${row.id} has ended`);
});

test("no server outlives a killed supervisor", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const rows = await cluster.list();
    await cluster.supervisor.stop("SIGKILL");
    const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
    await until(() => rows.every((row) => !alive(row.pid)), "they have ended");
});

test("list counts sessions and rooms", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "counted");
    const row = async (id) => (await cluster.list()).find((one) => one.id === id);
    assert.equal((await row("connector-server-1")).sessions, 1);
    assert.equal((await row("chat-server-1")).rooms, 1);
    ada.close();
    await until(async () => (await row("connector-server-1")).sessions === 0, "the session is gone");
});

test("stats prints the counters of every server", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const { code, stdout } = await cluster.citron("stats");
    assert.equal(code, 0);
    for (const id of ["broker-1", "gate-server-1", "connector-server-1", "chat-server-1"])
        assert.match(stdout, new RegExp(`^${id} pid \\d+$`, "m"));
    const unknown = await cluster.citron("stats", "nobody");
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /nobody does not answer/);
});

test("add starts one more of a kind, stop ends it, and it stays ended", async () => {
    cluster = await Cluster.start({ chats: 1 });
    const chat = await cluster.citron("add", "chat");
    assert.match(chat.stdout, /^chat-server-2 is up \(pid \d+\)\n$/, chat.stderr);
    const connector = await cluster.citron("add", "connector");
    const [, port] = connector.stdout.match(/^connector-server-4 is up \(pid \d+, port (\d+)\)\n$/);
    const ada = await Member.enter(`ws://127.0.0.1:${port}`, "ada", "added");
    assert.deepEqual(ada.entered.users, ["ada"]);

    const again = await cluster.citron("add", "chat", "--id", "chat-server-2");
    assert.equal(again.code, 1);
    assert.match(again.stderr, /chat-server-2 is already running/);

    const stopped = await cluster.citron("stop", "chat-server-2");
    assert.equal(stopped.stdout, "chat-server-2 has ended (exit 0)\n");
    assert.equal((await cluster.list()).find((row) => row.id === "chat-server-2").state, "stopped");
    await ada.send("still here");
    await ada.hears("still here");
    const twice = await cluster.citron("stop", "chat-server-2");
    assert.equal(twice.code, 1);
    assert.match((await cluster.citron("stop", "nobody")).stderr, /nobody: no such server/);
    ada.close();
});

test("a chat server that is slow to come is waited for", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const go = path.join(cluster.dir, "go");
    const running = cluster.run(["--bin-dir", await cluster.binariesWith("chat", untilThere(go))]);
    await until(async () => await hasCome("connector-server-1") && await hasCome("gate-server-1"), "the others are up");
    assert.equal(cluster.supervisor.out, "");
    await writeFile(go, "");
    await running;
});

test("add waits for a server that is slow to come", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const go = path.join(cluster.dir, "go");
    const wait = `case "$*" in *chat-server-2*) ;; *) exec "$real" "$@";; esac\n${untilThere(go)}`;
    await cluster.run(["--bin-dir", await cluster.binariesWith("chat", wait)]);
    const adding = cluster.citron("add", "chat");
    await until(async () => (await cluster.list()).some((row) => row.id === "chat-server-2" && row.state === "starting"), "it starts");
    await writeFile(go, "");
    const { code, stdout, stderr } = await adding;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^chat-server-2 is up/);
});

test("a server that dies is started again, and joins again", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 2 });
    const pid = await cluster.pidOf("chat-server-1");
    process.kill(pid, "SIGKILL");
    await until(async () => (await cluster.list()).some((row) =>
        row.id === "chat-server-1" && row.state === "up" && row.pid !== pid && row.restarts === 1), "it is up again");
    assert.match(cluster.supervisor.err, /chat-server-1 has ended \(signal 9\); again in 1 s/);
});

test("each restart waits twice as long as the one before; a binary that is missing is an end like any other", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 2 });
    const folder = await cluster.binariesWith("gate", 'exec "$real" "$@"');
    await cluster.run(["--bin-dir", folder]);
    await cluster.kill("chat-server-1", "SIGKILL");
    await unlink(path.join(folder, "citron-chat"));
    const says = (line) => until(() => cluster.supervisor.err.includes(`citron: chat-server-1 ${line}\n`), () => `${line}\n${cluster.supervisor.err}`);
    await says("has ended (signal 9); again in 1 s");
    await says("cannot be started (No such file or directory); again in 2 s");
    await symlink(path.join(binaries, "citron-chat"), path.join(folder, "citron-chat"));
    await until(() => cluster.isUp("chat-server-1"), "it is up again");
    await cluster.kill("chat-server-1", "SIGKILL");
    await says("has ended (signal 9); again in 4 s");
    assert.ok(cluster.supervisor.running);
});

test("a terminal that has gone away ends nothing", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 2 });
    cluster.supervisor.child.stderr.destroy(); // from now on, writing there fails
    await cluster.kill("chat-server-1", "SIGKILL");
    await until(async () => (await cluster.list()).some((row) => row.id === "chat-server-1" && row.state === "up" && row.restarts === 1),
        "it is up again");
    await twoCanChat(1, 1);
    assert.equal(await cluster.supervisor.stop(), 0);
});

test("a mistake of the supervisor itself still ends all servers in order", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const script = `
import sys
sys.path.insert(0, ${JSON.stringify(path.join(root, "tools"))})
from citronctl import commands, supervisor
def fail(self):
    if self.ready:
        raise RuntimeError("a test")
supervisor.Supervisor._answer_waiting = fail
sys.exit(commands.main())`;
    const started = cluster.spawn(python, ["-B", "-c", script, "start", ...cluster.confOptions, "--bin-dir", binaries]);
    assert.equal(await started.ended, 1);
    assert.match(started.err, /RuntimeError: a test/);
    assert.doesNotMatch(started.err, /killed|did not/);
    for (const id of allFour)
        assert.match(await cluster.log(id), /process\.stopping/, id);
});

test("no request to the supervisor ends it", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const ask = (text) => new Promise((resolve, reject) => {
        const line = net.connect(path.join(cluster.dir, "run/citron.sock"), () => line.end(`${text}\n`));
        let answer = "";
        line.on("data", (data) => { answer += data; }).on("close", () => resolve(answer)).on("error", reject);
    });
    for (const request of [{ command: [] }, { command: "stop", id: {} }, { command: "add", kind: "gate" }, { command: "add" },
        { command: "add", kind: "chat", id: "a b" }, { command: "add", kind: "connector", port: "x" }, { command: "dance" }])
        assert.ok(JSON.parse(await ask(JSON.stringify(request))).error, JSON.stringify(request));
    for (const request of ["", "nonsense", "[]", "7"])
        assert.equal(await ask(request), "");
    assert.equal((await cluster.list()).filter((row) => row.state === "up").length, 4);
});

test("a supervisor that hangs up is one clear line", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    await mkdir(path.join(cluster.dir, "run"));
    const rude = net.createServer({ pauseOnConnect: true }, (line) => setTimeout(() => line.destroy(), 200)); // unread: a reset
    await new Promise((resolve) => rude.listen(path.join(cluster.dir, "run/citron.sock"), resolve));
    for (const command of [["list"], ["stop", "x"], ["add", "chat"]]) {
        const { code, stdout, stderr } = await cluster.citron(...command);
        assert.deepEqual([code, stdout, stderr], [1, "", "citron: the supervisor ended before it answered\n"], command[0]);
    }
    await close(rude);
});

test("a reader that goes away ends a command without a word", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    for (const command of ["list", "stats"]) {
        const piped = `{ sleep 0.5; ${root}/tools/citron ${command} ${cluster.confOptions.join(" ")}; echo $? >&2; } | true`;
        assert.equal((await run("/bin/bash", ["-c", piped])).stderr, "0\n", command);
    }
});

test("a run folder that cannot be written is one clear line, exit 2", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const { code, stdout, stderr } = await startFails("--run-dir", "/proc/citron");
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^citron: \/proc\/citron\S*: .+\n$/);
    for (const kind of ["broker", "gate", "connector", "chat"]) {
        const server = cluster.spawn(path.join(binaries, `citron-${kind}`), [...cluster.confOptions, "--run-dir", "/proc/citron"]);
        assert.equal(await server.ended, 2, kind);
        assert.match(server.err, /^[^\n]*\/proc\/citron\/logs\/\S+\.log: cannot be written: [^\n]+\n$/, kind);
    }
});

test("RESTART=no leaves a dead server dead", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 2, restart: false });
    await cluster.kill("chat-server-1", "SIGKILL");
    await until(async () => (await cluster.list()).some((row) => row.id === "chat-server-1" && row.state === "dead"), "it is dead");
});

test("a second start in the same folder is refused", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const { code, stderr } = await startFails();
    assert.equal(code, 2);
    assert.match(stderr, /a cluster is already running in/);
});

test("without a cluster, the commands say so", async () => {
    cluster = await Cluster.prepare();
    for (const command of [["list"], ["stats"], ["stop", "x"], ["add", "chat"]]) {
        const { code, stdout, stderr } = await cluster.citron(...command);
        assert.deepEqual([code, stdout], [1, ""], command[0]);
        assert.match(stderr, /^citron: no .*\n$/);
    }
});

test("a taken port is named with its key, and nothing is started", async () => {
    cluster = await Cluster.prepare();
    const taken = net.createServer();
    await new Promise((resolve) => taken.listen(cluster.connectorPort(2), "127.0.0.1", resolve));
    const { code, stdout, stderr } = await startFails();
    await close(taken);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, new RegExp(
        `servers.json: development.connector\\[1\\].clientPort: port ${cluster.connectorPort(2)} is already in use`));
});

test("a server whose port is taken says so and exits 2", async () => {
    cluster = await Cluster.prepare();
    const taken = net.createServer();
    await new Promise((resolve) => taken.listen(cluster.connectorPort(1), "127.0.0.1", resolve));
    const connector = cluster.spawnServer("connector", "--id", "connector-server-1");
    assert.equal(await connector.ended, 2);
    await close(taken);
    assert.match(connector.err, new RegExp(`${cluster.connectorPort(1)}`));
});

const broken = {
    "no JSON": ["{ nonsense", /servers\.json: line 1/],
    "not an object": ["[]", /servers\.json/],
    "another environment": ['{"production": {}}', /servers\.json.*development/],
    "a port that is a text": [(c) => { c.connector[1].clientPort = "3050"; }, /development\.connector\[1\]\.clientPort/],
    "a port out of range": [(c) => { c.gate[0].clientPort = 70000; }, /development\.gate\[0\]\.clientPort/],
    "a number beyond all bounds": ['{"development": {"broker": {"port": 1e999}}}', /servers\.json/],
    "an id that is missing": [(c) => { delete c.chat[2].id; }, /development\.chat\[2\]\.id/],
    "an id twice": [(c) => { c.chat[1].id = "chat-server-1"; }, /development\.chat\[1\]\.id/],
    "a port twice": [(c) => { c.connector[0].clientPort = c.gate[0].clientPort; }, /development/],
    "no broker": [(c) => { delete c.broker; }, /development\.broker/],
    "a kind that does not exist": [(c) => { c.master = []; }, /master/],
    "a list that is none": [(c) => { c.chat = {}; }, /development\.chat/],
    "a host that is a number": [(c) => { c.chat[0].host = 7; }, /development\.chat\[0\]\.host/],
};
for (const [what, [change, expected]] of Object.entries(broken))
    test(`servers.json with ${what}: one line names file and key, exit 2`, async () => {
        cluster = await Cluster.prepare();
        if (change instanceof Function)
            change(cluster.section);
        await cluster.write("servers.json", change instanceof Function ? { development: cluster.section } : change);
        const server = cluster.spawnServer("broker");
        for (const { code, stdout, stderr } of [await startFails(), { code: await server.ended, stdout: "", stderr: server.err }]) {
            assert.deepEqual([code, stdout], [2, ""], stderr);
            assert.match(stderr, expected);
            assert.ok(stderr.includes("servers.json"), stderr);
        }
        assert.equal(server.err.trim().split("\n").length, 1);
    });

test("chat.json with a mistake: one line names file and key, and the start ends with exit 2", async () => {
    cluster = await Cluster.prepare();
    await cluster.write("chat.json", { heartbeatMs: "soon" });
    const { code, stdout, stderr } = await startFails();
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /chat\.json: heartbeatMs/);
});

test("missing binaries are said before anything starts", async () => {
    cluster = await Cluster.prepare();
    const { code, stderr } = await startFails("--bin-dir", "/nonexistent");
    assert.equal(code, 2);
    assert.match(stderr, /citron-broker is missing: make -f Makefile.dev build/);
});

test("without a broker a server keeps trying, and says so once", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const chat = cluster.spawnServer("chat", "--id", "chat-server-1");
    await until(() => /broker/.test(chat.err), () => `it says so\n${chat.err}`);
    const connector = cluster.spawnServer("connector", "--id", "connector-server-1");
    await until(() => /broker/.test(connector.err), "so does the connector");
    const lines = () => chat.err.split("\n").filter((line) => /^\S+ [WE] /.test(line));
    const broker = cluster.spawnServer("broker");
    await until(() => hasCome("chat-server-1"), "it has joined");
    await until(() => hasCome("connector-server-1"), "so has the connector");
    assert.equal(lines().length, 1, chat.err);
    assert.match(lines()[0], / W chat-server-1 link\.down no broker at tcp:/);
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "patience");
    assert.deepEqual(ada.entered.users, ["ada"]);
    ada.close();
    for (const server of [connector, chat, broker])
        assert.equal(await server.stop(), 0, server.err);
});

test("ENV=production runs its own section", async () => {
    cluster = await Cluster.start({ env: "production", connectors: 2, chats: 1, chat: { identity: "none" } });
    await twoCanChat();
});

test("a broker on another address than loopback: the monitor finds its tap", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    await cluster.writeBroker({ host: "127.0.0.2" });
    await cluster.run();
    const monitor = cluster.monitor(), sockets = cluster.monitor("--sockets");
    await until(() => / chat-server-1 /.test(monitor.out) && /joined +chat-server-1/.test(sockets.out), () => monitor.err + sockets.err);
    assert.equal((await cluster.list()).filter((row) => row.state === "up").length, 4);
});

const ipv6 = Object.values(os.networkInterfaces()).flat().some((one) => one.address === "::1");
test("a cluster on IPv6", { skip: !ipv6 }, async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    for (const line of Object.values(cluster.section).flat())
        line.host = "::1";
    await cluster.write("servers.json", { development: cluster.section });
    const started = cluster.spawn(path.join(root, "tools/citron"), ["start", ...cluster.confOptions, "--bin-dir", binaries]);
    await until(() => started.out === `cluster ready: http://[::1]:${cluster.httpPort}/\n` || !started.running, () => started.err);
    assert.ok(started.running, started.err);
    const ada = await Member.enter(`ws://[::1]:${cluster.connectorPort(1)}`, "ada", "six");
    await ada.send("hello");
    await ada.hears("hello");
    ada.close();
});

test("without a gate the first connector serves the web chat", async () => {
    cluster = await Cluster.start({ gate: false, connectors: 2, chats: 1 });
    const where = await (await fetch(`${cluster.webUrl}citron.json`)).json();
    assert.deepEqual(where, { connector: { host: "", port: cluster.connectorPort(1) } });
    assert.equal((await fetch(cluster.webUrl)).status, 200);
    await twoCanChat();
});

test("connectors may take any free port", async () => {
    cluster = await Cluster.prepare({ connectors: 2, chats: 1 });
    for (const line of cluster.section.connector)
        line.clientPort = 0;
    await cluster.write("servers.json", { development: cluster.section });
    await cluster.run();
    const gate = await Member.connect(cluster.gateUrl);
    const { port } = await gate.client.request("gate.gateHandler.queryEntry", { uid: "ada" });
    const ada = await Member.enter(`ws://127.0.0.1:${port}`, "ada", "any port");
    assert.deepEqual(ada.entered.users, ["ada"]);
    [gate, ada].forEach((one) => one.close());
});

test("the web chat is served with its types; nothing else is", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const types = { "": "text/html", "index.html": "text/html", "client.js": "text/javascript", "chat.js": "text/javascript",
        "style.css": "text/css", "icon.svg": "image/svg+xml", "citron.json": "application/json" };
    for (const [file, type] of Object.entries(types)) {
        const response = await fetch(cluster.webUrl + file);
        assert.equal(response.status, 200, file);
        assert.ok(response.headers.get("content-type").startsWith(type), file);
        await response.arrayBuffer();
    }
    assert.deepEqual(await (await fetch(`${cluster.webUrl}citron.json`)).json(),
        { gate: { host: "", port: cluster.section.gate[0].clientPort } });
    for (const target of ["/../conf/servers.json", "/%2e%2e/conf/servers.json", "/..%2fconf/servers.json", "//etc/passwd",
        "/.git/config", "/nothing", "/%", "/\\..\\README.md"])
        assert.match(await statusLine(target), /^HTTP\/1\.1 (400|404)/, target);
});

/** The first line of the answer to a target that fetch() would tidy up. */
function statusLine(target) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(cluster.httpPort, "127.0.0.1", () =>
            socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
        let answer = "";
        socket.on("data", (data) => { answer += data; }).on("end", () => resolve(answer.split("\r\n")[0])).on("error", reject);
    });
}

// ---- zmq_monitor

test("the monitor shows a message on its way, and filters", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 1 });
    const all = cluster.monitor("--body"), filtered = cluster.monitor("--room", "watched", "--route", "send", "--json");
    await until(() => /beat/.test(all.out), () => `the tap answers ${all.err}`);
    await until(() => filtered.err.includes("listening"), () => `the other one too ${filtered.err}`);
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "watched");
    const bob = await Member.enter(cluster.connectorUrl(2), "bob", "elsewhere");
    await bob.send("not this one");
    await ada.send("look \u001b[31mred\u001b[0m\u0007");

    await until(() => /look/.test(all.out) && filtered.out.includes("\n"), "they show it");
    assert.match(all.out, /call +connector-server-1 +> .*chat\.chatHandler\.send +watched/);
    assert.doesNotMatch(all.out, /\u001b|\u0007/, "control characters never reach the terminal");
    for (const line of filtered.out.trim().split("\n")) {
        const shown = JSON.parse(line);
        assert.equal(shown.room, "watched");
        assert.match(shown.route, /send/);
    }
    assert.equal(await all.stop("SIGINT"), 0);
    assert.match(all.err, /^zmq_monitor: listening at \S+\n$/);
    assert.equal(await filtered.stop(), 0);
    [ada, bob].forEach((one) => one.close());
});

test("the monitor shows one server only", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 1 });
    const one = cluster.monitor("--from", "connector-server-2", "--json"), all = cluster.monitor("--json");
    await until(() => one.out.includes("\n") && /connector-server-1/.test(all.out), () => `they print ${one.err}${all.err}`);
    await twoCanChat();
    const shown = (monitor) => new Set(monitor.out.split("\n").slice(0, -1).map((line) => JSON.parse(line).from));
    await until(() => shown(all).size >= 4, () => [...shown(all)].join());
    assert.deepEqual([...shown(one)], ["connector-server-2"]);
});

test("the monitor waits for a broker, and outlives it", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1 });
    const monitor = cluster.monitor();
    const { tapPort } = cluster.section.broker[0];
    await until(() => monitor.err === `zmq_monitor: no broker at tcp://127.0.0.1:${tapPort} yet; waiting\n`, () => monitor.err);
    await cluster.run();
    await until(() => monitor.out.includes("\n"), "it prints");
    await cluster.kill("broker-1", "SIGKILL");
    await until(() => monitor.err.endsWith(`zmq_monitor: the broker at tcp://127.0.0.1:${tapPort} has gone; waiting for it\n`), () => monitor.err);
    const before = monitor.out.length;
    await until(() => monitor.err.endsWith(`zmq_monitor: listening at tcp://127.0.0.1:${tapPort}\n`), () => monitor.err);
    await until(() => / chat-server-1 /.test(monitor.out.slice(before)), "it prints again");
    assert.equal(await monitor.stop(), 0);
});

test("the monitor's rates as JSON", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const stats = cluster.monitor("--stats", "--json");
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "rates");
    const route = await until(async () => {
        await ada.send("x");
        return stats.out.split("\n").slice(0, -1).map((line) => JSON.parse(line).routes["chat.chatHandler.send"]).find(Boolean);
    }, () => `rates of the route\n${stats.out}${stats.err}`);
    assert.ok(route.per_second > 0 && route.bytes_per_second > route.per_second, JSON.stringify(route));
    ada.close();
});

test("the monitor counts per route", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const stats = cluster.monitor("--stats");
    const ada = await Member.enter(cluster.connectorUrl(1), "ada", "rates");
    await until(async () => {
        await ada.send("x");
        return /chat\.chatHandler\.send +\d+/.test(stats.out);
    }, () => `rates of the route\n${stats.out}${stats.err}`);
    ada.close();
});

test("the monitor tells who comes and goes", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1, restart: false });
    const sockets = cluster.monitor("--sockets");
    await until(() => /joined +chat-server-1/.test(sockets.out), () => `${sockets.out}${sockets.err}`);
    const second = cluster.spawnServer("chat", "--id", "chat-server-2");
    await until(() => /joined +chat-server-2/.test(sockets.out), () => `${sockets.out}${second.err}`);
    await second.stop();
    await until(() => /left +chat-server-2/.test(sockets.out), () => sockets.out);
    await cluster.kill("connector-server-1", "SIGKILL");
    await until(() => /left +connector-server-1/.test(sockets.out), () => sockets.out);
});

test("a reader that goes away ends the monitor without a word", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1 });
    const { code, stdout, stderr } = await run("/bin/bash",
        ["-c", `${root}/tools/zmq_monitor ${cluster.confOptions.join(" ")} | head -2; exit \${PIPESTATUS[0]}`]);
    assert.equal(stdout.trim().split("\n").length, 2);
    assert.equal(code, 0);
    assert.match(stderr, /^zmq_monitor: listening at \S+\n$/);
});

test("monitors come and go under load, and no client notices", async () => {
    cluster = await Cluster.start();
    const crowd = await Crowd.gather(cluster, { rooms: 6 });
    crowd.talk();
    for (let i = 0; i < 3; ++i) {
        const some = Array.from({ length: 3 }, () => cluster.monitor("--body"));
        await until(() => some.every((one) => one.out.length > 0), "they print");
        await crowd.allGoOn();
        await Promise.all(some.map((one) => one.stop("SIGKILL")));
        await crowd.allGoOn();
    }
    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    crowd.checkNobodyMoved();
    crowd.close();
});

test("a monitor that is stopped does not stop the cluster", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 1 });
    const frozen = cluster.monitor("--body");
    await until(() => frozen.out.length > 0, "it prints");
    const crowd = await Crowd.gather(cluster, { rooms: 4 });
    process.kill(frozen.pid, "SIGSTOP");
    crowd.talk();
    await until(() => crowd.sent > 500, "people talk");
    await crowd.check();
    assert.deepEqual(crowd.failed, []);
    process.kill(frozen.pid, "SIGCONT");
    crowd.close();
});
