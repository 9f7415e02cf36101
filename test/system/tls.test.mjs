// wss and https: as the conf says, on every port for clients.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { afterEach, test } from "node:test";
import tls from "node:tls";

import { get, trusting } from "./support/certificates.mjs";
import { Cluster, binaries, run, tlsFiles } from "./support/cluster.mjs";
import { Member, addressOf, queryEntry, refusal } from "./support/member.mjs";
import { StockClient } from "./support/stock.mjs";
import { inParallel, until } from "./support/wait.mjs";

let cluster;
afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
});

const trust = () => ({ WebSocket: trusting(cluster.ca) });
const enter = (number, name, room) => Member.connect(cluster.connectorUrl(number), trust())
    .then(async (member) => {
        member.entered = await member.enter(name, room);
        return member;
    });
const enterByGate = async (name, room) => {
    const entry = await queryEntry(cluster.gateUrl, name, trust());
    const member = await Member.connect(addressOf(entry), trust());
    member.entry = entry;
    member.entered = await member.enter(name, room);
    return member;
};

/** What a connection to this port is shown. */
function look(port, options = {}) {
    return new Promise((resolve, reject) => {
        const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options }, () => {
            const seen = { name: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol(), alpn: socket.alpnProtocol };
            socket.destroy();
            resolve(seen);
        });
        socket.once("error", reject);
    });
}

/** What comes back for some bytes in plain. */
function say(port, bytes) {
    return new Promise((resolve) => {
        let got = "";
        const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
        socket.on("data", (data) => { got += data; });
        socket.on("error", () => {});
        socket.on("close", () => resolve(got));
    });
}

test("people chat by wss, whichever connector they are on; stock clients too", async () => {
    cluster = await Cluster.start({ connectors: 2, chats: 2, tls: true });
    assert.match(cluster.gateUrl, /^wss:/);
    const all = await Promise.all(["ada", "bob", "cy", "dee"].map((name) => enterByGate(name, "tls")));
    assert.deepEqual(all.map(({ entry }) => Object.keys(entry)), Array(4).fill(["code", "host", "port", "tls"]));
    const stock = await StockClient.enterByGate(cluster.section.gate[0].clientPort, "stock", "tls", cluster.ca);
    assert.equal(stock.entered.users.at(-1), "stock");

    await all[0].send("hello by wss");
    await stock.send("hello by stock");
    const long = "long ".repeat(10_000);
    await all[1].send(long);
    for (const member of all) {
        await member.hears("hello by stock");
        await member.hears("hello by wss");
        await member.hears(long);
    }
    await stock.gets("onChat", ({ msg }) => msg === long);

    const handshakes = await Promise.all(["connector-server-1", "connector-server-2"].map(async (id) => (await cluster.stats(id))["tls.handshakes"]));
    assert.equal(handshakes.reduce((sum, one) => sum + one), 5);
    assert.equal((await cluster.stats("gate-server-1"))["tls.handshakes"], 5);
    [...all, stock].forEach((one) => one.close());
});

test("the web chat comes by https, and may connect by wss only", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1, tls: true });
    for (const file of ["", "chat.js", "citron.json", "nothing"]) {
        const { status, headers } = await get(cluster.webUrl + file, cluster.ca);
        assert.equal(status, file === "nothing" ? 404 : 200);
        assert.match(headers["content-security-policy"], /^default-src 'none'; script-src 'self'; .*connect-src 'self' wss:; .*frame-ancestors 'none'$/);
        assert.equal(headers["x-content-type-options"], "nosniff");
    }
    assert.deepEqual(JSON.parse((await get(`${cluster.webUrl}citron.json`, cluster.ca)).body),
        { gate: { host: "", port: cluster.section.gate[0].clientPort, tls: true } });
});

