// The web chat in a real browser: two windows, on different connectors.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import WebSocket from "ws";

import { Cluster } from "../system/support/cluster.mjs";
import { Issuer } from "../system/support/issuer.mjs";
import { Member, PACKAGE, decodeMessage, decodePackages, queryEntry } from "../system/support/member.mjs";
import { until } from "../system/support/wait.mjs";
import { launch, problemsOf } from "./support.mjs";

const pictures = process.env.CITRON_PICTURES; // a folder: screenshots go there

const signs = new Issuer("HS256", "page");
let cluster, browser, names;
const windows = [];

before(async () => {
    const { kid, alg, secret } = signs;
    cluster = await Cluster.start(
        { chat: { identity: { required: false, keys: [{ kid, alg, secret: secret.toString("base64") }] } } });
    browser = await launch();
    names = await namesOnDifferentConnectors();
    if (pictures)
        await mkdir(pictures, { recursive: true });
});

after(async () => {
    await browser?.close();
    await cluster?.stop();
});

afterEach(async () => {
    const problems = windows.flatMap((page) => page.problems);
    await Promise.all(windows.splice(0).map((page) => page.close()));
    assert.deepEqual(problems, [], "the pages have no errors");
});

/** [ada-like, bob-like, cy-like]: names that the gate sends to different connectors. */
async function namesOnDifferentConnectors() {
    const byPort = new Map();
    for (let i = 0; byPort.size < 3; ++i) {
        const { port } = await queryEntry(cluster.gateUrl, `user${i}`, { WebSocket });
        byPort.set(port, `user${i}`);
    }
    return [...byPort.values()];
}

/** `prepare(page)` runs before the page loads. */
async function openWindow(url = cluster.webUrl, prepare = undefined) {
    const page = await browser.newPage();
    page.problems = problemsOf(page);
    windows.push(page);
    await prepare?.(page);
    await page.goto(url);
    return page;
}

async function join(name, room, page) {
    page ??= await openWindow();
    await page.fill("#name", name);
    await page.fill("#room", room);
    await page.click("#join");
    await page.waitForSelector("#composer:visible");
    return page;
}

async function say(page, text, target) {
    if (target)
        await page.selectOption("#target", target);
    await page.fill("#message", text);
    await page.press("#message", "Enter");
}

/** Pages that lose their server say so, each in its way: not in these tests. */
async function stopBehindPages(lone) {
    await Promise.all(windows.map((page) => page.close()));
    await lone.stop();
}

