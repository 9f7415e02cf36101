// Each limit once, on the real servers: the refusal and its reason, the counter, the kick of who goes on, and that nobody else
// notices. Clients come from addresses of their own: all of 127.0.0.0/8 is this machine.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import WebSocket from "ws";

import { Cluster } from "./support/cluster.mjs";
import { MESSAGE, Member, PACKAGE, encodePackage, persist, refusal } from "./support/member.mjs";
import { Raw } from "./support/raw.mjs";
import { timed, until } from "./support/wait.mjs";

const limits = {
    packagesPerFrame: 8,
    sessionsPerIp: 40,
    connectsPerSecond: 45,
    requestsPerSecond: { session: 20, user: 25, ip: 300 },
    entersPerSecond: { session: 4 },
    bytesPerSecond: { session: 65536 },
    burstMs: 1000,
    abuseRefusals: 30,
    abuseMs: 5000,
    handshakeMs: 2000,
    membersPerRoom: 3,
    roomsPerServer: 8,
    historyPage: 5,
};
const chat = { durability: "memory", roomsPerConnection: 3, limits };

let cluster, neighbour, lastAddress = 1;

/** The WebSocket class of a client at this address. */
const at = (address, headers = {}) => class extends WebSocket {
    constructor(url) {
        super(url, { localAddress: address, headers });
    }
};
const newAddress = () => `127.0.1.${++lastAddress}`;
const url = () => cluster.connectorUrl(1);
const connect = (address = newAddress()) => Member.connect(url(), { WebSocket: at(address) });

async function enter(name, room, address) {
    const member = await connect(address);
    member.entered = await member.enter(name, room);
    return member;
}

/** The HTTP status with which an upgrade is refused; 101: it is not; 0: closed without an answer. */
function upgradeStatus(address, headers) {
    return new Promise((resolve) => {
        const socket = new (at(address, headers))(url());
        socket.on("open", () => { resolve({ status: 101 }); socket.terminate(); });
        socket.on("unexpected-response", (_, response) => resolve({ status: response.statusCode, headers: response.headers }));
        socket.on("error", () => resolve({ status: 0 }));
    });
}

const connectorStats = () => cluster.stats("connector-server-1");
const chatStats = () => cluster.stats("chat-server-1");
const reasons = async (requests) => (await Promise.allSettled(requests)).map((one) => one.reason?.reason ?? "ok");
const count = (list, what) => list.filter((one) => one === what).length;

/** The neighbour talks as people do, whatever the others are up to. */
const talk = { delays: [], refused: [], stop: false };

async function keepTalking() {
    while (!talk.stop) {
        const text = `neighbourly ${talk.delays.length}`;
        try {
            talk.delays.push(await timed(async () => {
                await neighbour.send(text);
                await neighbour.hears(text);
            }));
        } catch (error) {
            talk.refused.push(error.reason ?? error.message);
        }
        await new Promise((resolve) => setTimeout(resolve, 250));
    }
}

before(async () => {
    cluster = await Cluster.start({ gate: false, connectors: 2, chats: 1, chat });
    neighbour = await enter("neighbour", "street", "127.0.1.1");
    talk.done = keepTalking();
});

after(async () => {
    talk.stop = true;
    await talk.done;
    await cluster?.stop();
});

test("who asks too fast is refused, and served again after retryAfter", async () => {
    const ada = await enter("ada", "street");
    const asked = await Promise.allSettled(Array.from({ length: 40 }, () => ada.chat("users")));
    const refused = asked.filter((one) => one.status === "rejected").map((one) => one.reason);
    assert.ok(refused.length >= 10 && refused.length <= 25, `${refused.length} were refused`);
    for (const { reason, retryAfter, body } of refused) {
        assert.equal(reason, "rate_limited");
        assert.ok(Number.isInteger(retryAfter) && retryAfter > 0, JSON.stringify(body));
        assert.equal(body.code, 500);
    }
    assert.ok((await persist(() => ada.chat("users"))).users.includes("ada"), "our own client waits as it is told");
    assert.ok((await connectorStats())["limit.requests.session"] >= refused.length);
    ada.close();
});

test("a user's connections share what the user may", async () => {
    const [one, two] = await Promise.all([enter("bea", "street"), enter("bea", "lane")]);
    const all = [one, two].flatMap((member) => Array.from({ length: 18 }, () => member.chat("users")));
    const outcome = await reasons(all);
    assert.ok(count(outcome, "rate_limited") >= 5, outcome.join());
    const stats = await connectorStats();
    assert.ok(stats["limit.requests.user"] >= 5, JSON.stringify(stats));
    one.close();
    two.close();
});

