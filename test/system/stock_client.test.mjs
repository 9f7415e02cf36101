// The unmodified Pomelo client of npm against a real cluster.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Cluster } from "./support/cluster.mjs";
import { Raw } from "./support/raw.mjs";
import { StockClient } from "./support/stock.mjs";
import { until } from "./support/wait.mjs";

let cluster;
before(async () => { cluster = await Cluster.start(); });
after(() => cluster?.stop());

const enter = (name, room) => StockClient.enterByGate(cluster.section.gate[0].clientPort, name, room);

/** Names of which the gate sends no two to the same connector. */
async function namesOnDifferentConnectors(count) {
    const gate = await StockClient.connect(cluster.section.gate[0].clientPort);
    const byPort = new Map();
    for (let i = 0; byPort.size < count; ++i) {
        const { port } = await gate.request("gate.gateHandler.queryEntry", { uid: `user${i}` });
        byPort.set(port, `user${i}`);
    }
    gate.close();
    return [...byPort.values()];
}

test("the gate names a connector, the same one for the same user", async () => {
    const gate = await StockClient.connect(cluster.section.gate[0].clientPort);
    const first = await gate.request("gate.gateHandler.queryEntry", { uid: "ada" });
    const second = await gate.request("gate.gateHandler.queryEntry", { uid: "ada" });
    gate.close();

    assert.deepEqual(Object.keys(first), ["code", "host", "port"]);
    assert.equal(first.code, 200);
    assert.ok(cluster.section.connector.some((line) => line.clientPort === first.port));
    assert.deepEqual(second, first);
});

test("the gate refuses without a uid", async () => {
    const gate = await StockClient.connect(cluster.section.gate[0].clientPort);
    for (const body of [{}, { uid: "" }, { uid: null }, { uid: 0 }])
        assert.equal((await gate.request("gate.gateHandler.queryEntry", body)).code, 500, JSON.stringify(body));
    gate.close();
});

test("enter lists everybody, oneself last; the others get onAdd, later onLeave", async () => {
    const [one, two] = await namesOnDifferentConnectors(2);
    const first = await enter(one, "adds");
    const second = await enter(two, "adds");

    assert.deepEqual(first.entered.users, [one]);
    assert.deepEqual(second.entered.users, [one, two]);
    const { user, route } = await first.gets("onAdd");
    assert.deepEqual({ user, route }, { user: two, route: "onAdd" });

    second.close();
    assert.equal((await first.gets("onLeave")).user, two);
    assert.deepEqual(second.of("onAdd"), []);
    first.close();
});

test("a message to all reaches everybody, the sender too, whichever connector they are on", async () => {
    const names = await namesOnDifferentConnectors(3);
    const all = [];
    for (const name of names)
        all.push(await enter(name, "all"));

    const answer = await all[0].send("hello", "*", { route: "chat.chatHandler.send" });

    assert.equal(answer.code, undefined);
    assert.equal(answer.route, "chat.chatHandler.send");
    for (const one of all) {
        const { route, msg, from, target } = await one.gets("onChat");
        assert.deepEqual({ route, msg, from, target }, { route: "onChat", msg: "hello", from: names[0], target: "*" });
    }
    all.forEach((one) => one.close());
});

test("a message to one reaches that one only", async () => {
    const names = await namesOnDifferentConnectors(3);
    const all = [];
    for (const name of names)
        all.push(await enter(name, "one"));

    await all[0].send("psst", names[1]);
    await all[0].send("done");

    const { msg, from, target } = await all[1].gets("onChat");
    assert.deepEqual({ msg, from, target }, { msg: "psst", from: names[0], target: names[1] });
    for (const one of [all[0], all[2]]) {
        await one.gets("onChat", (body) => body.msg === "done");
        assert.deepEqual(one.of("onChat").map((body) => body.msg), ["done"]);
    }
    all.forEach((one) => one.close());
});

test("a message to somebody who is not there is refused", async () => {
    const ada = await enter("ada", "alone");
    assert.equal((await ada.send("anyone?", "nobody")).code, 500);
    assert.deepEqual(ada.of("onChat"), []);
    ada.close();
});

test("a taken name is refused as the original does", async () => {
    const first = await enter("ada", "twice");
    const second = await enter("ada", "twice");
    assert.equal(second.entered.code, 500);
    assert.equal(second.entered.error, true);

    const elsewhere = await enter("ada", "another room");
    assert.deepEqual(elsewhere.entered.users, ["ada"]);
    [first, second, elsewhere].forEach((one) => one.close());
});