const texts = (page, selector) => page.locator(selector).allTextContents();
const sees = (page, selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
const userNames = (page) => texts(page, "#users .name");
const picture = (page, name) => pictures && page.screenshot({ path: path.join(pictures, `${name}.png`) });

test("Test server says that the server is ok", async () => {
    const page = await openWindow();
    await page.click("#test-server");
    await sees(page, "#test-result", "server is ok");
    assert.equal(await page.textContent("#test-result"), "server is ok");
    await picture(page, "login");
});

test("two windows chat across connectors, see each other come and leave", async () => {
    const [one, two] = names;
    const first = await join(one, "lobby");
    const second = await join(two, "lobby");
    await sees(first, "#log .event", `${two} has joined`);
    assert.deepEqual(await userNames(first), [one, two]);
    assert.deepEqual(await userNames(second), [one, two]);

    await say(first, "hello from the first");
    await sees(second, "#log .message", "hello from the first");
    await say(second, "<b>and</b> hello back & 你好 🎉");
    await sees(first, "#log .message", "<b>and</b> hello back & 你好 🎉");
    await sees(second, "#log .message", "<b>and</b> hello back & 你好 🎉");
    assert.deepEqual(await texts(first, "#log .message .text"), ["hello from the first", "<b>and</b> hello back & 你好 🎉"]);
    assert.deepEqual(await texts(second, "#log .message .text"), await texts(first, "#log .message .text"));
    assert.equal(await first.locator("#log .own").count(), 1);
    assert.match((await texts(first, "#log .message time"))[0], /\d+:\d\d/);
    await picture(first, "chat");

    await second.click("#leave");
    await sees(first, "#log .event", `${two} has left`);
    assert.deepEqual(await userNames(first), [one]);
});

test("a private message reaches one person and is marked", async () => {
    const [one, two, three] = names;
    const first = await join(one, "whispers"), second = await join(two, "whispers"), third = await join(three, "whispers");
    await sees(first, "#users .name", three);

    await say(first, "for your eyes", two);
    await sees(second, "#log .private", "for your eyes");
    await sees(first, "#log .private", `private to ${two}`);
    await say(first, "for all", "*");
    for (const page of [first, third])
        await sees(page, "#log .message", "for all");

    assert.deepEqual(await texts(third, "#log .message .text"), ["for all"]);
    assert.deepEqual(await texts(first, "#log .message .text"), ["for your eyes", "for all"]);
    await picture(first, "private");
});

test("switching rooms keeps the connection and changes the company", async () => {
    const [one, two] = names;
    const first = await join(one, "here"), second = await join(two, "there");
    await say(second, "said before");
    await sees(second, "#log .message", "said before");
    const sessions = await cluster.stats("gate-server-1");

    await first.fill("#new-room", "there");
    await first.click("#switch");
    await sees(second, "#log .event", `${one} has joined`);
    await sees(first, "#room-title", "there");
    await sees(first, "#log .message", "said before");
    await say(first, "hello there");
    await sees(second, "#log .message", "hello there");
    assert.deepEqual(await userNames(first), [two, one]);

    assert.equal((await cluster.stats("gate-server-1"))["session.opened"], sessions["session.opened"], "nobody asked the gate again");
});

test("a taken name is said clearly, at the door and when switching", async () => {
    const [one] = names;
    const first = await join(one, "crowded");
    const second = await openWindow();
    await second.fill("#name", one);
    await second.fill("#room", "crowded");
    await second.click("#join");
    await sees(second, "#login-error", "already taken");
    assert.ok(await second.locator("#chat").isHidden());
    await picture(second, "taken");

    await join(one, "free", second);
    await second.fill("#new-room", "crowded");
    await second.click("#switch");
    await sees(second, "#log .event", "already taken");
    assert.equal(await second.textContent("#room-title"), "free");
    assert.deepEqual(await texts(first, "#log .event"), []);
});

test("a name with a star is refused with an explanation", async () => {
    const page = await openWindow();
    await page.fill("#name", "a*b");
    await page.fill("#room", "stars");
    await page.click("#join");
    await sees(page, "#login-error", "without *");
});

test("a token in the address says who one is, and does not stay there", async () => {
    const page = await openWindow(`${cluster.webUrl}#token=${signs.token({ sub: names[0], rooms: ["guests"] })}`);
    assert.equal(page.url(), cluster.webUrl);
    await page.fill("#name", names[1]);
    await page.fill("#room", "guests");
    await page.click("#join");
    await sees(page, "#login-error", "it is not your name");
    await join(names[0], "guests", page);
    await page.fill("#new-room", "cellar");
    await page.click("#switch");
    await sees(page, "#log .event", "Still in guests. You may not do that here");
    await say(page, "hello");
    await sees(page, "#log .message", "hello");
});

test("it can be used by keyboard alone", async () => {
    const page = await openWindow();
    await page.waitForFunction(() => document.activeElement.id === "name");
    await page.keyboard.type("keys");
    await page.keyboard.press("Tab");
    await page.keyboard.type("keyboard");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#composer:visible");
    assert.equal(await page.evaluate(() => document.activeElement.id), "message");
    await page.keyboard.type("line one");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("line two");
    await page.keyboard.press("Enter");
    await sees(page, "#log .message", "line one");
    assert.deepEqual(await texts(page, "#log .message .text"), ["line one\nline two"]);
});

test("every control has a name for a screen reader", async () => {
    const page = await join("reader", "labels");
    const nameless = await page.evaluate(() => [...document.querySelectorAll("input, textarea, select, button")]
        .filter((control) => !(control.labels?.length || control.textContent.trim() || control.getAttribute("aria-label")))
        .map((control) => control.id));
    assert.deepEqual(nameless, []);
});

test("on a phone nothing is cut off", async () => {
    const page = await openWindow();
    await page.setViewportSize({ width: 360, height: 640 });
    await picture(page, "phone-login");
    await join("phone", "pocket", page);
    const other = await Member.enter(cluster.connectorUrl(1), "somebody with a rather long name indeed", "pocket");
    await other.send("word ".repeat(40) + "x".repeat(200));
    await sees(page, "#log .message", "word");
    await say(page, "short");
    await sees(page, "#log .own", "short");
    await picture(page, "phone");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.ok((await page.locator("#message").boundingBox()).width > 200, "there is room to write");
    const cut = await page.evaluate(() => ["target", "switch", "leave", "send"].filter((id) =>
        document.getElementById(id).scrollWidth > document.getElementById(id).clientWidth));
    assert.deepEqual(cut, []);
    for (const id of ["send", "message", "switch", "leave"]) {
        const box = await page.locator(`#${id}`).boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= 360 && box.y + box.height <= 640, id);
    }
    other.close();
});

