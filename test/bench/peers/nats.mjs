// NATS: one nats-server, clients over its WebSocket port. A room is a subject.
import { accepts, startPeer, untilUp, versionOf } from "./household.mjs";

// Everything not named here is as nats-server has it by default; TLS is off because its peers have none either.
const settings = (port, wsPort) => `
host: 127.0.0.1
port: ${port}
websocket {
    host: 127.0.0.1
    port: ${wsPort}
    no_tls: true
    compression: false
}
`;

export const start = () => startPeer("nats", async (home) => {
    const version = await versionOf("nats-server");
    const wsPort = home.port();
    const file = await home.write("nats.conf", settings(home.port(), wsPort));
    const server = home.spawn("nats-server", ["--config", file]);
    await untilUp([server], () => accepts(wsPort));
    return { version: `nats-server ${version}`, dialect: "nats", at: [`127.0.0.1:${wsPort}`] };
});