test("TLS 1.2 and 1.3 are spoken, 1.1 is not", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1, tls: true });
    for (const port of [cluster.connectorPort(1), cluster.section.gate[0].clientPort, cluster.httpPort]) {
        assert.deepEqual(await look(port, { ALPNProtocols: ["h2", "http/1.1"] }), { name: "localhost", protocol: "TLSv1.3", alpn: "http/1.1" });
        assert.equal((await look(port, { maxVersion: "TLSv1.2" })).protocol, "TLSv1.2");
        await assert.rejects(look(port, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" }),
            /alert protocol version/);
    }
    const { "tls.failed": failed } = await cluster.stats("connector-server-1");
    assert.equal(failed, 1);
});

test("who speaks plain HTTP to a TLS port is told so, and counted; others do not notice", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1, tls: true });
    const ada = await enter(1, "ada", "plain");
    for (const port of [cluster.connectorPort(1), cluster.section.gate[0].clientPort, cluster.httpPort])
        assert.match(await say(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /^HTTP\/1\.1 400 .*this port: https or wss only$/s);
    await assert.rejects(Member.connect(`ws://127.0.0.1:${cluster.connectorPort(1)}`), { reason: "closed" });
    assert.doesNotMatch(await say(cluster.connectorPort(1), "\x7f".repeat(500)), /HTTP/);

    const counted = await cluster.stats("connector-server-1");
    assert.equal(counted["tls.plain_http"], 2);
    assert.equal(counted["tls.failed"], 1);
    assert.equal((await cluster.stats("gate-server-1"))["tls.plain_http"], 2);
    await ada.send("still here");
    await ada.hears("still here");
    ada.close();
});

/** One plain and one secure of each kind: `plain` and `secure` are gate URLs. */
async function startMixed() {
    cluster = await Cluster.prepare({ connectors: 2, chats: 1 });
    await cluster.certify("localhost");
    const [gate] = cluster.section.gate;
    const [plain, secure] = [gate, { ...gate, id: "gate-server-2", clientPort: 0, httpPort: await freePort(), tls: tlsFiles }];
    secure.clientPort = await freePort();
    cluster.section.gate = [plain, secure];
    cluster.section.connector[1].tls = tlsFiles;
    await cluster.writeServers();
    await cluster.run();
    return { plain: addressOf({ ...plain, port: plain.clientPort }), secure: addressOf({ ...secure, port: secure.clientPort, tls: true }) };
}