test("a lost connection is said, and the page comes back with what was missed", async () => {
    const [one] = names;
    const lone = await Cluster.start({ connectors: 2, chats: 1, restart: false });
    try {
        const page = await join(one, "storm", await openWindow(lone.webUrl));
        const { port } = await queryEntry(lone.gateUrl, one, { WebSocket });
        const number = 1 + lone.section.connector.findIndex((line) => line.clientPort === port);
        const other = await Member.enter(lone.connectorUrl(3 - number), "other", "storm");
        await say(page, "before");
        await other.hears("before");

        await lone.kill(`connector-server-${number}`, "SIGKILL");
        await sees(page, "#connection", "Connection lost");
        await picture(page, "lost");
        await other.send("while you were away");
        await page.locator("#reconnect").evaluate((button) => button.click()); // nothing, when it tries by itself just now
        await page.waitForSelector("#connection", { state: "hidden", timeout: 20000 });
        await sees(page, "#log .message", "while you were away");
        await say(page, "back again");
        await other.hears("back again");
        await sees(page, "#log .message", "back again");
        assert.deepEqual(await texts(page, "#log .message .text"), ["before", "while you were away", "back again"]);
        other.close();
    } finally {
        await stopBehindPages(lone);
    }
});

/** A cluster of two connectors, the number of the one that the gate names for `name`, and somebody on the other one. */
async function withTwoConnectors(name, room, action) {
    const lone = await Cluster.start({ connectors: 2, chats: 1, restart: false });
    try {
        const { port } = await queryEntry(lone.gateUrl, name, { WebSocket });
        const number = 1 + lone.section.connector.findIndex((line) => line.clientPort === port);
        const other = await Member.enter(lone.connectorUrl(3 - number), "other", room);
        await action(lone, `connector-server-${number}`, other);
        other.close();
    } finally {
        await stopBehindPages(lone);
    }
}

