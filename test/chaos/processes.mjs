// The servers of a cluster as processes: found in /proc, for a cluster in trouble cannot be asked.
import { readFileSync, readdirSync } from "node:fs";
import net from "node:net";

/** id -> pid of every server that runs in the cluster's folder. */
export function pids(cluster) {
    const found = {};
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        const words = wordsOf(pid);
        if (/\/citron-(broker|gate|connector|chat)$/.test(words[0]) && words.includes(cluster.dir))
            found[words[words.indexOf("--id") + 1]] = Number(pid);
    }
    return found;
}

function wordsOf(pid) {
    try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    } catch {
        return []; // it has ended meanwhile
    }
}

/** False: it has ended meanwhile. */
export function signal(pid, name) {
    try {
        return process.kill(pid, name);
    } catch (error) {
        if (error.code !== "ESRCH")
            throw error;
        return false;
    }
}

/** Whether somebody listens on that port of this host. */
export function accepts(port) {
    return new Promise((resolve) => {
        const socket = net.connect({ port, host: "127.0.0.1", timeout: 500 });
        const done = (answer) => { socket.destroy(); resolve(answer); };
        socket.once("connect", () => done(true)).once("error", () => done(false)).once("timeout", () => done(false));
    });
}
