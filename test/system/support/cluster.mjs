// A real cluster: the binaries under tools/citron, on ports and in a folder of its own.
import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, mkdir, readFile, readdir, rm, symlink, unlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { makeCertificate } from "./certificates.mjs";
import { takePorts } from "./ports.mjs";
import { until } from "./wait.mjs";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const binaries = path.resolve(root, process.env.CITRON_BIN ?? "build/bin");
const python = "/usr/bin/python3";
const lockScript = path.join(path.dirname(fileURLToPath(import.meta.url)), "history_lock.py");
const slow = Number(process.env.CITRON_SLOW ?? 1); // for binaries with sanitizers

/** What a process that has ended said. */
function run(command, args, options = {}) {
    return new Promise((resolve) => execFile(command, args, { cwd: root, timeout: 60000, ...options }, (error, stdout, stderr) =>
        resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr })));
}

/** Also of a process that is not ours. */
export function isAlive(pid) {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}

/** A process with its output kept; dies with us. */
export class Process {
    constructor(command, args, options = {}) {
        this.out = "";
        this.err = "";
        this.child = spawn("/usr/bin/setpriv", ["--pdeathsig", "KILL", command, ...args],
            { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
        this.child.stdout.on("data", (data) => { this.out += data; });
        this.child.stderr.on("data", (data) => { this.err += data; });
        this.ended = new Promise((resolve) => this.child.on("close", (code, signal) => {
            this.code = code ?? signal;
            resolve(this.code);
        }));
    }

    get pid() {
        return this.child.pid;
    }

    get running() {
        return this.code === undefined;
    }

    /** Sends a signal, also to one that has been stopped. */
    signal(signal) {
        if (!this.running)
            return;
        this.child.kill(signal);
        this.child.kill("SIGCONT");
    }

    /** Resolves with the exit code; whoever does not end is killed. */
    async stop(signal = "SIGTERM", seconds = 15) {
        this.signal(signal);
        const timer = setTimeout(() => this.signal("SIGKILL"), seconds * 1000 * slow);
        await this.ended;
        clearTimeout(timer);
        return this.code;
    }
}

/** As servers.json names them. */
export const tlsFiles = { certificate: "tls/certificate.pem", key: "tls/key.pem" };

const address = (scheme, line, port) => `${scheme}${line.tls ? "s" : ""}://127.0.0.1:${port}`;

export class Cluster {
    #ports;
    #processes = [];

    /** Writes conf/ and takes ports. `chat`: keys of chat.json. `tls`: gate and connectors speak it; "connector": those alone. Nothing runs yet. */
    static async prepare({ gate = true, connectors = 3, chats = 3, chat = {}, env = "development", tls = false, extra = {}, broker = {} } = {}) {
        const cluster = new Cluster();
        cluster.env = env;
        cluster.#ports = await takePorts();
        cluster.dir = await mkdtemp(path.join(os.tmpdir(), "citron-test-"));
        await mkdir(path.join(cluster.dir, "conf"));
        await symlink(path.join(root, "www"), path.join(cluster.dir, "www"));
        const port = () => cluster.#ports.next();
        const lines = (count, id, line = () => ({})) =>
            Array.from({ length: count }, (_, i) => ({ id: `${id}-server-${i + 1}`, host: "127.0.0.1", ...line(i) }));
        cluster.httpPort = port();
        cluster.section = {
            broker: [{ id: "broker-1", host: "127.0.0.1", port: port(), pubPort: port(), tapPort: port(), ...broker }],
            connector: lines(connectors, "connector",
                (i) => ({ clientPort: port(), ...(gate || i ? {} : { httpPort: cluster.httpPort }) })),
            chat: lines(chats, "chat"),
            ...(gate ? { gate: lines(1, "gate", () => ({ clientPort: port(), httpPort: cluster.httpPort })) } : {}),
            ...extra,
        };
        if (tls) {
            await cluster.certify("localhost");
            for (const line of [...(tls === "connector" ? [] : cluster.section.gate ?? []), ...cluster.section.connector])
                line.tls = tlsFiles;
        }
        await cluster.writeServers();
        await cluster.write("chat.json", chat);
        return cluster;
    }

    /** Puts a certificate for this name, and its key, where `tls` of a line says; `ca` trusts it. */
    async certify(name) {
        this.ca = await makeCertificate(path.join(this.dir, "conf"), tlsFiles, name);
    }

    /** servers.json as `section` is by now. */
    writeServers() {
        return this.write("servers.json", { [this.env]: this.section });
    }

    static async start(options = {}) {
        const cluster = await Cluster.prepare(options);
        try {
            if (options.curve)
                await cluster.makeKeys();
            await cluster.run(options.restart === false ? ["--no-restart"] : []);
        } catch (error) {
            await cluster.stop();
            throw error;
        }
        return cluster;
    }

    write(name, value, mode) {
        const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
        return writeFile(path.join(this.dir, "conf", name), text, { mode });
    }

    /** servers.json, with these keys more in the broker's line. */
    writeBroker(keys) {
        Object.assign(this.section.broker[0], keys);
        return this.write("servers.json", { [this.env]: this.section });
    }

    /** Everybody's keys, in conf/keys, named in servers.json. */
    async makeKeys() {
        const { code, stderr } = await this.citron("keygen");
        if (code !== 0)
            throw new Error(`citron keygen: ${stderr}`);
        await this.writeBroker({ keys: "keys" });
    }

    get confOptions() {
        return ["--conf", path.join(this.dir, "conf"), "--env", this.env];
    }

    /** citron start, until it says that it is ready. */
    async run(options = []) {
        this.supervisor = this.spawn(path.join(root, "tools/citron"), ["start", ...this.confOptions, "--bin-dir", binaries, ...options]);
        const ready = `cluster ready: ${this.webUrl}\n`;
        await until(() => this.supervisor.out.includes(ready) || !this.supervisor.running,
            () => `ready\n${this.supervisor.err}`, 30 * slow);
        if (!this.supervisor.running)
            throw new Error(`citron start ended with ${this.supervisor.code}\n${this.supervisor.err}`);
    }

    /**
     * A folder for --bin-dir in which citron-<kind> is a shell script: `body`, where $real is the binary.
     * Resolves with the folder.
     */
    async binariesWith(kind, body) {
        const folder = path.join(this.dir, "bin");
        await mkdir(folder);
        for (const name of ["broker", "gate", "connector", "chat"])
            await symlink(path.join(binaries, `citron-${name}`), path.join(folder, `citron-${name}`));
        const script = path.join(folder, `citron-${kind}`);
        await unlink(script);
        await writeFile(script, `#!/bin/sh\nreal=${path.join(binaries, `citron-${kind}`)}\n${body}\n`);
        await chmod(script, 0o755);
        return folder;
    }

    /** A process that ends with the cluster. */
    spawn(command, args, options) {
        const made = new Process(command, args, options);
        this.#processes.push(made);
        return made;
    }

    /** A server started by hand, in another terminal so to speak. */
    spawnServer(kind, ...args) {
        return this.spawn(path.join(binaries, `citron-${kind}`), [...this.confOptions, "--run-dir", this.dir, ...args]);
    }

    citron(command, ...args) {
        return run(path.join(root, "tools/citron"), [command, ...this.confOptions, ...args]);
    }

    monitor(...args) {
        return this.spawn(path.join(root, "tools/zmq_monitor"), [...this.confOptions, ...args]);
    }

    async list() {
        const { code, stdout, stderr } = await this.citron("list", "--json");
        if (code !== 0)
            throw new Error(`citron list: ${stderr}`);
        return JSON.parse(stdout);
    }

    /** The counters of one server, or undefined when it does not answer. */
    async stats(id) {
        const { stdout } = await this.citron("stats", id, "--json");
        return JSON.parse(stdout || "{}")[id];
    }

    async isUp(id) {
        return (await this.list()).some((row) => row.id === id && row.state === "up");
    }

    async pidOf(id) {
        const row = (await this.list()).find((candidate) => candidate.id === id);
        if (!row?.pid)
            throw new Error(`${id} is not running`);
        return row.pid;
    }

    async kill(id, signal) {
        process.kill(await this.pidOf(id), signal);
    }

    get historyFile() {
        return path.join(this.dir, "data", "history.db");
    }

    /** The pid of whoever is writing to the history just now, or 0. */
    async historyLock() {
        return Number((await run(python, [lockScript, this.historyFile])).stdout);
    }

    /** A stranger's process that keeps everybody from writing until its release(). */
    async holdHistory() {
        const holder = this.spawn(python, [lockScript, this.historyFile, "hold"], { stdio: ["pipe", "pipe", "pipe"] });
        await until(() => holder.out.includes("held") || !holder.running, () => `it is held\n${holder.err}`);
        holder.release = () => {
            holder.child.stdin.end();
            return holder.ended;
        };
        return holder;
    }

    get gateUrl() {
        const [gate] = this.section.gate;
        return address("ws", gate, gate.clientPort);
    }

    get webUrl() {
        return `${address("http", (this.section.gate ?? this.section.connector)[0] ?? {}, this.httpPort)}/`;
    }

    connectorPort(number) {
        return this.section.connector[number - 1].clientPort;
    }

    connectorUrl(number = 1) {
        return address("ws", this.section.connector[number - 1], this.connectorPort(number));
    }

    log(id) {
        return readFile(path.join(this.dir, "logs", `${id}.log`), "utf8");
    }

    async stop() {
        await Promise.all(this.#processes.map((running) => running.stop()));
        await this.#endTheFrozen();
        await rm(this.dir, { recursive: true, force: true });
        await this.#ports.release();
    }

    /** Servers of a killed supervisor end by themselves, but not while they are stopped. */
    async #endTheFrozen() {
        for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
            const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
            if (command.includes("citron-") && command.split("\0").includes(this.dir))
                try { process.kill(Number(pid), "SIGKILL"); } catch { /* it has ended meanwhile */ }
        }
    }
}

export { python, run };
