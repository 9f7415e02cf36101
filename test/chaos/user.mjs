// A user who talks all the time, comes back whenever a connection ends, and now and then leaves a room, joins one, or goes away
// to come back by another connector: else all of them would gather on the one that was not killed for the longest time.
// How they come (back), and what they do about messages whose fate they don't know, is their kind's: see clients.mjs.
import { askGate, reasonOf } from "./connection.mjs";

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const everyMs = 150;
const mostUnanswered = 4;
const mostRooms = 3;
const whispering = 0.06; // of all that is said
const moving = 0.01; // per turn
const going = 0.002;

export class User {
    connection = null;
    rooms = new Set(); // where they want to be
    ending = false;
    #quiet = false;
    #said = 0;

    constructor({ name, kind, dice, journal, servers, gateUrl, rooms, city, throughGate }) {
        Object.assign(this, { name, kind, dice, journal, servers, gateUrl, city, throughGate });
        this.rooms = new Set(rooms);
        this.nextServer = Math.floor(dice.between(0, servers.length));
    }

    /** Until end(). */
    async live() {
        while (!this.ending) {
            await this.#arrive();
            if (this.connection)
                await this.#stay();
        }
    }

    async #arrive() {
        let connection = null;
        try {
            connection = await this.connect();
            await this.takePlaces(connection);
            this.connection = connection;
        } catch (error) {
            connection?.close(reasonOf(error));
            await pause(this.dice.between(100, 300));
        }
    }

    async #stay() {
        const { connection } = this;
        await this.sayAgain?.(connection);
        while (connection.alive && !this.ending && !this.unsure) {
            if (!this.#quiet)
                await this.#turn(connection);
            await Promise.race([pause(everyMs * this.dice.between(0.7, 1.3)), connection.ended]);
        }
        this.connection = null;
        connection.close(this.ending ? "end" : "unsure");
        await connection.ended;
        await Promise.all(connection.unanswered);
    }

    async #turn(connection) {
        if (this.dice.chance(going))
            return connection.close("comes back by another connector");
        if (connection.unanswered.size >= mostUnanswered)
            return;
        if (this.dice.chance(moving))
            return this.#move(connection);
        const room = this.dice.pick([...this.rooms]);
        const others = [...connection.rosters.get(room)].filter((user) => user !== this.name);
        const target = this.dice.chance(whispering) && others.length ? this.dice.pick(others) : "*";
        void this.say(connection, { room, target, content: `${this.name}/${++this.#said}`, attempt: 1 });
    }

    /** Leaves a room, with all that was said to it answered, or joins one. */
    async #move(connection) {
        await Promise.race([Promise.all(connection.unanswered), connection.ended]);
        if (!connection.alive || this.unsure)
            return;
        const leaves = this.rooms.size > 1 && (this.rooms.size >= mostRooms || this.dice.chance(0.5));
        try {
            await (leaves ? this.#leave(connection) : this.#join(connection));
        } catch (error) {
            if (reasonOf(error) !== "closed")
                this.onRefused(error.reason);
        }
    }

    #leave(connection) {
        const room = this.dice.pick([...this.rooms]);
        this.rooms.delete(room);
        return connection.leave(room);
    }

    async #join(connection) {
        const room = this.dice.pick(this.city.filter((one) => !this.rooms.has(one)));
        await connection.join(room, this.rejoining(room));
        this.rooms.add(room);
    }

    async namedByGate() {
        const port = await askGate(this.gateUrl, this.name);
        return this.servers.find((server) => server.port === port);
    }

    // ---- for whoever runs them

    /** Says nothing new any more. */
    quiet() {
        this.#quiet = true;
    }

    /** Connected, and knows the fate of all that it will ever know. */
    get settled() {
        return this.connection?.alive && this.connection.unanswered.size === 0 && !this.unsure;
    }

    end() {
        this.ending = true;
        this.connection?.close("end");
    }

    // ---- of a kind

    rejoining() {
        return {};
    }

    onShown() {}
    onRefused() {}
}
