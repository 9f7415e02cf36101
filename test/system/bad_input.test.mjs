// Bad input gets a clear answer and harms nobody: a neighbour on the same connector and room watches every case.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Cluster, python, run } from "./support/cluster.mjs";
import { MESSAGE, Member, PACKAGE, encodeMessage, encodePackage, refusal } from "./support/member.mjs";
import { Raw } from "./support/raw.mjs";
import { until } from "./support/wait.mjs";

let cluster, neighbour, pids, url;

before(async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 2, restart: false, chat: { maxMessageBytes: 65536 } });
    url = cluster.connectorUrl(1);
    pids = (await cluster.list()).map((row) => row.pid);
});
after(() => cluster?.stop());

let houses = 0;
beforeEach(async () => { neighbour = await Member.enter(url, `neighbour ${++houses}`, "street"); });
afterEach(async () => {
    await neighbour.send("all is well");
    await neighbour.hears("all is well");
    assert.deepEqual(neighbour.of("kick"), []);
    assert.deepEqual(neighbour.of("onAdd").map((push) => push.user).filter((user) => /[*\u0000-\u001f]/.test(user)), []);
    const left = neighbour.client.connected;
    neighbour.close();
    assert.ok(left);
    assert.deepEqual((await cluster.list()).map((row) => row.pid), pids, "no server has died");
});

const bytes = (...values) => Uint8Array.from(values.flat());
const utf8 = (text) => [...new TextEncoder().encode(text)];

const endings = {
    "an unknown package type": bytes(9, 0, 0, 0),
    "type zero": bytes(0, 0, 0, 0),
    "a package that only servers send": bytes(5, 0, 0, 0),
    "a package header cut short": bytes(4, 0),
    "an empty frame": bytes(),
    "a body shorter than its length": bytes(4, 0, 0, 200, 1, 2, 3),
    "a length of 16 MiB": bytes(4, 0xff, 0xff, 0xff, 0),
    "a good package, then garbage": bytes(3, 0, 0, 0, 77, 77, 77),
    "a data package without a body": bytes(4, 0, 0, 0),
    "a message that ends in its id": bytes(4, 0, 0, 2, 0, 0x85),
    "a message whose route is cut short": bytes(4, 0, 0, 4, 0, 1, 50, 97),
    "a compressed route cut short": bytes(4, 0, 0, 3, 1, 1, 0),
};
for (const [what, garbage] of Object.entries(endings))
    test(`${what} ends that connection, and says why`, async () => {
        const raw = await Raw.shakenHands(url);
        raw.send(garbage);
        assert.equal(await raw.ends(), "protocol");
    });

test("a text frame is taken as its bytes", async () => {
    const raw = await Raw.shakenHands(url);
    raw.send("not a package");
    assert.equal(await raw.ends(), "protocol");
});

for (const [what, body] of Object.entries({
    "without sys": utf8("{}"), "that is no JSON": utf8("{nonsense"), "that is empty": [], "that is null": utf8("null") }))
    test(`a handshake ${what} is refused`, async () => {
        const raw = await Raw.connect(url);
        raw.send(encodePackage(PACKAGE.HANDSHAKE, bytes(body)));
        const { body: answer } = await raw.gets(PACKAGE.HANDSHAKE);
        assert.deepEqual(JSON.parse(new TextDecoder().decode(answer)), { code: 500 });
        await raw.ends();
    });

test("packages before the handshake are ignored, as the original does", async () => {
    const raw = await Raw.connect(url);
    raw.sendMessage({ type: MESSAGE.REQUEST, id: 1, route: "connector.entryHandler.enter", body: { username: "x", rid: "street" } });
    raw.send(encodePackage(PACKAGE.HEARTBEAT));
    raw.send(encodePackage(PACKAGE.ACK));
    raw.send(encodePackage(PACKAGE.HANDSHAKE, bytes(utf8('{"sys":{"type":"t"}}'))));
    await raw.gets(PACKAGE.HANDSHAKE);
    assert.equal(raw.packages.filter((one) => one.type === PACKAGE.DATA).length, 0);
    raw.close();
});

