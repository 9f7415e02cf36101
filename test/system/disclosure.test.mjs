// What a cluster says of its users to those who watch it: no secret, no control character, and no message but to whom asks for bodies.
import assert from "node:assert/strict";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { Cluster, binaries, run } from "./support/cluster.mjs";
import { Issuer, seconds } from "./support/issuer.mjs";
import { MESSAGE, Member, PACKAGE, encodePackage, refusal, secretOf } from "./support/member.mjs";
import { Raw } from "./support/raw.mjs";
import { until } from "./support/wait.mjs";

const red = "\u001b[31m", clearScreen = "\u001b]0;owned\u0007\u001b[2J\u009b2J\u007f\r\n\u202e";
const site = new Issuer("HS256", "site");
const token = (sub, rooms) => site.token({ sub, rooms, exp: seconds() + 600 });

let cluster, monitors, secrets, processes = "";

before(async () => {
    cluster = await Cluster.prepare({ connectors: 2, chats: 2, chat: {
        limits: { requestsPerSecond: { session: 20 }, burstMs: 1000, abuseRefusals: 50 },
        identity: { keys: [{ alg: "HS256", kid: "site", secretFile: "site.secret" }] } } });
    await cluster.write("site.secret", site.secret.toString("base64"), 0o600);
    await cluster.makeKeys();
    await cluster.run(["--bin-dir", await talkative()]);
    monitors = { bare: cluster.monitor(), bodies: cluster.monitor("--body"), json: cluster.monitor("--json"), all: cluster.monitor("--json", "--body"),
        stats: cluster.monitor("--stats"), sockets: cluster.monitor("--sockets") };
    await until(() => Object.values(monitors).every(({ out }) => out.length > 0), () => JSON.stringify(Object.entries(monitors).map(([name, one]) => [name, one.err])));
});
after(() => cluster?.stop());

/** A folder for --bin-dir whose servers log all that they can. */
async function talkative() {
    const folder = path.join(cluster.dir, "bin");
    await mkdir(folder);
    for (const kind of ["broker", "gate", "connector", "chat"])
        await writeFile(path.join(folder, `citron-${kind}`), `#!/bin/sh\nexec ${path.join(binaries, `citron-${kind}`)} "$@" --log-level debug\n`, { mode: 0o755 });
    return folder;
}

/** Everything said so far, by what said it. */
async function said() {
    const texts = { supervisor: cluster.supervisor.out + cluster.supervisor.err, processes };
    for (const [name, one] of Object.entries(monitors))
        texts[`zmq_monitor ${name}`] = one.out + one.err;
    for (const name of await readdir(path.join(cluster.dir, "logs")))
        texts[name] = await readFile(path.join(cluster.dir, "logs", name), "latin1");
    for (const args of [["list"], ["list", "--json"], ["stats"], ["stats", "--json"]]) {
        const { stdout, stderr } = await cluster.citron(...args);
        texts[`citron ${args.join(" ")}`] = stdout + stderr;
    }
    return texts;
}

