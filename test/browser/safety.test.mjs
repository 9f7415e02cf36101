// The web chat among people who mean harm, and by https.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { get, trusting } from "../system/support/certificates.mjs";
import { Cluster, root } from "../system/support/cluster.mjs";
import { Member } from "../system/support/member.mjs";
import { launch, problemsOf } from "./support.mjs";

let cluster, secure, browser;
const pages = [];

before(async () => {
    [cluster, secure] = await Promise.all([Cluster.start({ connectors: 2, chats: 1 }),
        Cluster.start({ connectors: 2, chats: 1, tls: true })]);
    browser = await launch(["--ignore-certificate-errors"]);
});

after(async () => {
    await browser?.close();
    await Promise.all([cluster?.stop(), secure?.stop()]);
});

afterEach(async () => {
    const problems = pages.flatMap((page) => page.problems);
    await Promise.all(pages.splice(0).map((page) => page.close()));
    assert.deepEqual(problems, [], "the pages have no errors, and nothing that their policy had to stop");
});

/** A window that notes where it connects, and whatever a policy had to stop. */
async function openWindow(url) {
    const page = await browser.newPage();
    Object.assign(page, { problems: problemsOf(page), asked: [] });
    page.on("dialog", (dialog) => page.problems.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => page.asked.push(request.url()));
    page.on("websocket", (socket) => page.asked.push(socket.url()));
    await page.addInitScript(() => {
        window.stopped = [];
        document.addEventListener("securitypolicyviolation", (event) => window.stopped.push(event.violatedDirective));
    });
    pages.push(page);
    await page.goto(url);
    return page;
}

async function join(page, name, room) {
    await page.fill("#name", name);
    await page.fill("#room", room);
    await page.click("#join");
    await page.waitForSelector("#composer:visible");
}

const texts = (page, selector) => page.locator(selector).allTextContents();

// Each would set window.harmed, or load, hide or lead away, were it taken for anything but text.
const hostile = [
    "<script>harmed=1</script>",
    "<img src=x onerror=harmed=1>",
    "<svg onload=harmed=1>",
    "\"><script>harmed=1</script>",
    "'><img src=x onerror='harmed=1'>",
    "</option></select><script>harmed=1</script>",
    "</textarea><img src=x onerror=harmed=1>",
    "</title><script>harmed=1</script>",
    "<iframe srcdoc='<script>parent.harmed=1</script>'>",
    "<a href=javascript:harmed=1 autofocus onfocus=harmed=1>x</a>",
    "javascript:harmed=1",
    "<style>body{display:none}</style>",
    "<base href=//evil.invalid/>",
    "<meta http-equiv=refresh content=0;url=//evil.invalid>",
    "<form action=//evil.invalid><button id=send>",
    "<p id=log>", "<input name=body>",
    "&lt;script&gt;harmed=1&lt;/script&gt;", "&#60;script&#62;",
    "${harmed=1}", "{{constructor.constructor('harmed=1')()}}",
    "\" onmouseover=\"harmed=1", "--hue:0;} body{display:none", "__proto__", "constructor", "hasOwnProperty",
];