const routes = ["nope", "a.b", "a.b.c.d", "nope.x.y", "chat.nope.send", "chat.chatHandler.nope", "chat.chatRemote.add",
    "chat.chatRemote.kick", "connector.channelRemote.push", "sys.statsRemote.read", "chat.chatHandler.constructor",
    "connector.entryHandler.nope", "gate.gateHandler.queryEntry", "..", ""];
test("unknown routes, and those of servers, are refused; the connection lives on", async () => {
    const raw = await Raw.shakenHands(url);
    for (const [i, route] of routes.entries())
        raw.sendMessage({ type: MESSAGE.REQUEST, id: i + 1, route, body: {} });
    for (const [i, route] of routes.entries())
        assert.deepEqual(await raw.answer(i + 1), { code: 500, reason: "no_such_route" }, route);
    raw.close();
});

test("an unknown compressed code is refused", async () => {
    const raw = await Raw.shakenHands(url);
    raw.sendMessage({ type: MESSAGE.REQUEST, id: 1, route: 4711, body: {} });
    assert.equal((await raw.answer(1)).reason, "no_such_route");
    raw.close();
});

test("responses and pushes from a client are ignored", async () => {
    const raw = await Raw.shakenHands(url);
    raw.sendMessage({ type: MESSAGE.PUSH, route: "onChat", body: { msg: "forged", from: "neighbour", target: "*" } });
    raw.sendMessage({ type: MESSAGE.RESPONSE, id: 1, body: {} });
    raw.sendMessage({ type: MESSAGE.REQUEST, id: 2, route: "nope", body: {} });
    assert.equal((await raw.answer(2)).code, 500);
    assert.deepEqual(neighbour.heard(), []);
    raw.close();
});

const long = "n".repeat(65);
const entries = [
    {}, { username: "ada" }, { rid: "street" }, { username: "", rid: "street" }, { username: "ada", rid: "" },
    { username: "a*b", rid: "street" }, { username: "ada", rid: "st*reet" }, { username: "a\nb", rid: "street" },
    { username: "a\u0007b", rid: "street" }, { username: "ada", rid: "a\u0000b" }, { username: "a\u0085b", rid: "street" },
    { username: long, rid: "street" }, { username: "ada", rid: long }, { username: ["ada"], rid: "street" },
    { username: { a: 1 }, rid: "street" }, { username: true, rid: "street" }, { username: null, rid: "street" },
    { username: "ada", rid: [] }, [], "text", 7, null, { username: "ada", rid: "street", since: "yesterday" },
    { username: "ada", rid: "street", since: { epoch: 1, offset: "x" } }, { username: "ada", rid: "street", since: { epoch: "e", offset: -1 } },
];
for (const body of entries)
    test(`enter ${JSON.stringify(body).slice(0, 60)} is a bad request`, async () => {
        const raw = await Raw.shakenHands(url);
        raw.sendMessage({ type: MESSAGE.REQUEST, id: 1, route: "connector.entryHandler.enter", body });
        assert.deepEqual(await raw.answer(1), { code: 500, reason: "bad_request" });
        raw.sendMessage({ type: MESSAGE.REQUEST, id: 2, route: "connector.entryHandler.enter", body: { username: "good", rid: "lane" } });
        assert.deepEqual((await raw.answer(2)).users, ["good"]);
        raw.close();
        await until(async () => (await cluster.stats("connector-server-1"))["sessions.open"] === 1, "only the neighbour is left");
    });

test("a name or a room that is a number counts as its text", async () => {
    const ada = await Member.enter(url, 42, 7);
    assert.deepEqual(ada.entered.users, ["42"]);
    assert.equal(ada.entered.rid, "7");
    ada.close();
});

test("64 code points are not too long, however many bytes", async () => {
    const name = "😀".repeat(64);
    const ada = await Member.enter(url, name, name);
    assert.deepEqual(ada.entered.users, [name]);
    ada.close();
});

/** A request whose JSON is given as bytes. */
function rawRequest(id, route, json) {
    const name = utf8(route);
    return encodePackage(PACKAGE.DATA, bytes(0, id, name.length, name, json));
}

test("a name in broken UTF-8 is a bad request", async () => {
    for (const broken of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf5, 0x80, 0x80, 0x80]]) {
        const raw = await Raw.shakenHands(url);
        raw.send(rawRequest(1, "connector.entryHandler.enter", [...utf8('{"username":"a'), ...broken, ...utf8('","rid":"street"}')]));
        assert.deepEqual(await raw.answer(1), { code: 500, reason: "bad_request" }, `${broken}`);
        raw.close();
    }
});

