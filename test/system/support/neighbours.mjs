// Well-behaved people in one room who notice everything, and what the servers' processes weigh meanwhile.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import http from "node:http";
import WebSocket from "ws";

import { Member } from "./member.mjs";
import { until } from "./wait.mjs";

/** The WebSocket class of a client at this address: all of 127.0.0.0/8 is this machine. */
export const at = (address) => class extends WebSocket {
    constructor(url) {
        super(url, { localAddress: address });
    }
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Of a browser that comes for the first time. */
function pageStatus(url) {
    return new Promise((resolve, reject) => http.get(url, { agent: false, timeout: 5000 }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode));
    }).on("timeout", () => reject(new Error("the page does not come"))).on("error", reject));
}

export function percentiles(list) {
    const sorted = [...list].sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    return { p50: at(0.5), p99: at(0.99) };
}

/** Four people on two connectors talk, ten times a second each; two newcomers a second come, and find the web page. */
export class Neighbours {
    #stop = false;
    #loops = [];
    delays = [];   // ms, of each delivery to each of them
    entering = []; // ms, from connecting to being in the room
    failures = [];
    #accepted = [];

    /** `extra(name)`: what an enter needs besides. */
    static async move(cluster, extra = () => ({})) {
        const all = new Neighbours();
        Object.assign(all, { cluster, extra, members: [] });
        for (let i = 0; i < 4; ++i)
            all.members.push(await all.#come(`neighbour ${i}`, `127.0.2.${1 + i}`, 1 + i % 2));
        for (const member of all.members)
            member.client.on("onChat", ({ msg }) => all.delays.push(performance.now() - Number(msg.split(" at ")[1])));
        all.#loops = [...all.members.map((member) => all.#talk(member)), all.#newcomers()];
        return all;
    }

    async #come(name, address, connector) {
        const member = await Member.connect(this.cluster.connectorUrl(connector), { WebSocket: at(address) });
        await member.enter(name, "street", this.extra(name));
        return member;
    }

    async #talk(member) {
        for (let n = 0; !this.#stop; ++n) {
            const content = `${member.name} says ${n} at ${performance.now()}`;
            member.send(content).then(() => this.#accepted.push(content), (error) => this.failures.push(`${member.name}: ${error.message}`));
            await pause(100);
        }
    }

    async #newcomers() {
        for (let n = 0; !this.#stop; ++n) {
            const start = performance.now();
            try {
                const guest = await this.#come(`guest ${n}`, `127.0.3.${1 + n % 250}`, 1 + n % 2);
                this.entering.push(performance.now() - start);
                guest.close();
                assert.equal(await pageStatus(this.cluster.webUrl), 200);
            } catch (error) {
                this.failures.push(`guest ${n}: ${error.message}`);
            }
            await pause(500);
        }
    }

    /** What has been measured since the last call. */
    take() {
        const taken = { ...percentiles(this.delays), entering: Math.max(0, ...this.entering), deliveries: this.delays.length };
        this.delays = [];
        this.entering = [];
        return taken;
    }

    /** Whatever was accepted was shown to everybody, once, in one order; nobody was refused or disconnected. */
    async check() {
        assert.deepEqual(this.failures.splice(0), []);
        const accepted = this.#accepted.splice(0);
        for (const member of this.members) {
            assert.ok(member.connected, `${member.name} is connected`);
            assert.deepEqual(member.of("kick"), []);
            const missing = () => {
                const heard = new Set(member.heard());
                return accepted.filter((one) => !heard.has(one));
            };
            await until(() => missing().length === 0, () => `${member.name} misses ${missing().slice(0, 3)}`);
            const all = member.of("onChat");
            all.forEach(({ offset }, i) => i && assert.equal(offset, all[i - 1].offset + 1, `${member.name}: no hole, no second copy`));
            assert.deepEqual(member.of("onLeave").filter(({ user }) => user.startsWith("neighbour")), []);
        }
    }

    async leave() {
        this.#stop = true;
        await Promise.all(this.#loops);
        this.members.forEach((member) => member.close());
    }
}

/** The resident memory of every server of a cluster, looked at ten times a second. */
export class Scales {
    #stop = false;

    static async of(cluster) {
        const scales = new Scales();
        scales.servers = (await cluster.list()).filter(({ pid }) => pid).map(({ id, kind, pid }) => ({ id, kind, pid }));
        await scales.#weigh();
        scales.first = scales.heaviest();
        scales.going = scales.#goOn();
        return scales;
    }

    async #weigh() {
        for (const one of this.servers) {
            const status = await readFile(`/proc/${one.pid}/status`, "utf8").catch(() => "");
            one.now = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
            one.most = Math.max(one.most ?? 0, one.now);
        }
    }

    async #goOn() {
        while (!this.#stop) {
            await this.#weigh();
            await pause(100);
        }
    }

    /** MiB of the heaviest process of each kind since the last call. */
    heaviest() {
        const most = {};
        for (const one of this.servers) {
            most[one.kind] = Math.max(most[one.kind] ?? 0, one.most);
            one.most = one.now;
        }
        return most;
    }

    now(kind) {
        return Math.max(...this.servers.filter((one) => one.kind === kind).map((one) => one.now));
    }

    stop() {
        this.#stop = true;
        return this.going;
    }
}