test("people enter, talk, fail and leave; their names, rooms and messages command terminals", async () => {
    const tokens = [token("ada"), token("bob"), new Issuer("HS256", "site").token({ sub: "eve" })];
    const url = cluster.connectorUrl(1);
    const ada = await Member.enter(url, "ada", "lobby", { token: tokens[0] });
    const bob = await Member.enter(cluster.connectorUrl(2), "bob", "lobby", { token: tokens[1] });
    secrets = [...tokens, ...tokens.flatMap((one) => one.split(".").slice(1)), secretOf(ada.entered.resumeKey), secretOf(bob.entered.resumeKey), site.secret.toString("base64"),
        site.secret.toString("base64url"), ...await Promise.all(["broker", "gate", "connector", "chat", "monitor"].map(async (role) =>
            (await readFile(path.join(cluster.dir, "conf/keys", `${role}.secret`), "utf8")).trim().split("\n").at(-1)))];

    await ada.send(`hidden words ${red}${clearScreen}`, { cid: `c${red}` });
    await ada.chat("signal", { data: { [`key ${clearScreen}`]: `hidden words ${clearScreen}` } });
    await ada.send(`hidden words, whispered ${clearScreen}`, { target: "bob" });
    await bob.gets("onChat", { target: "bob" });
    for (const target of [`${red}bob`, clearScreen])
        assert.equal(await refusal(ada.send("hidden words", { target })), "no_such_user");
    for (const body of [{ username: `ada${clearScreen}`, rid: "lobby" }, { username: "ada", rid: `lobby${red}` }, { username: "ada", rid: "x", token: tokens[2] },
        { username: "bob", rid: "lobby", token: tokens[0] }, { username: "bob", rid: "lobby", token: tokens[1], resumeKey: `${red}${clearScreen}` }])
        await refusal(ada.client.request("connector.entryHandler.enter", body));
    for (const route of [`chat.chatHandler.${clearScreen}`, `${red}.x.y`, "connector.entryHandler.enter\u001b"])
        assert.equal(await refusal(ada.client.request(route, { token: tokens[0] })), "no_such_route");

    const back = await Member.connect(url); // a connection that ends without a word, and the client's return
    ada.client.close();
    await back.enter("ada", "lobby", { token: tokens[0], resumeKey: ada.entered.resumeKey, since: { epoch: clearScreen, offset: 0 } });
    secrets.push(secretOf(back.entered?.resumeKey ?? ada.entered.resumeKey));

    const broken = [`${red}garbage`, encodePackage(PACKAGE.HANDSHAKE, Buffer.from(`{"sys":"${clearScreen}`)), encodePackage(PACKAGE.DATA, Buffer.from(clearScreen))];
    for (const bytes of broken) {
        const raw = await (bytes === broken[1] ? Raw.connect(url) : Raw.shakenHands(url, { type: clearScreen, version: red }));
        raw.send(bytes);
        await raw.ends();
    }
    const flood = await Raw.shakenHands(url);
    for (let id = 1; id <= 200 && !flood.closed; ++id)
        flood.sendMessage({ type: MESSAGE.REQUEST, id, route: `a.${red}.b`, body: { token: tokens[1] } });
    assert.equal(await flood.ends(), "abuse");
    await fetch(`${cluster.webUrl}%1b%5b31m?token=${tokens[0]}`).then((answer) => answer.text());

    processes = (await run("/bin/ps", ["axww", "-o", "args"])).stdout;
    assert.match(processes, /citron-connector .*--id connector-server-1/);
    await cluster.citron("restart", "chat-server-1"); // its rooms move: hand-overs, lists of members
    await until(() => cluster.isUp("chat-server-1"), "it is back", 15);
    await bob.send("hidden words, at last");
    await until(() => monitors.bodies.out.includes("at last") && monitors.all.out.includes("at last"), "the monitor shows bodies");
    [back, bob].forEach((one) => one.close());
});

test("no secret in logs, in the list of processes, or in what the tools print", async () => {
    for (const [where, text] of Object.entries(await said()))
        for (const secret of secrets)
            assert.ok(!text.includes(secret), `${where} has ${secret} in ${text.slice(Math.max(0, text.indexOf(secret) - 200)).slice(0, 300)}`);
});

test("no message either, but from the monitor when it is asked for bodies", async () => {
    for (const [where, text] of Object.entries(await said()))
        assert.equal(text.includes("hidden words"), ["zmq_monitor bodies", "zmq_monitor all"].includes(where), where);
});

test("other users of the machine cannot read what was said", async () => {
    assert.equal((await stat(path.join(cluster.dir, "data"))).mode & 0o077, 0);
});

test("no control character reaches a terminal", async () => {
    const texts = await said();
    assert.ok(texts["connector-server-1.log"].length > 100 && /\\(x|u00)1b\[31m/.test(texts["zmq_monitor bodies"]), "it was said, spelled out");
    for (const [where, text] of Object.entries(texts)) {
        if (where === "processes")
            continue; // all of this machine
        // eslint-disable-next-line no-control-regex
        const found = /.{0,60}[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069].{0,20}/.exec(where.endsWith(".log") ? Buffer.from(text, "latin1").toString() : text);
        assert.equal(found, null, `${where}: ${JSON.stringify(found?.[0])}`);
    }
});