test("a body that is no JSON is taken as empty, as the original does", async () => {
    const raw = await Raw.shakenHands(url);
    raw.send(rawRequest(1, "connector.entryHandler.enter", utf8('{"username":')));
    assert.deepEqual(await raw.answer(1), { code: 500, reason: "bad_request" });
    raw.close();
});

test("JSON nested beyond reason is refused", async () => {
    const raw = await Raw.shakenHands(url);
    raw.send(rawRequest(1, "connector.entryHandler.enter", utf8("[".repeat(30000))));
    assert.equal((await raw.answer(1)).code, 500);
    raw.close();
});

test("sends that are wrong are refused, each with its reason", async () => {
    const ada = await Member.connect(url);
    for (const method of ["send", "signal", "history", "users"])
        assert.equal(await refusal(ada.chat(method, { content: "x", target: "*", data: 1 })), "not_entered", method);
    assert.equal(await refusal(ada.join("street")), "not_entered");
    await ada.enter("ada", "street");
    for (const body of [{}, { content: "x" }, { content: "x", target: "" }, { content: "x", target: ["*"] }])
        assert.ok(["bad_request", "no_such_user"].includes(await refusal(ada.chat("send", body))), JSON.stringify(body));
    for (const body of [{ limit: 0 }, { limit: 101 }, { limit: "x" }, { before: "x" }, { before: -1 }, { limit: 1.5 }])
        assert.equal(await refusal(ada.chat("history", body)), "bad_request", JSON.stringify(body));
    assert.equal(await refusal(ada.chat("send", { content: "x", target: "*", rid: "elsewhere" })), "not_entered");
    await neighbour.gets("onAdd", { user: "ada" });
    assert.deepEqual(neighbour.heard(), []);
    ada.close();
});

test("a message without content is one, without msg, as the original has it", async () => {
    const ada = await Member.enter(url, "ada", "street");
    const { offset } = await ada.chat("send", { target: "*" });
    const push = await neighbour.gets("onChat", { offset });
    assert.deepEqual({ from: push.from, has: "msg" in push }, { from: "ada", has: false });
    ada.close();
});

test("a message over the limit is too large; just below it is not", async () => {
    const ada = await Member.enter(url, "ada", "street");
    assert.equal(await refusal(ada.send("x".repeat(65536))), "too_large");
    await ada.send("y".repeat(65000));
    await until(() => neighbour.heard().some((msg) => msg?.length === 65000), "the neighbour hears it");
    ada.close();
});

test("two packages in one frame are both served", async () => {
    const raw = await Raw.shakenHands(url);
    const request = (id) => encodePackage(PACKAGE.DATA, encodeMessage({ type: MESSAGE.REQUEST, id, route: "nope", body: {} }));
    raw.send(bytes([...request(1)], [...request(2)]));
    assert.equal((await raw.answer(1)).code, 500);
    assert.equal((await raw.answer(2)).code, 500);
    raw.close();
});

test("a connection that says HTTP instead of WebSocket gets an HTTP answer", async () => {
    const response = await fetch(`http://127.0.0.1:${cluster.connectorPort(1)}/`);
    assert.ok(response.status >= 400);
    await response.text();
});

test("garbage on the broker's sockets is counted, and nothing else", async () => {
    const script = path.join(path.dirname(fileURLToPath(import.meta.url)), "support/broker_garbage.py");
    const { port, pubPort, tapPort } = cluster.section.broker[0];
    const { code, stdout, stderr } = await run(python, [script, port, pubPort, tapPort]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /wrong version: unanswered or refused/);
    const stats = await cluster.stats("broker-1");
    assert.ok(Object.entries(stats).some(([name, value]) => /undecodable|bad|malformed/.test(name) && value > 0),
        JSON.stringify(stats));
});

test("a connector with the id of a living one ends by itself, and says so", async () => {
    const second = cluster.spawnServer("connector", "--id", "connector-server-1", "--client-port", "0");
    await until(() => !second.running, "it gives up", 15);
    assert.notEqual(second.code, 0);
    assert.match(second.err, /connector-server-1/);
    assert.match(second.err, /duplicate_id|already|another/);
});
