// citron and its peers on one machine, peer by peer within each round, so that the machine's moods meet all of them.
// node test/bench/bench_peers.mjs [--runs N] [--peers a,b] [--workloads a,b] [--seconds S]
// Markdown on stdout, progress on stderr, every figure in build/bench-peers.json.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { binaries, isAlive, Process, root } from "../system/support/cluster.mjs";
import { table } from "./figures.mjs";
import * as citron from "./peers/citron.mjs";
import * as nats from "./peers/nats.mjs";
import * as pomelo from "./peers/pomelo.mjs";
import * as socketio from "./peers/socketio.mjs";
import { workloads } from "./workloads.mjs";

const { values: options } = parseArgs({
    options: {
        runs: { type: "string", default: "5" },
        peers: { type: "string" },
        workloads: { type: "string" },
        seconds: { type: "string" }, // of each run, for a quick look; default: citron-bench's own
        timeout: { type: "string", default: "600" }, // seconds that one run may take
        json: { type: "string", default: path.join(root, "build/bench-peers.json") },
    },
});

// `ramp`: where the workload hot begins, in messages per second, well below what the peer holds.
const peers = {
    "nats": { start: nats.start, ramp: 500 },
    "socketio": { start: socketio.start, ramp: 200 },
    "pomelo": { start: pomelo.start, ramp: 50 },
    "pomelo-tuned": { start: () => pomelo.start({ tuned: true }), ramp: 200 },
    "citron-fsync": { start: () => citron.start(), ramp: 500 }, // as it comes
    "citron": { start: () => citron.start({ chat: { durability: "memory" } }), ramp: 500 },
};

function chosen(all, names) {
    const wanted = names?.split(",") ?? Object.keys(all);
    const unknown = wanted.filter((name) => !all[name]);
    if (unknown.length > 0) {
        console.error(`no ${unknown.join(", ")}; there are ${Object.keys(all).join(", ")}`);
        process.exit(2);
    }
    return Object.fromEntries(wanted.map((name) => [name, all[name]]));
}

const say = (text) => process.stderr.write(`${text}\n`);

let ending = false;
process.once("SIGINT", () => { ending = true; }); // the run that goes on fails by it, and is the last

/** What a process complained of, or how it ended. */
function lastWords(one) {
    const lines = one.err.trim().split("\n");
    const complaints = lines.filter((line) => line.startsWith("citron-bench: ")).map((line) => line.slice("citron-bench: ".length));
    return complaints.join("; ") || lines.at(-1) || `citron-bench ended with ${one.code}`;
}

async function load(peer, args, folder) {
    const file = path.join(folder, "result.json");
    const bench = new Process(path.join(binaries, "citron-bench"),
        [...args, "--dialect", peer.dialect, "--at", peer.at.join(), "--pids", peer.pids.join(), "--json", file]);
    const timer = setTimeout(() => bench.signal("SIGKILL"), Number(options.timeout) * 1000);
    await bench.ended;
    clearTimeout(timer);
    if (bench.code === "SIGKILL")
        throw new Error(`not done within ${options.timeout} s`);
    if (bench.code !== 0)
        throw new Error(lastWords(bench));
    const dead = peer.pids.filter((pid) => !isAlive(pid));
    if (dead.length > 0)
        throw new Error(`${dead.length} of ${peer.pids.length} servers died`);
    const result = JSON.parse(await readFile(file, "utf8"));
    await rm(file);
    return result;
}

function argsFor(workload, { ramp }) {
    const seconds = options.seconds ? ["--seconds", options.seconds] : [];
    return [...workload.args, ...(workload.ramp ? ["--rate", String(ramp)] : []), ...seconds];
}

/** One workload against servers of its own: nothing of an earlier run is left in them. */
async function measure(name, workload, folder) {
    const peer = await peers[name].start();
    try {
        return { version: peer.version, result: await load(peer, argsFor(workload, peers[name]), folder) };
    } finally {
        await peer.stop();
    }
}

function machine() {
    const cpus = os.cpus();
    return {
        date: new Date().toISOString(),
        cores: cpus.length,
        cpu: cpus[0]?.model.trim() ?? "unknown",
        memory_gib: Math.round(os.totalmem() / 2 ** 30),
        kernel: `${os.type()} ${os.release()}`,
        node: process.version,
        load: os.loadavg()[0].toFixed(1),
    };
}

function report({ about, versions, runs }, selected) {
    const names = Object.keys(selected.peers);
    return [
        `${about.date}, ${about.cores} cores (${about.cpu}), ${about.memory_gib} GiB, ${about.kernel}, load ${about.load} before`,
        [...new Set([...Object.values(versions), `node ${about.node}`])].join("; "),
        "",
        table(runs, selected.workloads, names, "citron"),
        "",
        `Medians, ${about.runs} rounds. (×n): citron was n times better in the same round, median of the rounds.`,
        "Idle CPU is mostly heartbeats: citron and Pomelo every 10 s, Socket.IO every 25 s, NATS every 2 min (its defaults).",
    ].join("\n");
}

const selected = { peers: chosen(peers, options.peers), workloads: chosen(workloads, options.workloads) };
const folder = await mkdtemp(path.join(os.tmpdir(), "citron-bench-"));
const record = { about: { ...machine(), runs: Number(options.runs) }, versions: {}, runs: [] };
await mkdir(path.dirname(options.json), { recursive: true });

const turns = Array.from({ length: record.about.runs }, (_, i) => i + 1).flatMap((round) =>
    Object.entries(selected.workloads).flatMap(([workload, plan]) =>
        Object.keys(selected.peers).map((peer) => ({ round, workload, plan, peer }))));

for (const { round, workload, plan, peer } of turns) {
    if (ending)
        break;
    const run = { round, peer, workload };
    try {
        const { version, result } = await measure(peer, plan, folder);
        record.versions[peer] = version;
        record.runs.push({ ...run, result });
        say(`${round} ${workload} ${peer}: ${plan.figures.map((figure) => `${figure.of(result)} ${figure.title}`).join(", ")}`);
    } catch (error) {
        record.runs.push({ ...run, error: error.message });
        say(`${round} ${workload} ${peer}: ${error.message}`);
    }
    await writeFile(options.json, JSON.stringify(record, null, 1)); // what has been measured outlives an early end
}
await rm(folder, { recursive: true });
console.log(report(record, selected));
