// The two kinds of users, and all of them together.
import { Connection, reasonOf } from "./connection.mjs";
import { User, pause } from "./user.mjs";

const again = ["unavailable", "timeout", "overloaded", "closed"]; // nobody knows whether it was stored

/**
 * As www/client.js is meant to be used: comes back with its resumeKey and with what it has been shown, and says every
 * message whose fate it does not know again, under its cid, in order.
 */
class Careful extends User {
    #shown = new Map(); // room -> { epoch, offset }
    #open = new Map(); // content -> message without an answer, in the order in which they were said
    #refused = false;
    #resumeKey;

    get unsure() {
        return this.#refused;
    }

    onShown(room, { offset, epoch }) {
        this.#shown.set(room, { offset, epoch });
    }

    onRefused(reason) {
        this.#refused ||= again.includes(reason);
    }

    /** Another connector than the last one; or the one that the gate names. */
    async connect() {
        this.#refused = false;
        if (this.throughGate)
            return Connection.open(this.journal, this, await this.namedByGate(), 6000);
        return Connection.open(this.journal, this, this.servers[this.nextServer++ % this.servers.length], 6000);
    }

    async takePlaces(connection) {
        const [first, ...more] = this.rooms;
        const { resumeKey } = await connection.enter(first, { ...this.#since(first), resumeKey: this.#resumeKey });
        this.#resumeKey = resumeKey;
        for (const room of more)
            await connection.join(room, this.#since(room));
    }

    #since(room) {
        return this.#shown.has(room) ? { since: this.#shown.get(room) } : {};
    }

    /** Half of the time as somebody who has never been there. */
    rejoining(room) {
        return this.dice.chance(0.5) ? this.#since(room) : {};
    }

    async say(connection, message) {
        this.#open.set(message.content, Object.assign(message, { cid: message.content }));
        await this.#try(connection, message);
    }

    async #try(connection, message) {
        const reason = await connection.send(message);
        if (again.includes(reason))
            this.#refused = true;
        else
            this.#open.delete(message.content);
    }

    async sayAgain(connection) {
        for (const message of [...this.#open.values()]) {
            if (this.#refused || !connection.alive)
                return;
            ++message.attempt;
            await this.#try(connection, message);
        }
    }
}

/** As stock Pomelo clients: a fresh session each time, and what found no answer is never said again. */
class Plain extends User {
    unsure = false;

    async connect() {
        const named = await this.namedByGate().catch((error) => void reasonOf(error));
        return Connection.open(this.journal, this, named ?? this.servers[this.nextServer++ % this.servers.length], 20000);
    }

    async takePlaces(connection) {
        const [first, ...more] = this.rooms;
        await this.#insist(connection, () => connection.enter(first));
        for (const room of more)
            await this.#insist(connection, () => connection.join(room));
    }

    /** Our last session may still hold the name. */
    async #insist(connection, ask) {
        for (let tries = 0; ; ++tries)
            try {
                return await ask();
            } catch (error) {
                if (reasonOf(error) !== "duplicate_user" || tries >= 50 || !connection.alive || this.ending)
                    throw error;
                await pause(300);
            }
    }

    say(connection, message) {
        return connection.send(message);
    }
}

export class Clients {
    users = [];
    #lives = [];
    #gone = new Set();

    constructor({ cluster, journal, dice, users = 24, rooms = 8, throughGate = false }) {
        this.rooms = Array.from({ length: rooms }, (_, i) => `room${i + 1}`);
        const servers = cluster.section.connector.map(({ id, clientPort }, i) =>
            ({ id, port: clientPort, url: cluster.connectorUrl(i + 1) }));
        const common = { journal, servers, gateUrl: cluster.gateUrl, city: this.rooms, throughGate };
        for (let i = 0; i < users; ++i) {
            const [kind, Kind] = i % 2 ? ["plain", Plain] : ["careful", Careful];
            const homes = [0, 1 + Math.floor(i / rooms)].map((step) => this.rooms[(i + step) % rooms]);
            this.users.push(new Kind({ ...common, name: `${kind}${i + 1}`, kind, dice: dice.fork(), rooms: homes }));
        }
    }

    /** All of them; a mistake in one of them is `failed`. */
    live() {
        const fail = (error) => { this.failed ??= error; };
        this.#lives = this.users.map((user) => user.live().catch(fail).finally(() => this.#gone.add(user)));
    }

    get absent() {
        return this.users.filter((user) => !user.connection?.alive).map((user) => user.name);
    }

    get unsettled() {
        return this.users.filter((user) => !user.settled).map((user) => user.name);
    }

    quiet() {
        this.users.forEach((user) => user.quiet());
    }

    async end() {
        this.users.forEach((user) => user.end());
        await Promise.race([Promise.all(this.#lives), pause(8000)]);
        const left = this.users.filter((user) => !this.#gone.has(user));
        if (left.length)
            throw new Error(`they do not end: ${left.map((user) => user.name)}`);
    }
}
