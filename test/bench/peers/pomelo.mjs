// Pomelo 2.2.7 with the chat that citron comes from: a master, a gate, three connectors, three chat servers.
// As it comes (direct push, Nagle's delay between servers), or tuned: its buffer scheduler, and TCP_NODELAY on every socket.
// It runs on today's node as npm delivers it; nothing of what it depends on needs its install scripts.
import { mkdir, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

import { here, saysReady, startPeer, untilUp } from "./household.mjs";

const { version } = createRequire(import.meta.url)("pomelo/package.json");
const host = "127.0.0.1";

function lines(home) {
    const three = (line) => [1, 2, 3].map((number) => ({ ...line(number), host }));
    return {
        gate: [{ id: "gate-server-1", host, clientPort: home.port(), frontend: true }],
        connector: three((n) => ({ id: `connector-server-${n}`, port: home.port(), clientPort: home.port(), frontend: true })),
        chat: three((n) => ({ id: `chat-server-${n}`, port: home.port() })),
    };
}

/** config/ and app/ where Pomelo looks for them. Its loggers are off; if one were not, it would write there, too. */
async function prepare(home) {
    const servers = lines(home);
    await mkdir(path.join(home.dir, "config"));
    await symlink(path.join(here, "pomelo/app"), path.join(home.dir, "app"));
    await home.write("config/servers.json", { production: servers });
    await home.write("config/master.json", { production: { id: "master-server-1", host, port: home.port() } });
    await home.write("config/log4js.json", { appenders: [], levels: { "[all]": "OFF" }, replaceConsole: false });
    return servers;
}

/** Every server is our own child: the master, told that it is alone (type=master), would start them detached. */
function spawnServer(home, tuned, line) {
    const server = home.spawnNode("pomelo/app.js",
        ["env=production", ...Object.entries(line).map(([key, value]) => `${key}=${value}`)],
        { PEER_BASE: home.dir, PEER_TUNED: tuned ? "yes" : "no" });
    server.name = line.id ?? "master";
    return server;
}

export const start = ({ tuned = false } = {}) => startPeer(tuned ? "pomelo-tuned" : "pomelo", async (home) => {
    const servers = await prepare(home);
    const master = spawnServer(home, tuned, { type: "master" });
    await untilUp([master], () => saysReady(master));
    const others = Object.entries(servers).flatMap(([serverType, section]) =>
        section.map((line) => spawnServer(home, tuned, { ...line, serverType })));
    await untilUp([master, ...others], () => others.every(saysReady));
    return { version: `pomelo ${version}`, dialect: "pomelo", at: [`${host}:${servers.gate[0].clientPort}`] };
});
