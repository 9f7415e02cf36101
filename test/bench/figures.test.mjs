import assert from "node:assert/strict";
import { test } from "node:test";

import { digits, median, ratio, table, troubles } from "./figures.mjs";

const cost = { title: "CPU", of: (result) => result.cpu };
const speed = { title: "joins/s", more: true, of: (result) => result.joins };
const run = (round, peer, result, workload = "steady") => ({ round, peer, workload, result });

test("the median leaves out what is no number", () => {
    assert.equal(median([5, undefined, 1, 3]), 3);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.ok(Number.isNaN(median([undefined])));
});

test("figures have three digits", () => {
    assert.deepEqual([0, 0.01234, 1.5, 12.345, 123.45, 1234567].map(digits), ["0", "0.0123", "1.50", "12.3", "123", "1,234,567"]);
});

test("a ratio compares the same round, and says how many times better the base was", () => {
    const runs = [
        run(1, "citron", { cpu: 1, joins: 100 }), run(1, "other", { cpu: 4, joins: 50 }),
        run(2, "citron", { cpu: 10, joins: 100 }), run(2, "other", { cpu: 20, joins: 20 }),
        run(3, "citron", { cpu: 2, joins: 100 }), run(3, "other", { cpu: 6, joins: 25 }),
        run(4, "other", { cpu: 9999, joins: 1 }),
    ];
    assert.equal(ratio(runs, "steady", cost, "other", "citron"), 3);
    assert.equal(ratio(runs, "steady", speed, "other", "citron"), 4);
});

test("troubles are shares over all rounds", () => {
    const fine = { sent: 100, accepted: 100, expected: 1000, delivered: 1000, lost: 0, late: 0, closed: 0 };
    assert.deepEqual(troubles([fine]), []);
    assert.deepEqual(
        troubles([fine, { ...fine, accepted: 80, refused: { overloaded: 10 }, delivered: 900, lost: 100, late: 19, closed: 4 }]),
        ["refused 5.00 %", "not answered 5.00 %", "lost 5.00 %", "late 1.00 %", "2 clients closed"]);
});

test("a table has a line for each figure, and tells failures in their cells", () => {
    const runs = [
        run(1, "citron", { cpu: 2, joins: 300 }), run(1, "other", { cpu: 3, joins: 100 }),
        { round: 1, peer: "dead", workload: "steady", error: "did | not start\nfor many reasons" },
        run(2, "citron", { cpu: 2, joins: 300 }), { round: 2, peer: "other", workload: "steady", error: "slow" },
    ];
    const workloads = { steady: { title: "one room", figures: [cost, speed] } };
    assert.equal(table(runs, workloads, ["other", "dead", "citron"], "citron"), [
        "| workload | figure | other | dead | citron |",
        "| --- | --- | --- | --- | --- |",
        "| steady: one room | CPU | 3.00 (×1.50); 1 of 2 runs failed: slow | failed: did / not start | 2.00 |",
        "|  | joins/s | 100 (×3.00); 1 of 2 runs failed: slow | failed: did / not start | 300 |",
    ].join("\n"));
});
