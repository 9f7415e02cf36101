// Several rooms with members on every connector who talk all the time; in the end everybody must have heard the same.
import assert from "node:assert/strict";

import { Member } from "./member.mjs";
import { inParallel, until } from "./wait.mjs";

/** After a test: nobody sends any more, all leave, the servers end. Either may be missing. */
export async function end(crowd, cluster) {
    await crowd?.quiet();
    crowd?.close();
    await cluster?.stop();
}

export class Crowd {
    rooms = [];
    #talking = [];
    #going = false;
    sent = 0;
    failed = [];

    /** `perRoom` members in each of `rooms` rooms, spread over the connectors. */
    static async gather(cluster, { rooms = 12, perRoom = 3 } = {}) {
        const crowd = new Crowd();
        const connectors = cluster.section.connector.length;
        crowd.rooms = await inParallel(rooms, async (r) => {
            const members = [];
            for (let m = 0; m < perRoom; ++m)
                members.push(await Member.enter(cluster.connectorUrl(1 + (r + m) % connectors), `user${m}`, `room${r}`,
                    {}));
            return { rid: `room${r}`, members, accepted: [] };
        });
        return crowd;
    }

    get members() {
        return this.rooms.flatMap((room) => room.members);
    }

    /** Everybody who holds a connection sends numbered messages, each after the answer to the one before. */
    talk() {
        this.#going = true;
        for (const room of this.rooms)
            for (const member of room.members)
                this.#talking.push(this.#chatter(room, member));
    }

    async #chatter(room, member) {
        for (let i = 0; this.#going && member.connected; ++i) {
            const content = `${room.rid}/${member.name}/${i}`;
            try {
                const { offset, epoch } = await member.send(content);
                room.accepted.push({ content, offset, epoch, from: member.name });
                this.sent++;
            } catch (error) {
                this.failed.push({ content, reason: error.reason });
            }
        }
    }

    /** Resolves when every room has had another message answered. */
    async allGoOn(seconds) {
        const before = new Map(this.rooms.map((room) => [room, room.accepted.length]));
        const behind = () => this.rooms.filter((room) => room.accepted.length <= before.get(room));
        await until(() => behind().length === 0, () => `every room goes on; not ${behind().map((room) => room.rid)}`, seconds);
    }

    async quiet() {
        this.#going = false;
        await Promise.all(this.#talking);
        this.#talking = [];
    }

    /** What was answered was heard by everybody, once, in the order of the offsets, and everybody heard the same. */
    async check({ epochs = 1 } = {}) {
        await this.quiet();
        for (const room of this.rooms) {
            const connected = room.members.filter((member) => member.connected);
            const last = room.accepted.at(-1)?.content;
            for (const member of connected) {
                const missing = () => { // thousands of messages: looked up in a set
                    const heard = new Set(member.heard());
                    return room.accepted.filter(({ content }) => !heard.has(content));
                };
                await until(() => missing().length === 0,
                    () => `${member.name} of ${room.rid} has heard all that was answered; missing ` +
                        JSON.stringify(missing().slice(0, 5)) +
                        ` of ${room.accepted.length}, last ${last}; resets ${member.of("onReset").length}`);
                this.#checkOne(room, member, epochs);
            }
            const first = connected[0]?.heard();
            for (const member of connected)
                assert.deepEqual(member.heard(), first, `${room.rid}: ${member.name} and ${connected[0].name} heard the same`);
        }
    }

    #checkOne(room, member, epochs) {
        const heard = member.of("onChat");
        const contents = heard.map((push) => push.msg);
        assert.equal(new Set(contents).size, contents.length, `${room.rid}: ${member.name} heard nothing twice`);
        const seen = new Set(heard.map((push) => push.epoch));
        assert.ok(seen.size <= epochs, `${room.rid}: ${seen.size} epochs`);
        let last = null;
        for (const { epoch, offset, msg } of heard) {
            if (last && last.epoch === epoch)
                assert.equal(offset, last.offset + 1, `${room.rid}: ${member.name}: no hole before ${msg}`);
            last = { epoch, offset };
        }
        const mine = contents.filter((content) => content.startsWith(`${room.rid}/user0/`)).map((c) => Number(c.split("/")[2]));
        assert.deepEqual(mine, [...mine].sort((a, b) => a - b), `${room.rid}: the order in which user0 sent`);
    }

    /** Nobody was told that somebody left, or came again. */
    checkNobodyMoved() {
        for (const room of this.rooms)
            for (const member of room.members.filter((one) => one.connected)) {
                assert.deepEqual(member.of("onLeave"), [], `${room.rid}: ${member.name} saw nobody leave`);
                const added = member.of("onAdd").map((push) => push.user);
                assert.equal(new Set(added).size, added.length, `${room.rid}: ${member.name} saw nobody come twice`);
            }
    }

    async checkMembers() {
        for (const room of this.rooms) {
            const here = room.members.filter((member) => member.connected);
            const names = here.map((member) => member.name).sort();
            for (const member of here)
                assert.deepEqual((await member.chat("users")).users.sort(), names, room.rid);
        }
    }

    close() {
        this.members.forEach((member) => member.close());
    }
}
