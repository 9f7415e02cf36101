// Every server of a cluster is ended and started again, one after another, while people talk.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Run } from "../chaos/run.mjs";

test("a rolling restart of the whole cluster under load loses nothing", { timeout: 120_000 }, async () => {
    const run = new Run({ mode: "rolling", seed: 1, seconds: 40, faults: 8, bound: "FAULTS=8", users: 30, throughGate: true });
    try {
        await run.start();
        await run.play();
        assert.deepEqual(await run.judge(), []);
        assert.deepEqual(run.summary.faults, { "drain chat": 3, "drain connector": 3, "drain gate": 1, "drain broker": 1 });
        assert.equal(run.summary.notRecovered, 0);
        assert.ok(run.summary.resumed >= 15, "who was kicked has come back to its rooms");
        assert.ok(run.entries.some(({ what, reason }) => what === "kick" && reason === "drain"));
    } finally {
        await run.stop();
    }
});
