// The chat as Pomelo has it: gate, connectors, chat servers. Which one this process is, its arguments say (id=..., serverType=...).
// PEER_BASE is the folder with config/; PEER_TUNED=yes asks for what Pomelo can do beyond its defaults.
const { subscribe } = require("node:diagnostics_channel");
const pomelo = require("pomelo");

const { pick } = require("./app/pick");

const tuned = process.env.PEER_TUNED === "yes";
const heartbeatSeconds = 10; // as citron; its examples have 3

// Its WebSocket connections have no delay as they come; the sockets between its servers have, and no setting for it.
if (tuned)
    for (const kind of ["server", "client"])
        subscribe(`net.${kind}.socket`, ({ socket }) => socket.setNoDelay(true));

const app = pomelo.createApp({ base: process.env.PEER_BASE });
app.set("name", "chat");

app.configure("production", () => {
    app.route("chat", (session, message, _, done) => {
        const server = pick(session.get("rid"), app.getServersByType("chat"));
        done(server ? null : new Error("no chat server"), server?.id);
    });
    app.filter(pomelo.timeout());
});

app.configure("production", "gate|connector", () => {
    app.set("connectorConfig", {
        connector: pomelo.connectors.hybridconnector,
        heartbeat: heartbeatSeconds,
        useDict: true,
        useProtobuf: true,
    });
});

if (tuned)
    app.configure("production", "connector", () => { // the gate pushes nothing
        app.set("pushSchedulerConfig", { scheduler: pomelo.pushSchedulers.buffer });
    });

/** Started, and heard of all others: who asks now meets the whole cluster. */
function sayWhenReady() {
    const all = Object.keys(app.getServersFromConfig()).length;
    const timer = setInterval(() => {
        if (app.serverType !== "master" && Object.keys(app.getServers()).length < all)
            return;
        clearInterval(timer);
        console.log("ready");
    }, 50);
}

app.start((error) => {
    if (error)
        throw error;
    sayWhenReady();
});

// As in Pomelo's own examples: what one client does must not end the server for all.
process.on("uncaughtException", (error) => console.error(error.stack));
