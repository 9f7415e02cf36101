// One of the Socket.IO processes: node server.mjs PORT REDIS_PORT. Rooms, and nothing but rooms.
import { createServer } from "node:http";

import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redisPort] = process.argv.slice(2).map(Number);

const publisher = createClient({ url: `redis://127.0.0.1:${redisPort}` });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false, adapter: createAdapter(publisher, subscriber) });

// The first HTTP request is not needed once the connection stands; the project's advice against idle memory.
io.engine.on("connection", (raw) => { raw.request = null; });

io.on("connection", (socket) => {
    socket.on("join", async (rid, done) => {
        await socket.join(rid);
        done();
    });
    socket.on("send", ({ rid, body }, done) => {
        io.to(rid).emit("onChat", body);
        done({});
    });
});

http.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => console.log("ready"));
