// The WebSocket protocol, by the cases of the Autobahn test suite; test/system/WEBSOCKET.md is the table of them.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { runCase, wanted } from "./conformance/case.mjs";
import { closing, closingBeyond } from "./conformance/closing.mjs";
import { compression } from "./conformance/compression.mjs";
import { beyond, framing } from "./conformance/framing.mjs";
import { limits } from "./conformance/limits.mjs";
import { render } from "./conformance/table.mjs";
import { text } from "./conformance/text.mjs";
import { Cluster, root } from "./support/cluster.mjs";
import { inParallel } from "./support/wait.mjs";

const cases = [...framing, ...text, ...closing, ...limits, ...compression, ...beyond, ...closingBeyond];
const page = path.join(root, "test/system/WEBSOCKET.md");
const atOnce = 24;

let cluster, pid;
const results = new Map();

before(async () => {
    cluster = await Cluster.start({ connectors: 1, chats: 1, gate: false, restart: false, chat: { durability: "memory" } });
    pid = await cluster.pidOf("connector-server-1");
    const all = await inParallel(cases.length, (i) => runCase(cases[i], cluster.connectorPort(1)), atOnce);
    cases.forEach((one, i) => results.set(one.id, all[i]));
});
after(() => cluster?.stop());

for (const one of cases)
    test(`${one.id}: ${one.sent}`, () => {
        const { raw, ws } = results.get(one.id);
        if (one.run)
            assert.deepEqual(raw, wanted(one));
        if (one.ws)
            assert.deepEqual(ws, wanted(one), "ws");
    });

test("no two cases have one number", () => assert.equal(results.size, cases.length));

test("the connector has lived through all of it, and counted", async () => {
    assert.equal(await cluster.pidOf("connector-server-1"), pid);
    const stats = await cluster.stats("connector-server-1");
    const mistakes = cases.filter((one) => one.expect.includes("kick protocol"));
    const kicked = mistakes.filter((one) => one.run).length + mistakes.filter((one) => one.ws).length;
    assert.equal(stats["session.protocol_errors"], kicked);
});

test("WEBSOCKET.md says the same", async () => {
    const sent = new Map([...results].map(([id, { raw, ws }]) => [id, raw ?? ws]));
    const table = render(cases, sent);
    if (process.env.UPDATE)
        await writeFile(page, table);
    assert.equal(await readFile(page, "utf8"), table, "run this test once with UPDATE=1");
});