function freePort() {
    return new Promise((resolve) => {
        const server = net.createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

test("a gate hands out what fits: a secure one connectors with TLS only, and says so once when there is none", async () => {
    const gates = await startMixed();
    const users = Array.from({ length: 30 }, (_, i) => `user${i}`);
    const entries = (gate) => Promise.all(users.map((user) => queryEntry(gate, user, trust())));
    const [plainPort, securePort] = [cluster.connectorPort(1), cluster.connectorPort(2)];

    const all = await entries(gates.plain);
    assert.deepEqual(new Set(all.map(({ port }) => port)), new Set([plainPort, securePort]));
    for (const { port, tls: speaks } of all)
        assert.equal(speaks, port === securePort ? true : undefined);
    assert.deepEqual(new Set((await entries(gates.secure)).map(({ port }) => port)), new Set([securePort]));
    const members = await Promise.all(all.slice(0, 10).map(async (entry, i) => {
        const member = await Member.connect(addressOf(entry), trust());
        await member.enter(users[i], "mixed");
        return member;
    }));
    await members[0].send("to both kinds");
    await Promise.all(members.map((member) => member.hears("to both kinds")));
    members.forEach((member) => member.close());

    await cluster.citron("stop", "connector-server-2");
    await until(async () => await refusal(queryEntry(gates.secure, "ada", trust())) === "unavailable", "the secure gate has nobody");
    assert.equal(await refusal(queryEntry(gates.secure, "bob", trust())), "unavailable");
    assert.equal((await queryEntry(gates.plain, "ada", trust())).port, plainPort);
    const log = await cluster.log("gate-server-2");
    assert.equal(log.match(/gate\.none_secure/g).length, 1, log);
});

test("SIGHUP: new connections see the new certificate, open ones stay; a bad one changes nothing", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1, tls: true });
    const ada = await enter(1, "ada", "renewed");
    const port = cluster.connectorPort(1);
    assert.equal((await look(port)).name, "localhost");

    await cluster.certify("renewed.example");
    await cluster.kill("connector-server-1", "SIGHUP");
    await until(async () => (await look(port)).name === "renewed.example", "the new one is shown");
    const bob = await enter(1, "bob", "renewed");
    await bob.send("with the new one");
    await ada.hears("with the new one");
    assert.equal((await look(cluster.httpPort)).name, "localhost", "the gate was not told");
    const { code, stdout } = await cluster.citron("reload");
    assert.equal(code, 0);
    assert.deepEqual(stdout.split("\n").filter(Boolean).sort(),
        ["broker-1", "chat-server-1", "connector-server-1", "gate-server-1"].map((id) => `${id} reads its files again`));
    await until(async () => (await look(cluster.httpPort)).name === "renewed.example", "the gate shows it too");

    const key = path.join(cluster.dir, "conf", tlsFiles.key);
    await writeFile(key, "half a key");
    assert.equal((await cluster.citron("reload", "connector-server-1")).stdout, "connector-server-1 reads its files again\n");
    await until(async () => (await cluster.stats("connector-server-1"))["tls.not_reloaded"] === 1, "it has tried");
    const lines = (await cluster.log("connector-server-1")).split("\n").filter((line) => line.includes("tls.not_reloaded"));
    assert.equal(lines.length, 1);
    assert.ok(lines[0].includes(`servers.json: development.connector[0].tls.key: ${key}: is no usable private key: `), lines[0]);
    assert.equal((await look(port)).name, "renewed.example");
    await ada.send("all the while");
    await bob.hears("all the while");

    const stats = await cluster.stats("connector-server-1");
    assert.equal(stats["tls.reloaded"], 2);
    assert.equal(stats["session.opened"] - stats["session.closed"], 2);
    assert.ok(stats["tls.seconds_left"] > 86_000);
    assert.match((await cluster.citron("reload", "nobody")).stderr, /nobody: no such server here/);
    for (const member of [ada, bob]) {
        assert.deepEqual(member.of("disconnect"), []);
        member.close();
    }
});

test("a room's broadcasts are written together by wss as they are in plain", async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1, tls: true });
    const members = await inParallel(20, (i) => enter(1, `user${i}`, "crowd"));
    const before = await cluster.stats("connector-server-1");
    await Promise.all(Array.from({ length: 500 }, (_, i) => members[i % 20].send(`message ${i}`)));
    await Promise.all(members.map((member) => until(() => member.heard().length === 500, "all are heard")));

    const after = await cluster.stats("connector-server-1");
    const writes = after["websocket.writes"] - before["websocket.writes"];
    const pushes = 20 * 500 + 500; // broadcasts and answers
    assert.ok(writes < pushes / 10, `${writes} writes for ${pushes} frames`);
    assert.deepEqual(members[7].heard(), members[0].heard());
    members.forEach((member) => member.close());
});

test("what is wrong with certificate or key is one line that names file and key, exit 2", async () => {
    cluster = await Cluster.prepare({ connectors: 1, chats: 1, tls: true });
    const conf = path.join(cluster.dir, "conf");
    const complaint = async () => {
        const { code, stderr } = await run(path.join(binaries, "citron-connector"), [...cluster.confOptions, "--run-dir", cluster.dir]);
        assert.equal(code, 2, stderr);
        return stderr.split("\n").filter((line) => line.includes(" E ")).join("\n");
    };
    const where = `${conf}/servers.json: development.connector[0].tls`;
    await writeFile(path.join(conf, tlsFiles.key), "rubbish");
    assert.ok((await complaint()).includes(`${where}.key: ${conf}/${tlsFiles.key}: is no usable private key: `));
    cluster.section.connector[0].tls = { ...tlsFiles, certificate: "tls/nowhere.pem" };
    await cluster.writeServers();
    assert.ok((await complaint()).endsWith(`${where}.certificate: ${conf}/tls/nowhere.pem: cannot be read: No such file or directory`));

    const start = await cluster.citron("start", "--bin-dir", binaries);
    assert.equal(start.code, 2, start.stderr);
    assert.equal(start.stdout, "");
});