test("an address's connections share what the address may", async () => {
    const address = newAddress();
    const all = await Promise.all(Array.from({ length: 30 }, () => connect(address)));
    const outcome = await reasons(all.flatMap((one) => Array.from({ length: 19 }, () => one.chat("users"))));
    assert.ok(count(outcome, "rate_limited") >= 20, `${count(outcome, "rate_limited")} of ${outcome.length}`);
    assert.ok((await connectorStats())["limit.requests.ip"] >= 20);
    all.forEach((one) => one.close());
});

test("who goes on regardless is kicked for abuse, and told to come back late, each at another time", async () => {
    const late = await Promise.all(["cyd", "dan", "eve"].map(async (name) => {
        const raw = await Raw.shakenHands(url());
        for (let id = 1; id <= 120 && !raw.closed; ++id)
            raw.sendMessage({ type: MESSAGE.REQUEST, id, route: "chat.chatHandler.users", body: { name } });
        assert.equal(await raw.ends(), "abuse");
        const kick = raw.packages.find((one) => one.type === PACKAGE.KICK);
        return JSON.parse(new TextDecoder().decode(kick.body)).retryAfter;
    }));
    assert.ok(late.every((ms) => ms >= 30000 && ms <= 60000), late.join());
    assert.equal(new Set(late).size, late.length, late.join());
    const stats = await connectorStats();
    assert.ok(stats["limit.abuse"] >= 3 && stats["session.kicked.abuse"] >= 3, JSON.stringify(stats));
});

test("enters are limited of their own; a connection is in so many rooms at most", async () => {
    const fay = await connect();
    const outcome = await reasons(Array.from({ length: 8 }, (_, i) => fay.enter("fay", `fay ${i % 2}`)));
    assert.ok(count(outcome, "rate_limited") >= 3, outcome.join());
    assert.ok((await connectorStats())["limit.enters.session"] >= 3);
    await persist(() => fay.enter("fay", "street"), { tries: 10 });
    for (const room of ["lane", "alley"])
        await persist(() => fay.join(room), { tries: 10 });
    assert.equal(await refusal(persist(() => fay.join("street 2"), { tries: 2 })), "overloaded");
    fay.close();
});

test("what is sent too fast is read slowly, and arrives", async () => {
    const gus = await enter("gus", "quay");
    const seconds = await timed(() => gus.send("x".repeat(250000)));
    assert.ok(seconds > 1.5, `${seconds} s for 250 KB at 64 KiB/s`);
    assert.ok((await connectorStats())["limit.bytes"] >= 2);
    assert.ok(gus.connected);
    gus.close();
});

test("a frame with too many packages ends its connection", async () => {
    const raw = await Raw.shakenHands(url());
    const beat = [...encodePackage(PACKAGE.HEARTBEAT)];
    raw.send(Uint8Array.from(Array.from({ length: 9 }, () => beat).flat()));
    assert.equal(await raw.ends(), "abuse");
    assert.equal((await connectorStats())["limit.packages_per_frame"], 1);
});

test("one address has so many connections; others are let in", async () => {
    const address = newAddress();
    const all = await Promise.all(Array.from({ length: 40 }, () => connect(address)));
    const { status, headers } = await upgradeStatus(address);
    assert.equal(status, 429);
    assert.ok(Number(headers["retry-after"]) >= 1 && Number(headers["retry-after"]) <= 10, JSON.stringify(headers));
    assert.equal((await upgradeStatus(newAddress())).status, 101);
    all.pop().close();
    await until(async () => (await upgradeStatus(address)).status === 101, "a place is free");
    assert.ok((await connectorStats())["limit.sessions_per_ip"] >= 1);
    all.forEach((one) => one.close());
});

test("one address connects only so fast", async () => {
    const address = newAddress();
    const outcome = [];
    await until(async () => {
        for (let burst = 0; burst < 2; ++burst) // not all at once: so many it may have
            outcome.push(...await Promise.all(Array.from({ length: 35 }, () => upgradeStatus(address))));
        return (await connectorStats())["limit.connects_per_ip"] >= 1;
    }, "one is refused and counted");
    assert.ok(outcome.some((one) => one.status === 429));
    await until(async () => (await upgradeStatus(address)).status === 101, "it may come again");
});

