// citron itself, by tools/citron start: a broker, a gate, three connectors, three chat servers.
import { Cluster, root, run } from "../../system/support/cluster.mjs";

async function commit() {
    const { code, stdout } = await run("git", ["-C", root, "describe", "--always", "--dirty", "--exclude=*"]);
    return code === 0 ? stdout.trim() : "of no commit";
}

/** `chat`: keys of chat.json. In the environment "development", which limits no client's rate. */
export async function start({ chat = {} } = {}) {
    const cluster = await Cluster.start({ chat, restart: false });
    try {
        const servers = await cluster.list();
        return {
            name: "citron",
            version: `citron ${await commit()}`,
            dialect: "pomelo",
            at: [cluster.gateUrl.replace("ws://", "")],
            pids: [cluster.supervisor.pid, ...servers.map((row) => row.pid)],
            stop: () => cluster.stop(),
        };
    } catch (error) {
        await cluster.stop();
        throw error;
    }
}
