// Socket.IO: three processes, each on a port of its own, joined by the Redis adapter.
import { createRequire } from "node:module";

import { accepts, saysReady, startPeer, untilUp, versionOf } from "./household.mjs";

const processes = 3; // as many as citron has connectors
const require = createRequire(import.meta.url);
const versionOfPackage = (name) => require(`${name}/package.json`).version;

function redis(home, port) {
    return home.spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", home.dir,
        "--save", "", "--appendonly", "no"]); // it passes messages on, and has nothing to keep
}

export const start = () => startPeer("socketio", async (home) => {
    const redisVersion = await versionOf("redis-server");
    const redisPort = home.port();
    const store = redis(home, redisPort);
    await untilUp([store], () => accepts(redisPort));
    const ports = Array.from({ length: processes }, () => home.port());
    const servers = ports.map((port) => home.spawnNode("socketio/server.mjs", [port, redisPort].map(String)));
    await untilUp([store, ...servers], () => servers.every(saysReady));
    return {
        version: `socket.io ${versionOfPackage("socket.io")}, redis-adapter ${versionOfPackage("@socket.io/redis-adapter")}, ` +
            `redis-server ${redisVersion}`,
        dialect: "socketio",
        at: ports.map((port) => `127.0.0.1:${port}`),
    };
});