test("while its connector is restarted the page goes on without a word, and nothing is lost or doubled", () =>
    withTwoConnectors("mover", "moving", async (lone, connector, other) => {
        const page = await join("mover", "moving", await openWindow(lone.webUrl));
        await page.evaluate(() => {
            window.troubled = false;
            new MutationObserver(() => { window.troubled ||= !document.getElementById("connection").hidden; })
                .observe(document.getElementById("connection"), { attributes: true });
        });
        let back = false;
        const restart = lone.citron("restart", connector).then((ended) => { back = true; return ended; });
        const said = [];
        for (let after = 0; after < 10; after += back ? 1 : 0) { // ten more when it is back
            said.push(`line ${said.length}`);
            await say(page, said.at(-1));
        }
        assert.equal((await restart).code, 0);
        await other.hears(said.at(-1));
        await sees(page, "#log .message", said.at(-1));

        assert.deepEqual(other.of("onChat").map((one) => one.msg), said);
        assert.deepEqual(await texts(page, "#log .message .text"), said);
        assert.deepEqual((await texts(page, "#log .event")), [], "nothing is said about it");
        assert.equal(await page.evaluate(() => window.troubled), false, "and no banner was shown");
        assert.deepEqual([...other.of("onLeave"), ...other.of("onAdd")].map((one) => one.route), ["onAdd"], "others see only the joining");
        const sessions = (await lone.list()).find((row) => row.id === connector).sessions;
        assert.equal(sessions, 0, "it has moved");
    }));

test("a connector that stands still is given up, and the gate names another one", () =>
    withTwoConnectors("patient", "frozen", async (lone, connector, other) => {
        const page = await openWindow(lone.webUrl);
        await lone.kill(connector, "SIGSTOP");
        await page.fill("#name", "patient");
        await page.fill("#room", "frozen");
        await page.click("#join");
        await page.waitForSelector("#composer:visible", { timeout: 15000 });
        await say(page, "here by another way");
        await other.hears("here by another way");
        assert.ok(await page.locator("#login-error").isHidden());
    }));

/** A window whose WebSockets' frames pass through `upward(send, frame)` and `downward(send, frame)`: on only if they send. */
function openTampered({ upward = (send) => send(), downward = (send) => send() }, url = cluster.webUrl) {
    return openWindow(url, (page) => page.routeWebSocket(/./, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((frame) => upward(() => server.send(frame), frame));
        server.onMessage((frame) => downward(() => socket.send(frame), frame));
    }));
}

/** The messages of a frame, in which compressed routes are left out. */
const messagesOf = (frame) => decodePackages(new Uint8Array(frame)).filter((one) => one.type === PACKAGE.DATA)
    .map((one) => decodeMessage(one.body));

test("Leave while it connects again leaves nobody behind", async () => {
    const lone = await Cluster.start({ connectors: 2, chats: 1, restart: false });
    try {
        let hold = false;
        const waiting = [];
        const page = await openTampered({ upward: (send) => hold ? waiting.push(send) : send() }, lone.webUrl);
        await join("ghost", "haunted", page);
        const { port } = await queryEntry(lone.gateUrl, "ghost", { WebSocket });
        const number = 1 + lone.section.connector.findIndex((line) => line.clientPort === port);
        const watcher = await Member.enter(lone.connectorUrl(3 - number), "watcher", "haunted");
        hold = true;
        await lone.kill(`connector-server-${number}`, "SIGKILL");
        await sees(page, "#connection", "Connection lost");
        await page.locator("#reconnect").evaluate((button) => button.click()); // nothing, when it tries by itself just now
        await sees(page, "#connection", "Connecting");
        assert.ok(await page.locator("#reconnect").isDisabled());
        await until(() => waiting.length > 0, "it is on its way");
        await page.click("#leave");
        hold = false;
        waiting.splice(0).forEach((send) => send());

        await join("other", "haunted", page);
        await watcher.gets("onLeave", { user: "ghost" });
        await new Promise((resolve) => setTimeout(resolve, 1000)); // for a ghost to come back
        assert.deepEqual((await watcher.chat("users")).users, ["other", "watcher"]); // oneself last
        assert.deepEqual(await userNames(page), ["watcher", "other"]);
        watcher.close();
    } finally {
        await stopBehindPages(lone);
    }
});

test("Test server says when its message does not come back", async () => {
    const page = await openTampered({ downward: (send, frame) => messagesOf(frame).some((one) => one.body.msg === "ping") || send() });
    await page.click("#test-server");
    await page.locator("#test-result").filter({ hasText: "did not bring it back" }).waitFor({ timeout: 15000 });
    assert.ok(await page.locator("#test-server").isEnabled());
});

