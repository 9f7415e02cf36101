// The load generator against a real cluster: what it counts is what was said, by TCP and by TLS. No figure is judged.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { Cluster, binaries, run } from "../system/support/cluster.mjs";

const members = 20;

for (const [way, tls] of [["TCP", false], ["TLS where the gate says so", "connector"]]) {
    test(`citron-bench hears all that it says, by ${way}`, async () => {
        const cluster = await Cluster.start({ connectors: 2, chats: 1, chat: { durability: "memory" }, tls });
        try {
            const file = path.join(cluster.dir, "figures.json");
            const { code, stderr } = await run(path.join(binaries, "citron-bench"),
                ["steady", "--at", cluster.gateUrl.replace("ws://", ""), "--members", members, "--rate", 100, "--seconds", 1, "--payload", 40000, "--json", file]);
            assert.equal(code, 0, stderr);
            const { joined, sent, accepted, delivered, lost, closed, repeated, disordered, same_order } = JSON.parse(await readFile(file, "utf8"));
            assert.deepEqual({ joined, lost, closed, repeated, disordered, same_order },
                { joined: members, lost: 0, closed: 0, repeated: 0, disordered: 0, same_order: true });
            assert.ok(sent > 0);
            assert.equal(accepted, sent);
            assert.equal(delivered, sent * members);
            const handshakes = await Promise.all(cluster.section.connector.map(async ({ id }) => (await cluster.stats(id))["tls.handshakes"] ?? 0));
            assert.equal(handshakes.reduce((sum, count) => sum + count), tls ? members : 0);
        } finally {
            await cluster.stop();
        }
    });
}
