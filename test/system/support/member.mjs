// A user of the chat: our own client (www/client.js, the very file that browsers get) that remembers what it was pushed.
import WebSocket from "ws";

import { PomeloClient } from "../../../www/client.js";
import { until } from "./wait.mjs";

export * from "../../../www/client.js";

/** What nobody else may learn of a resumeKey: it without its stamp. */
export const secretOf = (resumeKey) => resumeKey.slice(0, resumeKey.lastIndexOf("~"));

export class Member {
    /** Every push: { route, ...body }, in the order of arrival. */
    pushes = [];

    static async connect(url, options = {}) {
        const member = new Member();
        member.client = new PomeloClient({ WebSocket, ...options });
        for (const route of ["onChat", "onAdd", "onLeave", "onSignal", "onReset", "kick", "disconnect"])
            member.client.on(route, (body) => member.pushes.push({ ...body, route }));
        member.handshake = await member.client.connect(url);
        return member;
    }

    /** Connected and in the room. `url` is a connector's. */
    static async enter(url, username, rid, extra = {}) {
        const member = await Member.connect(url);
        member.entered = await member.enter(username, rid, extra);
        return member;
    }

    enter(username, rid, extra = {}) {
        this.name = username;
        return this.client.request("connector.entryHandler.enter", { username, rid, ...extra });
    }

    join(rid, extra = {}) {
        return this.client.request("connector.entryHandler.join", { rid, ...extra });
    }

    leave(rid) {
        return this.client.request("connector.entryHandler.leave", { rid });
    }

    send(content, extra = {}) {
        return this.client.request("chat.chatHandler.send", { content, target: "*", ...extra });
    }

    chat(method, body = {}) {
        return this.client.request(`chat.chatHandler.${method}`, body);
    }

    of(route) {
        return this.pushes.filter((push) => push.route === route);
    }

    /** Contents of the public messages shown, in order. */
    heard(rid) {
        return this.of("onChat").filter((push) => rid === undefined || push.rid === rid).map((push) => push.msg);
    }

    hears(msg, seconds) {
        return until(() => this.of("onChat").find((push) => push.msg === msg),
            () => `${this.name} hears ${msg}; so far ${JSON.stringify(this.heard().slice(-10))}`, seconds);
    }

    gets(route, body = {}, seconds) {
        const fits = (push) => Object.entries(body).every(([key, value]) => push[key] === value);
        return until(() => this.of(route).find(fits),
            () => `${this.name} gets ${route} ${JSON.stringify(body)}; so far ${JSON.stringify(this.of(route).slice(-10))}`, seconds);
    }

    get connected() {
        return this.client.connected;
    }

    close() {
        this.client.close();
    }
}

/** The reason with which a request is refused. */
export async function refusal(request) {
    try {
        const answer = await request;
        throw new Error(`not refused: ${JSON.stringify(answer)}`);
    } catch (error) {
        if (error.reason === undefined)
            throw error;
        return error.reason;
    }
}
