// Kills, freezes, ends and adds servers. What it does next is thrown with dice: the same seed, the same faults.
import path from "node:path";

import { root } from "../system/support/cluster.mjs";
import { until } from "../system/support/wait.mjs";
import { accepts, pids, signal } from "./processes.mjs";
import { pause } from "./user.mjs";

const extra = "chat-server-4"; // by hand, beside those of servers.json
const wholeSeconds = 60;

/** Dealt shuffled, again and again: a short run has as many kinds of faults as it has faults. */
const deck = [
    ["kill", "chat"], ["kill", "chat"], ["kill", "connector"], ["kill", "broker"], ["kill", "gate"],
    ["freeze", "chat"], ["freeze", "chat"], ["freeze", "connector"], ["freeze", "broker"], ["freeze", "gate"],
    ["drain", "chat"], ["drain", "connector"], ["extra", "chat"], ["extra", "chat"],
];

export class Nemesis {
    #cards = [];
    #number = 0;
    #byHand = null; // the process of `extra`
    #frozen = new Map(); // pid -> what ends its freeze
    #ended = false;

    constructor({ cluster, journal, dice, clients, say }) {
        Object.assign(this, { cluster, journal, dice, clients, say });
    }

    // ---- the two ways

    /** One fault at a time, each after the cluster has become whole again. Ends when `over(number of faults)`. */
    async single(over) {
        while (!this.#ended && !over(this.#number)) {
            const fault = this.#next();
            await this.#strike(fault);
            if (!await this.whole(fault))
                return;
            await pause(this.dice.between(500, 1500));
        }
    }

    /** The next fault 1 to 4 s after the last, whatever became of it. */
    async overlapping(over) {
        const going = [];
        while (!this.#ended && !over(this.#number)) {
            going.push(this.#strike(this.#next()));
            await pause(this.dice.between(1000, 4000));
        }
        this.thaw();
        await Promise.all(going);
    }

    /** citron restart: what it says tells when each server ends, and is back. */
    async rolling() {
        const command = this.cluster.spawn(path.join(root, "tools/citron"), ["restart", ...this.cluster.confOptions]);
        let seen = 0, fault;
        const follow = () => {
            const lines = command.out.split("\n").slice(0, -1);
            for (const line of lines.slice(seen))
                fault = this.#follow(line, fault);
            seen = lines.length;
        };
        command.child.stdout.on("data", follow);
        if (await command.ended !== 0)
            this.#stuck(fault, command.err);
    }

    #follow(line, fault) {
        const [server] = line.split(" ");
        if (!line.includes(" is back ")) {
            const role = Object.keys(this.cluster.section).find((kind) => this.cluster.section[kind].some(({ id }) => id === server));
            const next = { fault: ++this.#number, kind: "drain", role, server };
            this.#begin(next);
            return next;
        }
        for (const what of ["back", "whole"])
            this.journal.add(what, { fault: fault.fault });
        if (!line.endsWith("it ended with 0)"))
            this.#stuck(fault, line);
        return fault;
    }

    #next() {
        if (!this.#cards.length)
            this.#cards = this.dice.shuffled(deck);
        const [kind, role] = this.#cards.pop();
        const ms = Math.round(this.dice.between(1000, 10000)); // thrown for every fault, used for freezes
        return { fault: ++this.#number, kind, role, server: this.#serverOf(role), ms };
    }

    #serverOf(role) {
        return this.dice.pick(this.cluster.section[role]).id;
    }

    // ---- the faults

    async #strike(fault) {
        if (fault.kind === "extra")
            return this.#byHand?.running ? this.#part(fault) : this.#join(fault);
        fault.pid = pids(this.cluster)[fault.server];
        if (!fault.pid)
            return; // still down from the last time
        await this[fault.kind](fault);
    }

    #begin(fault, more = {}) {
        const { fault: number, kind, role, server, ms } = Object.assign(fault, more);
        const freezes = kind === "freeze";
        fault.entry = this.journal.add("fault", { fault: number, kind, role, server, ...(freezes ? { ms } : {}) });
        this.say(`${this.journal.clock(fault.entry.t)}  ${kind} ${server}${freezes ? ` for ${ms} ms` : ""}`);
    }

    async kill(fault) {
        this.#begin(fault);
        signal(fault.pid, "SIGKILL");
        if (fault.role === "broker")
            await this.#seeBack(fault);
    }

    async #seeBack(fault) {
        const { port } = this.cluster.section.broker[0];
        await until(() => pids(this.cluster)[fault.server] !== fault.pid && accepts(port), "the broker is back", wholeSeconds)
            .then(() => this.journal.add("back", { fault: fault.fault }), () => this.#stuck(fault, "the broker is not back"));
    }

    async freeze(fault) {
        if (this.#frozen.has(fault.pid))
            return;
        this.#begin(fault);
        signal(fault.pid, "SIGSTOP");
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, fault.ms);
            this.#frozen.set(fault.pid, () => { clearTimeout(timer); resolve(); });
        });
        this.#frozen.delete(fault.pid);
        signal(fault.pid, "SIGCONT");
        this.journal.add("thaw", { fault: fault.fault });
    }

    /** The supervisor takes its end for an accident, and starts it again after a while. */
    async drain(fault) {
        this.#begin(fault);
        signal(fault.pid, "SIGTERM");
    }

    async #join(fault) {
        this.#begin(fault, { kind: "join", server: extra });
        this.#byHand = this.cluster.spawnServer("chat", "--id", extra);
    }

    async #part(fault) {
        this.#begin(fault, { kind: "part", server: extra });
        fault.pid = this.#byHand.pid;
        signal(fault.pid, "SIGTERM");
    }

    /** Nothing is broken any more, and nothing stays frozen. */
    end() {
        this.#ended = true;
        this.thaw();
    }

    thaw() {
        for (const wake of this.#frozen.values())
            wake();
    }

    // ---- until all is well

    /** All servers up, all users there, an answer from every room. Whether that came to be in time. */
    async whole(fault) {
        try {
            await until(() => this.#isOver(fault), "over", wholeSeconds);
            await until(async () => !(this.missing = await this.#missing()), "whole", wholeSeconds);
        } catch (error) {
            this.#stuck(fault, `${error.message}: ${this.missing}`);
            return false;
        }
        if (fault?.entry)
            this.journal.add("whole", { fault: fault.fault });
        return true;
    }

    /** What ends, kill or drain, has ended. */
    #isOver(fault) {
        return !fault?.pid || fault.kind === "freeze" || pids(this.cluster)[fault.server] !== fault.pid;
    }

    /** In words; empty: nothing. */
    async #missing() {
        const since = this.journal.now();
        const rows = await this.cluster.list().catch(() => []);
        const named = Object.values(this.cluster.section).flat().map(({ id }) => id);
        const wanted = this.#byHand?.running ? [...named, extra] : named;
        const down = wanted.filter((id) => rows.find((row) => row.id === id)?.state !== "up");
        if (down.length || rows.length > wanted.length)
            return `servers ${down.length ? down : rows.map((row) => row.id)}`;
        await pause(250);
        const { absent } = this.clients;
        if (absent.length)
            return `users ${absent}`;
        await until(() => !this.journal.silentSince(since, this.clients.rooms).length, "answers", 5).catch(() => {});
        const silent = this.journal.silentSince(since, this.clients.rooms);
        return silent.length ? `answers in ${silent}` : "";
    }

    #stuck(fault, reason) {
        this.journal.add("stuck", { reason: `after ${fault?.kind ?? "all"} ${fault?.server ?? "faults"}: ${reason}` });
        this.say(`stuck: ${reason}`);
    }
}
