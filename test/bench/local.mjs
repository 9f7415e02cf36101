// citron-bench against a cluster of its own: node test/bench/local.mjs WORKLOAD [options of citron-bench].
// KEYS='{"outboxBytes":524288}' changes chat.json, DURABILITY (memory) where history is; CONNECTORS and CHATS say how
// many there are; with CURVE=yes the servers have keys, with TLS=yes connectors speak it, TRANSPORT is that of servers.json.
import { spawn } from "node:child_process";
import path from "node:path";
import { binaries, Cluster } from "../system/support/cluster.mjs";

/** With the default outbox it takes minutes until who does not read is closed. */
const small = { maxMessageBytes: 65536, outboxBytes: 262144 };

const { CONNECTORS = "3", CHATS = "3", ENV = "development", DURABILITY = "memory" } = process.env;
const { KEYS = process.argv[2] === "slow" ? JSON.stringify(small) : "{}" } = process.env;
const cluster = await Cluster.start({
    connectors: Number(CONNECTORS), chats: Number(CHATS), chat: { durability: DURABILITY, ...JSON.parse(KEYS) }, env: ENV,
    curve: process.env.CURVE === "yes", tls: process.env.TLS === "yes" && "connector", broker: process.env.TRANSPORT ? { transport: process.env.TRANSPORT } : {},
});
try {
    const servers = await cluster.list();
    console.error(servers.map(({ id, pid }) => `${id}=${pid}`).join(" "));
    const bench = spawn(path.join(binaries, "citron-bench"), [
        ...process.argv.slice(2),
        "--at", cluster.gateUrl.replace("ws://", ""), "--pids", servers.map((row) => row.pid).join(),
    ], { stdio: "inherit" });
    process.exitCode = await new Promise((resolve) => bench.once("exit", resolve));
} finally {
    await cluster.stop();
}