test("connections that never finish their handshake are cut", async () => {
    const before = (await connectorStats())["limit.handshake"];
    const address = newAddress();
    const sockets = ["", "GET /", "GET / HTTP/1.1\r\nHost: x"].flatMap((text) => Array.from({ length: 8 }, () => {
        const socket = net.connect({ host: "127.0.0.1", port: cluster.connectorPort(1), localAddress: address });
        socket.on("error", () => {});
        socket.write(text);
        const drip = setInterval(() => text && socket.write("X"), 300); // slow, but never silent
        socket.on("close", () => { clearInterval(drip); socket.done = true; });
        return socket;
    }));
    const upgraded = await Raw.connect(url());
    await until(() => sockets.every((one) => one.done) && upgraded.closed, "all are cut");
    assert.ok((await connectorStats())["limit.handshake"] - before >= sockets.length + 1);
});

test("a room has so many members", async () => {
    const names = ["hal", "ivy", "joe"];
    const members = [];
    for (const name of names)
        members.push(await enter(name, "tiny"));
    const late = await connect();
    const refused = await late.enter("kim", "tiny").catch((error) => error);
    assert.equal(refused.reason, "overloaded");
    assert.ok(refused.retryAfter >= 500 && refused.retryAfter <= 2000, JSON.stringify(refused.body));
    assert.ok((await chatStats())["limit.members_per_room"] >= 1);
    await members[0].leave("tiny");
    assert.deepEqual((await late.enter("kim", "tiny")).users, ["ivy", "joe", "kim"]);
    [...members, late].forEach((one) => one.close());
});

test("a chat server has so many rooms; those that are there stay open", async () => {
    await until(async () => (await chatStats())["rooms.open"] === 1, "only the street is there");
    const members = await Promise.all(Array.from({ length: 7 }, (_, i) => enter(`len ${i}`, `room ${i}`)));
    const late = await connect();
    assert.equal(await refusal(late.enter("mia", "one room more")), "overloaded");
    assert.ok((await late.enter("mia", "room 0")).users.includes("mia"));
    assert.ok((await chatStats())["limit.rooms_per_server"] >= 1);
    members[6].close();
    await until(async () => (await chatStats())["rooms.open"] === 7, "its room has ended");
    assert.deepEqual((await late.enter("mia", "one room more")).users, ["mia"]);
    [...members, late].forEach((one) => one.close());
});

test("a page of history is so long", async () => {
    const nan = await enter("nan", "archive");
    for (let i = 1; i <= 7; ++i)
        await nan.send(`old ${i}`);
    const { messages, more } = await nan.chat("history", { limit: 100 });
    assert.deepEqual(messages.map((one) => one.msg), ["old 3", "old 4", "old 5", "old 6", "old 7"]);
    assert.equal(more, true);
    nan.close();
});

// ---- admission, changed while the servers run

async function reload(admission) {
    const log = await cluster.log("connector-server-1");
    const lines = log.split("\n").length;
    await cluster.write("chat.json", admission instanceof Object ? { ...chat, admission } : admission);
    await cluster.kill("connector-server-1", "SIGHUP");
    return until(async () => (await cluster.log("connector-server-1")).split("\n").slice(lines - 1).join("\n")
        .match(/admission\.(reloaded|kept).*/)?.[0], "it was read again");
}

test("SIGHUP: who is blocked from now on must go, and cannot come back; others stay", async () => {
    const address = newAddress();
    const [bad, good] = await Promise.all([enter("oda", "street", address), enter("pia", "street")]);
    assert.match(await reload({ block: [`${address}/32`] }), /reloaded.*block=1/);
    const { retryAfter } = await bad.gets("kick", { reason: "abuse" });
    assert.ok(retryAfter >= 30000);
    assert.equal((await upgradeStatus(address)).status, 0);
    await good.send("still here");
    const stats = await connectorStats();
    assert.equal(stats["admission.expelled"], 1);
    assert.ok(stats["admission.blocked"] >= 1);

    assert.match(await reload("{\n  \"admission\": {\"block\": [\"nonsense\"]}\n}"), /kept what=.*chat\.json: admission\.block\[0\]/);
    assert.equal((await upgradeStatus(address)).status, 0, "the former list holds");

    assert.match(await reload({}), /reloaded.*block=0/);
    assert.equal((await upgradeStatus(address)).status, 101);
    good.close();
});