test("a history that cannot be had is said in the room, which can be used", async () => {
    const talker = await Member.enter(cluster.connectorUrl(1), "talker", "forgetful");
    await talker.send("said before");
    const refuse = (send, frame) => {
        const answer = messagesOf(frame).find((one) => Array.isArray(one.body.messages));
        if (!answer)
            return send();
    };
    const page = await openTampered({ downward: refuse });
    await page.clock.install();
    await join("late", "forgetful", page);
    await page.clock.fastForward(16000);
    await sees(page, "#log .event", "Earlier messages cannot be shown. The server did not answer in time");
    await say(page, "here I am");
    await talker.hears("here I am");
    talker.close();
});

test("a page from another machine connects to where it came from", async () => {
    const sockets = [];
    const page = await openWindow(`http://chat.test:${cluster.httpPort}/`,
        (made) => made.on("websocket", (socket) => sockets.push(new URL(socket.url()).hostname)));
    await join("remote", "afar", page);
    assert.deepEqual(sockets, ["chat.test", "chat.test"]); // gate, connector
});

test("who comes and goes does not disturb who is being written to", async () => {
    const page = await join("ann", "busy");
    const bob = await Member.enter(cluster.connectorUrl(1), "bob", "busy");
    await sees(page, "#users .name", "bob");
    await page.selectOption("#target", "bob");
    const kept = await page.$("#users li:nth-child(2) button");
    await kept.focus();
    const cy = await Member.enter(cluster.connectorUrl(2), "cy", "busy");
    await sees(page, "#users .name", "cy");
    cy.close();
    await sees(page, "#log .event", "cy has left");
    assert.ok(await kept.evaluate((button) => document.activeElement === button), "the focus stays");
    assert.deepEqual(await texts(page, "#target option"), ["everyone", "bob"]);

    bob.close();
    await sees(page, "#log .event", "bob has left");
    assert.deepEqual(await texts(page, "#target option"), ["everyone", "bob (has left)"]);
    await say(page, "for bob alone");
    await sees(page, "#log .event", "Not sent: \"for bob alone\". That person is not in the room any more.");
    await page.selectOption("#target", "*");
    assert.deepEqual(await texts(page, "#target option"), ["everyone"]);
});

test("the log keeps its last 1,000 lines", async () => {
    const page = await join("reader", "long");
    const talker = await Member.enter(cluster.connectorUrl(1), "talker", "long");
    await Promise.all(Array.from({ length: 1010 }, (_, i) => talker.send(`line ${i}`)));
    await sees(page, "#log .message", "line 1009");
    assert.equal(await page.locator("#log > *").count(), 1000);
    talker.close();
});

test("without a gate the page finds its connector", async () => {
    const lone = await Cluster.start({ gate: false, connectors: 1, chats: 1 });
    try {
        const page = await join("ada", "direct", await openWindow(lone.webUrl));
        await say(page, "no gate");
        await sees(page, "#log .message", "no gate");
    } finally {
        await stopBehindPages(lone);
    }
});

test("a window whose timers stand still, as those of a hidden one nearly do, goes on beating", async () => {
    const impatient = await Cluster.start({ connectors: 1, chats: 1, chat: { heartbeatMs: 1500, idleMs: 4000 } });
    try {
        const page = await openWindow(impatient.webUrl);
        await page.clock.install();
        await join("sleeper", "worker", page);
        await page.clock.pauseAt(Date.now() + 1000); // its page's timers; not those of its worker
        const other = await Member.enter(impatient.connectorUrl(1), "other", "worker");
        await new Promise((resolve) => setTimeout(resolve, 5500));
        await other.send("still there?");
        await sees(page, "#log .message", "still there?");
        assert.deepEqual(other.of("onLeave"), []);
        other.close();
    } finally {
        await stopBehindPages(impatient);
    }
});
