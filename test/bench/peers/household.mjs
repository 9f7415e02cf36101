// What the peers have in common: processes of their own on free ports, files in a temporary folder.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Process, run } from "../../system/support/cluster.mjs";
import { takePorts } from "../../system/support/ports.mjs";
import { until } from "../../system/support/wait.mjs";

export const here = path.dirname(fileURLToPath(import.meta.url));

class Household {
    #ports;
    #processes = [];

    static async open() {
        const home = new Household();
        home.#ports = await takePorts();
        home.dir = await mkdtemp(path.join(os.tmpdir(), "citron-peer-"));
        return home;
    }

    port() {
        return this.#ports.next();
    }

    get pids() {
        return this.#processes.map((one) => one.pid);
    }

    async write(name, value) {
        const file = path.join(this.dir, name);
        await writeFile(file, typeof value === "string" ? value : JSON.stringify(value));
        return file;
    }

    spawn(command, args, env = {}) {
        const made = new Process(command, args, { cwd: this.dir, env: { ...process.env, NODE_ENV: "production", ...env } });
        made.name = path.basename(command);
        this.#processes.push(made);
        return made;
    }

    /** One of our own scripts, by the node that runs us; it says `ready` when it is. */
    spawnNode(script, args, env) {
        return this.spawn(process.execPath, [path.join(here, script), ...args], env);
    }

    async stop() {
        await Promise.all(this.#processes.map((one) => one.stop("SIGTERM", 5)));
        await rm(this.dir, { recursive: true, force: true });
        await this.#ports.release();
    }
}

/**
 * Runs `action(home)`, which resolves with what is particular to a peer: { version, dialect, at }.
 * Resolves with a started peer; if anything fails, nothing is left running.
 */
export async function startPeer(name, action) {
    const home = await Household.open();
    try {
        return { name, ...await action(home), pids: home.pids, stop: () => home.stop() };
    } catch (error) {
        await home.stop();
        throw error;
    }
}

/** Waits for `condition`, but not for processes that have ended. */
export async function untilUp(processes, condition, seconds = 30) {
    const said = () => processes.map((one) => `${one.name}: ${(one.out + one.err).trim().slice(-500)}`).join("\n");
    await until(async () => await condition() || processes.some((one) => !one.running), () => `up\n${said()}`, seconds);
    if (processes.some((one) => !one.running))
        throw new Error(`ended while starting\n${said()}`);
}

export const saysReady = (one) => one.out.split("\n").includes("ready");

export function accepts(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, "127.0.0.1", () => resolve(true));
        socket.once("error", () => resolve(false)).once("close", () => resolve(false));
        socket.once("connect", () => socket.destroy());
    });
}

/** The first number of the form 1.2.3 that `command --version` prints. */
export async function versionOf(command) {
    const { stdout, stderr } = await run(command, ["--version"]);
    const found = /\d+\.\d+\.\d+/.exec(stdout + stderr);
    if (!found)
        throw new Error(`${command} --version says nothing: is it installed? (make -f Makefile.dev deps-peers)`);
    return found[0];
}