test("only those on the list of the allowed, and pages of the allowed origins", async () => {
    const inside = newAddress();
    await reload({ allow: ["127.0.1.1", inside], origins: ["https://chat.example"] });
    assert.equal((await upgradeStatus(inside)).status, 101);
    assert.equal((await upgradeStatus(newAddress())).status, 0);
    assert.equal((await upgradeStatus(inside, { origin: "https://evil.example" })).status, 403);
    assert.equal((await upgradeStatus(inside, { origin: "https://chat.example" })).status, 101);
    assert.equal((await connectorStats())["admission.bad_origin"], 1);
});

test("X-Forwarded-For of a proxy is believed, of anybody else not", async () => {
    const proxy = newAddress();
    await reload({ proxies: [proxy], block: ["203.0.113.9"] });
    const from = (address, forwarded) => upgradeStatus(address, { "x-forwarded-for": forwarded });
    assert.equal((await from(proxy, "203.0.113.9")).status, 403);
    assert.equal((await from(proxy, "203.0.113.9, 203.0.113.8")).status, 101);
    assert.equal((await from(newAddress(), "203.0.113.9")).status, 101);
});

/** What a raw connection with these first bytes is answered, up to the first line. */
function firstLine(address, bytes) {
    return new Promise((resolve) => {
        let heard = "";
        const socket = net.connect({ host: "127.0.0.1", port: cluster.connectorPort(1), localAddress: address });
        socket.on("data", (data) => { heard += data.toString("latin1"); if (heard.includes("\r\n")) socket.destroy(); });
        socket.on("error", () => {});
        socket.on("close", () => resolve(heard.split("\r\n")[0]));
        socket.write(bytes);
    });
}

test("a PROXY header names the client", async () => {
    const proxy = newAddress();
    await reload({ proxies: [proxy], proxyProtocol: true, block: ["203.0.113.9", "2001:db8::/32"] });
    const request = Buffer.from("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const header = (family, addresses) => Buffer.concat([Buffer.from("\r\n\r\n\0\r\nQUIT\n"),
        Buffer.from([0x21, family, 0, addresses.length]), Buffer.from(addresses), request]);
    const v4 = (last) => header(0x11, [203, 0, 113, last, 127, 0, 0, 1, 0x12, 0x67, 0x0b, 0xea]);
    const v6 = header(0x21, [0x20, 0x01, 0x0d, 0xb8, ...Array(28).fill(1), 0, 1, 0, 2]);

    assert.match(await firstLine(proxy, v4(8)), /^HTTP\/1\.1 101 /);
    assert.equal(await firstLine(proxy, v4(9)), "");
    assert.equal(await firstLine(proxy, v6), "");
    assert.equal(await firstLine(proxy, request), "", "a proxy must say it");
    assert.match(await firstLine(newAddress(), v4(9)), /^HTTP\/1\.1 400 /, "nobody else may");
    assert.match(await firstLine(newAddress(), request), /^HTTP\/1\.1 101 /);
    assert.equal((await connectorStats())["admission.bad_proxy_header"], 1);
    await reload({});
});

test("nobody else has noticed any of it", () => {
    assert.deepEqual(talk.refused, []);
    assert.ok(neighbour.connected);
    assert.ok(talk.delays.length >= 20, `${talk.delays.length} messages`);
    const sorted = [...talk.delays].sort((a, b) => a - b);
    const p99 = sorted[Math.floor(sorted.length * 0.99)];
    console.log(`neighbour: ${sorted.length} messages, p50 ${(sorted[sorted.length >> 1] * 1000).toFixed(1)} ms, p99 ${(p99 * 1000).toFixed(1)} ms`);
    assert.ok(p99 < 1, `p99 is ${p99} s`);
});

test("clients of a server that has nowhere to send them come back spread", async () => {
    const crowd = await Promise.all(Array.from({ length: 30 }, () => Member.connect(cluster.connectorUrl(2), { WebSocket: at(newAddress()) })));
    talk.stop = true;
    await talk.done;
    await cluster.supervisor.stop();
    const times = await Promise.all(crowd.map(async (one) => (await one.gets("kick", { reason: "drain" })).retryAfter ?? 0));
    assert.ok(times.every((ms) => ms >= 0 && ms <= 1000), times.join());
    assert.ok(new Set(times).size > 20, times.join());
});
