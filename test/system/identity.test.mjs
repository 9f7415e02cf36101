// Who one is, proven by tokens: on real servers, with tokens made by node's own crypto.
import assert from "node:assert/strict";
import { chmod, copyFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { Cluster, binaries } from "./support/cluster.mjs";
import { Issuer, seconds, unsigned } from "./support/issuer.mjs";
import { Member, refusal } from "./support/member.mjs";
import { until } from "./support/wait.mjs";

const rsa = new Issuer("RS256", "rsa-1"), curve = new Issuer("ES256", "curve-1"), hmac = new Issuer("HS256", "hmac-1");
const chatters = { iss: "https://id.example", aud: ["mail", "chat"] };
const identity = {
    jwks: "jwks.json", issuer: chatters.iss, audience: "chat", leewayMs: 0,
    keys: [{ alg: "HS256", kid: "hmac-1", secretFile: "secret" }],
};

let cluster, url;
const inConf = (name) => path.join(cluster.dir, "conf", name);

/** As one replaces a file that others read: at once. */
async function replace(name, content) {
    await writeFile(inConf("new"), typeof content === "string" ? content : JSON.stringify(content));
    await rename(inConf("new"), inConf(name));
}

async function prepare(options) {
    cluster = await Cluster.prepare({ gate: false, connectors: 1, chats: 1, ...options });
    url = cluster.connectorUrl();
    await replace("jwks.json", { keys: [rsa.jwk, curve.jwk] });
    await writeFile(inConf("secret"), hmac.secret.toString("base64") + "\n", { mode: 0o600 });
    await copyFile(inConf("secret"), inConf("told"));
    await chmod(inConf("told"), 0o644);
}

const token = (sub, claims = {}, by = curve) => by.token({ ...chatters, sub, ...claims });

async function refused(body, connected) {
    const member = connected ?? await Member.connect(url);
    const reason = await refusal(member.client.request("connector.entryHandler.enter", { rid: "lobby", ...body }));
    if (!connected)
        member.close();
    return reason;
}

before(async () => {
    await prepare({ chat: { identity } });
    await cluster.run();
});
after(() => cluster?.stop());

test("a token of each algorithm says who one is", async () => {
    const members = [];
    for (const by of [rsa, curve, hmac]) {
        const name = `user of ${by.alg}`;
        const member = await Member.enter(url, undefined, "algorithms", { token: token(name, {}, by) });
        assert.equal(member.entered.users.at(-1), name);
        members.push(member);
    }
    await members[0].send("hello");
    for (const member of members)
        assert.equal((await member.hears("hello")).from, "user of RS256");
    members.forEach((member) => member.close());
});

test("our client sends a token by itself, also one that is renewed", async () => {
    const given = await Member.connect(url, { token: token("given") });
    assert.deepEqual((await given.enter("given", "own")).users, ["given"]);
    let made = 0;
    const asked = await Member.connect(url, { token: () => token("asked", { jti: ++made }) });
    await asked.enter(undefined, "own");
    await asked.join("own too");
    assert.equal(made, 2);
    await asked.send("hello", { rid: "own" });
    assert.equal((await given.hears("hello")).from, "asked");
    given.close();
    asked.close();
});

test("nobody gets in without a good token", async () => {
    const claims = { ...chatters, sub: "mallory" };
    const good = token("mallory");
    const forger = new Issuer("ES256", "curve-1");
    const confused = new Issuer("HS256", "rsa-1", Buffer.from(rsa.pem));
    const header = { alg: "none", kid: "curve-1" };
    const [head, , signature] = good.split(".");
    const forged = {
        "a missing one": undefined,
        "nonsense": "nonsense",
        "no algorithm": unsigned(claims, header),
        "no algorithm, with a signature": unsigned(claims, header, signature),
        "another's signature": forger.token(claims),
        "a public key as a secret": confused.token(claims),
        "a public key as a secret, for RS256": confused.token(claims, { alg: "RS256" }),
        "a key that it brings along": forger.token(claims, { jwk: forger.jwk }),
        "an unknown key": curve.token(claims, { kid: "curve-9" }),
        "the key of another algorithm": curve.token(claims, { kid: "rsa-1" }),
        "other claims than were signed": `${head}.${Buffer.from(JSON.stringify({ ...claims, exp: seconds() + 999 })).toString("base64url")}.${signature}`,
        "an extension that must be understood": curve.token(claims, { crit: ["exp"] }),
        "one that is over": token("mallory", { exp: seconds() - 1 }),
        "one that has not begun": token("mallory", { nbf: seconds() + 30 }),
        "one that never ends": token("mallory", { exp: undefined }),
        "one for others": token("mallory", { aud: "mail" }),
        "one of another issuer": token("mallory", { iss: "https://id.example.evil" }),
        "no name": token(undefined),
        "a name that is none": token("a*"),
        "9 KiB of it": token("mallory", { fill: "x".repeat(9000) }),
    };
    const member = await Member.connect(url);
    for (const [what, one] of Object.entries(forged))
        assert.equal(await refused({ username: "mallory", token: one }, member), "unauthorized", what);
    assert.equal(await refused({ username: "mallory", token: { sub: "mallory" } }, member), "bad_request");
    assert.equal(await refused({ token: good + "A" }, member), "unauthorized");
    assert.deepEqual((await member.enter("mallory", "lobby", { token: good })).users, ["mallory"], "and with a good one it goes");
    const stats = await cluster.stats("connector-server-1");
    for (const why of ["missing", "malformed", "algorithm", "unknown_key", "signature", "expired", "not_yet", "audience", "issuer", "claims", "too_large"])
        assert.ok(stats[`identity.refused.${why}`] > 0, why);
    member.close();
});

test("nobody enters under somebody else's name", async () => {
    const ann = await Member.enter(url, "ann", "names", { token: token("ann") });
    assert.equal(await refused({ username: "ann", token: token("bob"), rid: "names" }), "forbidden");
    const bob = await Member.enter(url, "bob", "elsewhere", { token: token("bob") });
    assert.equal(await refused({ username: "ann", token: token("bob"), rid: "names" }, bob), "forbidden");
    assert.equal(await refusal(bob.join("names", { token: token("ann") })), "forbidden");
    await bob.send("still bob", { rid: "elsewhere" });
    assert.equal((await bob.hears("still bob")).from, "bob");
    ann.close();
    bob.close();
});

test("a token may open some rooms only, and some of them to read", async () => {
    const rooms = { read: ["news"], write: ["team-*"] };
    const chief = await Member.enter(url, "chief", "news", { token: token("chief") });
    const reader = await Member.enter(url, "reader", "news", { token: token("reader", { rooms }) });
    await chief.send("extra");
    await reader.hears("extra");
    assert.equal(await refusal(reader.send("me too")), "forbidden");
    assert.equal(await refusal(reader.send("psst", { target: "chief" })), "forbidden");
    assert.equal(await refusal(reader.chat("signal", { data: 1 })), "forbidden");
    assert.deepEqual((await reader.chat("users")).users, ["chief", "reader"]);
    assert.equal((await reader.chat("history")).messages.length, 1);

    await reader.join("team-red");
    await reader.send("go", { rid: "team-red" });
    assert.equal(await refusal(reader.join("cellar")), "forbidden");
    assert.equal(await refused({ rid: "cellar", token: token("reader", { rooms }) }, reader), "forbidden");
    assert.equal(await refusal(reader.send("me too", { rid: "news" })), "forbidden");
    chief.close();
    reader.close();
});

test("a token that is over opens nothing, and sends nothing more for whoever is in", async () => {
    const exp = seconds() + 4;
    const short = token("ann", { exp });
    const ann = await Member.enter(url, "ann", "short", { token: short });
    await ann.send("in time");
    await until(() => Date.now() > exp * 1000 + 200, "its time is over");
    assert.equal(await refused({ token: short }), "unauthorized", "said again by whoever heard it");
    assert.equal(await refusal(ann.send("too late")), "unauthorized");
    assert.equal(await refusal(ann.join("other")), "unauthorized");
    assert.equal(await refusal(ann.join("short", { token: token("ann") })), "duplicate_user", "but the token counts");
    await ann.send("again");
    assert.deepEqual((await ann.chat("history")).messages.map(({ msg }) => msg), ["in time", "again"]);
    ann.close();
});

test("keys are changed while it runs; a file of no use changes nothing", async () => {
    const next = new Issuer("ES256", "curve-2");
    const enters = async (by) => {
        const member = await Member.connect(url);
        const entered = await member.enter(undefined, "rotation", { token: token("ann", {}, by) }).then(() => true, ({ reason }) => reason);
        member.close();
        return entered;
    };
    const gone = () => until(async () => await enters(next) === "unauthorized", "the next key is not known");
    await gone();
    await replace("jwks.json", { keys: [rsa.jwk, curve.jwk, next.jwk] });
    await until(async () => await enters(next) === true, "the next key is known");

    await replace("jwks.json", "{\"keys\": [");
    await until(async () => /identity\.keys_kept/.test(await cluster.log("connector-server-1")), "the broken file is told");
    await until(async () => await enters(next) === true, "the keys stay");

    await replace("jwks.json", { keys: [rsa.jwk, next.jwk] });
    await until(async () => await enters(curve) === "unauthorized", "the old key is gone");
    await replace("jwks.json", { keys: [rsa.jwk, curve.jwk] });
    await gone();
    const complaints = (await cluster.log("connector-server-1")).match(/identity\.keys_kept/g);
    assert.equal(complaints.length, 1);
});

test("tokens and secrets are in no log, no answer of stats, and nothing that the monitor sees", async () => {
    const monitor = cluster.monitor("--body");
    await until(() => / connector-server-1 /.test(monitor.out), "the monitor sees something");
    const good = token("quiet"), bad = token("quiet", {}, new Issuer("ES256", "curve-1"));
    const quiet = await Member.enter(url, "quiet", "secrets", { token: good });
    assert.equal(await refused({ token: bad }), "unauthorized");
    await quiet.send("and now this");
    await until(() => monitor.out.includes("and now this"), "the monitor shows bodies");
    const said = [monitor.out, cluster.supervisor.err, JSON.stringify(await cluster.stats("connector-server-1")),
        ...await Promise.all(["broker-1", "connector-server-1", "chat-server-1"].map((id) => cluster.log(id)))];
    const secrets = [good, bad].flatMap((one) => one.split(".").slice(1));
    for (const secret of [...secrets, hmac.secret.toString("base64"), hmac.jwk.k])
        for (const text of said)
            assert.ok(!text.includes(secret));
    quiet.close();
    await monitor.stop();
});

// ---- what a conf must say: clusters of their own

async function alone(options, action) {
    const running = [cluster, url];
    await prepare(options);
    try {
        await action();
    } finally {
        await cluster.stop();
        [cluster, url] = running;
    }
}

async function connectorSays() {
    const connector = cluster.spawnServer("connector", "--id", "connector-server-1");
    assert.equal(await connector.ended, 2, connector.err);
    const lines = connector.err.trim().split("\n");
    assert.equal(lines.length, 1, connector.err);
    return lines[0];
}

test("production does not run without identity, unless conf plainly says so", async () => {
    await alone({ env: "production", chat: {} }, async () => {
        assert.match(await connectorSays(), /conf\/chat\.json: identity: is missing in production.*"identity": "none"/);
        const { code, stdout, stderr } = await cluster.citron("start", "--bin-dir", binaries);
        assert.deepEqual([code, stdout], [2, ""], stderr);
        assert.match(stderr, /chat\.json: identity: is missing in production/);

        await cluster.write("chat.json", { production: { identity: { ...identity, required: false } } });
        assert.match(await connectorSays(), /conf\/chat\.json: production\.identity\.required: must be true in production/);

        await cluster.write("chat.json", { production: { identity: "none" } });
        await cluster.run();
        assert.match(cluster.supervisor.err, /identity\.none/);
        const anybody = await Member.enter(url, "anybody", "lobby", { token: "of no interest" });
        assert.deepEqual(anybody.entered.users, ["anybody"]);
        anybody.close();
    });
});

test("production runs with identity", async () => {
    await alone({ env: "production", chat: { production: { identity } } }, async () => {
        await cluster.run();
        assert.equal(await refused({ username: "ann" }), "unauthorized");
        const ann = await Member.enter(url, "ann", "lobby", { token: token("ann") });
        assert.deepEqual(ann.entered.users, ["ann"]);
        ann.close();
    });
});

test("tokens may be optional: whoever has one is who it says", async () => {
    await alone({ chat: { identity: { ...identity, required: false } } }, async () => {
        await cluster.run();
        const guest = await Member.enter(url, "guest", "lobby");
        await guest.send("hello");
        assert.equal(await refused({ username: "guest", token: token("ann") }), "forbidden");
        assert.equal(await refused({ username: "ann", token: "nonsense" }), "unauthorized");
        const ann = await Member.enter(url, undefined, "lobby", { token: token("ann") });
        assert.deepEqual(ann.entered.users, ["guest", "ann"]);
        guest.close();
        ann.close();
    });
});

const broken = {
    "no such set": [{ jwks: "missing.json" }, /chat\.json: identity\.jwks: .*missing\.json: No such file or directory$/],
    "a set of no use": [{ jwks: "secret" }, /chat\.json: identity\.jwks: .*secret: is no JWK set/],
    "a secret that is too short": [{ keys: [{ alg: "HS256", secret: "c2hvcnQ=" }] }, /chat\.json: identity\.keys\[0\]\.secret: its secret has fewer than 32 bytes$/],
    "a secret that everybody may read": [{ keys: [{ alg: "HS256", secretFile: "told" }] }, /chat\.json: identity\.keys\[0\]: .*told: is open to every user of this machine: chmod 600$/],
    "a PEM file without a key": [{ keys: [{ alg: "RS256", pemFile: "secret" }] }, /chat\.json: identity\.keys\[0\]: .*secret: it holds no public key/],
    "no algorithm": [{ keys: [{ alg: "none", secret: "c2hvcnQ=" }] }, /chat\.json: identity\.keys\[0\]\.alg: must be/],
    "nothing to check with": [{}, /chat\.json: identity: names no key/],
};
for (const [what, [wrong, expected]] of Object.entries(broken))
    test(`identity with ${what}: one line names file and key, exit 2`, () =>
        alone({ chat: { identity: wrong } }, async () => assert.match(await connectorSays(), expected)));