/** Nothing of what was said became part of the page. */
async function checkHarmless(page) {
    const found = await page.evaluate(() => ({
        harmed: window.harmed,
        stopped: window.stopped,
        scripts: [...document.scripts].map((script) => script.getAttribute("src")),
        strange: [...document.querySelectorAll("#log *, #users *, #target *, #room-title *, #connection *, #login-error *")]
            .map((element) => element.localName).filter((name) => !["p", "span", "strong", "time", "li", "button", "option"].includes(name)),
        handlers: [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")),
        ids: [...document.querySelectorAll("[id]")].map((element) => element.id).filter((id, i, all) => all.indexOf(id) !== i),
        visible: getComputedStyle(document.body).display !== "none",
        base: document.baseURI,
    }));
    assert.deepEqual(found, { harmed: undefined, stopped: [], scripts: ["chat.js"], strange: [], handlers: [], ids: [], visible: true,
        base: page.url() });
    const home = new URL(page.url()).hostname;
    assert.deepEqual(page.asked.filter((url) => new URL(url).hostname !== home), []);
}

test("a room full of <script> stays text: names, messages, room, people who come and go", async () => {
    const room = hostile[0];
    const people = [];
    for (const [i, name] of hostile.entries())
        people.push(await Member.enter(cluster.connectorUrl(1 + i % 2), name, room));
    const page = await openWindow(cluster.webUrl);
    const me = "<b onclick=harmed=1>me</b>";
    await join(page, me, room);

    await Promise.all(people.map((one, i) => one.send(hostile[(i + 1) % hostile.length])));
    for (const content of [{ "<script>harmed=1</script>": ["<img src=x onerror=harmed=1>"] }, ["<svg onload=harmed=1>"], 7, null, true])
        await people[0].send(content);
    await people[1].send("<script>harmed=1</script> for you alone", { target: me });
    await people[2].send("the last of them");
    await page.locator("#log .message").filter({ hasText: "the last of them" }).waitFor();

    const said = await texts(page, "#log .message .text");
    for (const line of [...hostile, "<script>harmed=1</script> for you alone"])
        assert.ok(said.includes(line), line);
    assert.ok(said.includes('{"<script>harmed=1</script>":["<img src=x onerror=harmed=1>"]}'));
    assert.deepEqual(await texts(page, "#users .name"), [...hostile, me]);
    assert.deepEqual(await texts(page, "#target option"), ["everyone", ...hostile]);
    assert.equal(await page.textContent("#room-title"), room);
    assert.equal(await page.title(), `${room} - citron chat`);
    await checkHarmless(page);

    await page.selectOption("#target", hostile[1]); // who leaves while being written to
    for (const one of people.slice(0, 8))
        one.close();
    await page.locator("#log .event").filter({ hasText: `${hostile[7]} has left` }).waitFor();
    await page.fill("#message", "<script>harmed=1</script>");
    await page.press("#message", "Enter");
    await page.locator("#log .event").filter({ hasText: "Not sent: \"<script>harmed=1</script>\"" }).waitFor();
    await page.fill("#new-room", hostile[1]);
    await page.click("#switch");
    await page.locator("#log .event").filter({ hasText: `You are now in ${hostile[1]}` }).waitFor();
    await checkHarmless(page);
    people.forEach((one) => one.close());
});

test("its history is text too", async () => {
    const room = "<img src=x onerror=harmed=1> of old";
    const talker = await Member.enter(cluster.connectorUrl(1), hostile[2], room);
    for (const line of hostile)
        await talker.send(line);
    const page = await openWindow(cluster.webUrl);
    await join(page, "reader", room);
    await page.locator("#log .message").filter({ hasText: hostile.at(-1) }).waitFor();
    assert.deepEqual(await texts(page, "#log .message .text"), hostile);
    await checkHarmless(page);
    talker.close();
});

test("a page that came by https talks by wss alone", async () => {
    const page = await openWindow(secure.webUrl);
    await page.click("#test-server");
    await page.locator("#test-result").filter({ hasText: "server is ok" }).waitFor();
    await join(page, "ada", "tls");
    const other = await Member.connect(secure.connectorUrl(2), { WebSocket: trusting(secure.ca) });
    await other.enter("bob", "tls");
    await page.fill("#message", "hello by https");
    await page.press("#message", "Enter");
    await other.hears("hello by https");
    await other.send("hello by wss");
    await page.locator("#log .message").filter({ hasText: "hello by wss" }).waitFor();

    const schemes = new Set(page.asked.map((url) => new URL(url).protocol));
    assert.deepEqual(schemes, new Set(["https:", "wss:"]));
    assert.equal(await page.evaluate(() => isSecureContext), true);
    await checkHarmless(page);
    other.close();
});

test("what comes with every answer", async () => {
    for (const [one, connects] of [[cluster, "ws: wss:"], [secure, "wss:"]])
        for (const file of ["", "chat.js", "style.css", "ticker.js", "citron.json", "nothing", "%zz"]) {
            const { headers } = one === secure ? await get(one.webUrl + file, secure.ca) : await plain(one.webUrl + file);
            assert.equal(headers["content-security-policy"], "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
                `worker-src 'self'; connect-src 'self' ${connects}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`, file);
            assert.equal(headers["x-content-type-options"], "nosniff", file);
            assert.equal(headers["referrer-policy"], "no-referrer", file);
        }
});

async function plain(url) {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    return { headers: Object.fromEntries(answer.headers) };
}

test("nobody else's page may frame it", async () => {
    const thief = http.createServer((_, answer) => answer.setHeader("content-type", "text/html")
        .end(`<iframe src="http://chat.test:${cluster.httpPort}/"></iframe>`)).listen(0, "127.0.0.1");
    await new Promise((resolve) => thief.once("listening", resolve));
    const page = await browser.newPage();
    try {
        const refused = page.waitForEvent("console", (message) => /frame-ancestors 'none'/.test(message.text()));
        await page.goto(`http://127.0.0.1:${thief.address().port}/`);
        await refused;
        const [frame] = page.mainFrame().childFrames();
        assert.equal(await frame.locator("#login").count(), 0);
    } finally {
        await page.close();
        thief.close();
    }
});

test("www/ has no script, style or handler within its HTML, and its scripts make no HTML of text", async () => {
    const files = await readdir(path.join(root, "www"));
    for (const file of files.filter((name) => name.endsWith(".html"))) {
        const text = await readFile(path.join(root, "www", file), "utf8");
        for (const [tag] of text.matchAll(/<script\b[^>]*>[^<]*/g))
            assert.match(tag, /^<script [^>]*src="[a-z.]+">\s*$/, file);
        assert.doesNotMatch(text, /<style\b|\sstyle=|\son[a-z]+=|javascript:/i, file);
    }
    for (const file of files.filter((name) => name.endsWith(".js")))
        assert.doesNotMatch(await readFile(path.join(root, "www", file), "utf8"),
            /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\b|new Function|setAttribute\("on|srcdoc/, file);
});
