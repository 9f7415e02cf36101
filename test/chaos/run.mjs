// One run: a cluster of its own, users who talk all the time, a nemesis, and in the end the checker.
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { Cluster, root } from "../system/support/cluster.mjs";
import { Member } from "../system/support/member.mjs";
import { until } from "../system/support/wait.mjs";
import { check, count, excerpt, summary } from "./checker.mjs";
import { Clients } from "./clients.mjs";
import { Dice } from "./dice.mjs";
import { Journal } from "./journal.mjs";
import { Nemesis } from "./nemesis.mjs";
import { pause } from "./user.mjs";

const shownComplaints = 5;

/** `options`: { mode, seed, seconds, faults, bound (as the command names it), users?, throughGate? } */
export class Run {
    constructor(options) {
        Object.assign(this, options);
        this.folder = path.join(root, "build", "chaos", `${this.mode}-${this.seed}`);
    }

    async start() {
        this.cluster = await Cluster.start({ chat: { historyMessages: 1_000_000 } });
        this.journal = new Journal();
        const dice = new Dice(this.seed);
        this.clients = new Clients({ cluster: this.cluster, journal: this.journal, dice: dice.fork(), users: this.users,
            throughGate: this.throughGate });
        const { cluster, journal, clients } = this;
        this.nemesis = new Nemesis({ cluster, journal, dice, clients, say: console.log });
    }

    async play() {
        this.clients.live();
        await until(() => !this.clients.absent.length, () => `everybody is there; not ${this.clients.absent}`, 20);
        await pause(2000);
        const last = performance.now() + this.seconds * 1000;
        await this.nemesis[this.mode]((done) => done >= this.faults || performance.now() > last || this.clients.failed);
        await this.#calmDown();
        await this.#read();
        await this.clients.end();
        if (this.clients.failed)
            throw this.clients.failed;
    }

    /** Whole again; nobody says anything new; what has no answer yet gets one; what was said is shown. */
    async #calmDown() {
        await this.nemesis.whole();
        this.journal.add("calm");
        await pause(2000);
        this.clients.quiet();
        await until(() => !this.clients.unsettled.length, "settled", 30)
            .catch(() => this.journal.add("stuck", { reason: `after the calm without an answer: ${this.clients.unsettled}` }));
        let count;
        do {
            count = this.journal.entries.length;
            await pause(1500);
        } while (this.journal.entries.length > count && this.journal.now() < (this.seconds + 120) * 1000);
        this.entries = [...this.journal.entries]; // the reader is no part of it
    }

    async #read() {
        this.histories = {};
        for (const rid of this.clients.rooms) {
            const reader = await Member.enter(this.cluster.connectorUrl(1), "reader", rid);
            let all = [], page;
            do {
                page = await reader.chat("history", { limit: 100, ...(page ? { before: page.messages[0].offset } : {}) });
                all = [...page.messages, ...all];
            } while (page.more);
            this.histories[rid] = all;
            reader.close();
        }
    }

    // ---- the verdict

    /** The complaints. */
    async judge() {
        const complaints = check(this.entries, this.histories, this);
        this.summary = summary(this.entries, this.histories, this);
        console.log(`\n${describe(this, this.summary)}`);
        if (complaints.length || process.env.KEEP)
            await this.keep();
        if (!complaints.length) {
            console.log("no complaints");
            return complaints;
        }
        console.log(`\n${complaints.length} complaints: ${listed(count(complaints, ({ what }) => what))}`);
        for (const one of complaints.slice(0, shownComplaints))
            this.#explain(one);
        console.log(`\nlogs, journal and histories: ${path.relative(process.cwd(), this.folder)}\n` +
            `again: make -f Makefile.dev chaos ${this.bound} MODE=${this.mode} SEED=${this.seed}`);
        return complaints;
    }

    #explain(one) {
        console.log(`\n${one.what}${one.t === undefined ? "" : ` at ${this.journal.clock(one.t)}`}: ${one.text}`);
        for (const { t, what, ...fields } of excerpt(this.entries, one))
            console.log(`    ${this.journal.clock(t)} ${what.padEnd(11)} ${JSON.stringify(fields).slice(0, 160)}`);
    }

    async keep() {
        await rm(this.folder, { recursive: true, force: true });
        await mkdir(this.folder, { recursive: true });
        await cp(path.join(this.cluster.dir, "logs"), path.join(this.folder, "logs"), { recursive: true });
        const lines = this.journal.entries.map((entry) => JSON.stringify({ ...entry, clock: this.journal.clock(entry.t) }));
        await writeFile(path.join(this.folder, "journal.jsonl"), lines.join("\n"));
        await writeFile(path.join(this.folder, "histories.json"), JSON.stringify(this.histories ?? {}));
        await writeFile(path.join(this.folder, "supervisor.log"), this.cluster.supervisor.err);
    }

    async stop() {
        this.nemesis?.end();
        this.journal?.end();
        await this.cluster?.stop();
    }
}

const listed = (counts) => Object.entries(counts).map(([name, value]) => `${name} ${value}`).join(", ") || "none";

function describe({ mode, seed }, all) {
    return [
        `mode ${mode}, seed ${seed}`,
        `faults: ${listed(all.faults)}`,
        `messages: ${all.sent} said, ${all.acknowledged} acknowledged, ${all.refused} refused, ${all.unknown} unknown, ` +
            `${all.repeated} said again, ${all.stored} stored`,
        `refusals: ${listed(all.refusals)}`,
        `checked: ${all.deliveries} deliveries, ${all.whispers} whispers`,
        `connections: ${all.connections}; stays: ${all.resumed} resumed, ${all.notRecovered} not recovered, ${all.resets} reset`,
        `longest pause of a room, ms: ${listed(all.pauses)}`,
        ...(all.stalledMs ? [`this process stood still for ${all.stalledMs} ms`] : []),
    ].join("\n");
}