test("unicode survives: names, rooms, contents", async () => {
    // No character beyond the basic plane: this client's own encoder cannot express those.
    const first = await enter("Zoë", "комната");
    const second = await enter("小明", "комната");
    assert.deepEqual(second.entered.users, ["Zoë", "小明"]);

    await second.send("Grüße, 世界! \u0000\"\\ </script>");
    assert.equal((await first.gets("onChat")).msg, "Grüße, 世界! \u0000\"\\ </script>");
    await first.send("só tu", "小明");
    assert.equal((await second.gets("onChat", (body) => body.target === "小明")).msg, "só tu");
    [first, second].forEach((one) => one.close());
});

test("a client that beats stays; one that falls silent is closed and leaves", async () => {
    const impatient = await Cluster.start({ connectors: 1, chats: 1, chat: { heartbeatMs: 500, idleMs: 3000 } });
    try {
        const ada = await StockClient.enterByGate(impatient.section.gate[0].clientPort, "ada", "beats");
        const silent = await Raw.shakenHands(impatient.connectorUrl(1));
        silent.sendMessage({ type: 0, id: 1, route: "connector.entryHandler.enter", body: { username: "mute", rid: "beats" } });
        assert.deepEqual((await silent.answer(1)).users, ["ada", "mute"]);

        assert.equal(await silent.ends(), "heartbeat");
        assert.equal((await ada.gets("onLeave")).user, "mute");
        assert.deepEqual(ada.of("disconnect"), []);
        ada.close();
    } finally {
        await impatient.stop();
    }
});

test("a client notices a server that has stopped", async () => {
    const lone = await Cluster.start({ connectors: 1, chats: 1, restart: false, chat: { heartbeatMs: 300, idleMs: 900 } });
    try {
        const ada = await StockClient.enterByGate(lone.section.gate[0].clientPort, "ada", "frozen");
        const pid = await lone.pidOf("connector-server-1");
        process.kill(pid, "SIGSTOP");
        await until(() => ada.of("heartbeat timeout").length > 0, "its heartbeat is missed");
        process.kill(pid, "SIGCONT");
    } finally {
        await lone.stop();
    }
});

test("routes of the dictionary may be compressed, and the dictionary is sent once", async () => {
    const plain = await Raw.shakenHands(cluster.connectorUrl(1));
    const { dict, codeToRoute, routeToCode, dictVersion, useDict } = plain.handshake.sys;
    assert.ok(useDict);
    assert.deepEqual(routeToCode, dict);
    for (const [route, code] of Object.entries(dict))
        assert.equal(codeToRoute[code], route);
    assert.deepEqual(Object.keys(dict), Object.keys(dict).sort());

    const again = await Raw.shakenHands(cluster.connectorUrl(2), { type: "test", version: "1", dictVersion });
    assert.equal(again.handshake.sys.dict, undefined);
    assert.ok(again.handshake.sys.useDict);
    again.sendMessage({ type: 0, id: 1, route: dict["connector.entryHandler.enter"], body: { username: "zip", rid: "dict" } });
    assert.deepEqual((await again.answer(1)).users, ["zip"]);
    [plain, again].forEach((one) => one.close());
});

test("300 messages and ids beyond 127 arrive in order, and every answer finds its request", async () => {
    const names = await namesOnDifferentConnectors(2);
    const [sender, listener] = [await enter(names[0], "order"), await enter(names[1], "order")];
    const expected = Array.from({ length: 300 }, (_, i) => `message ${i}`);

    const answers = await Promise.all(expected.map((content) => sender.send(content)));

    assert.deepEqual(answers.map((answer) => answer.offset), expected.map((_, i) => i + 1));
    for (const one of [sender, listener]) {
        await until(() => one.of("onChat").length >= 300, "all have arrived");
        assert.deepEqual(one.of("onChat").map((body) => body.msg), expected);
        one.close();
    }
});

test("a notify is delivered and not answered", async () => {
    const ada = await enter("ada", "notify");
    ada.pomelo.notify("chat.chatHandler.send", { content: "quietly", target: "*" });
    assert.equal((await ada.gets("onChat")).msg, "quietly");
    ada.close();
});
