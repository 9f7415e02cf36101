// The page: what the user does becomes requests, what the server pushes becomes text on the screen.
import { PomeloClient, RequestError, addressOf, persist, queryEntry } from "./client.js";

const $ = (id) => document.getElementById(id);
const history = 50;
const longestLog = 1000; // lines
const testPatience = 10000; // ms

const explanations = {
    duplicate_user: "That name is already taken in this room. Please choose another one.",
    bad_request: "Names and rooms are 1 to 64 characters, without * and control characters.",
    no_such_user: "That person is not in the room any more.",
    too_large: "That message is too long.",
    overloaded: "The server is too busy right now. Please try again.",
    rate_limited: "That was too fast. Please wait a moment.",
    unavailable: "The server cannot answer right now. Please try again.",
    not_entered: "You are not in a room.",
    timeout: "The server did not answer in time. Please try again.",
    closed: "No connection to the server.",
    name_taken: "Somebody else has taken your name while you were away.",
    replaced: "You have joined from somewhere else.",
    slow_consumer: "This browser could not keep up with the room.",
    drain: "The server is being restarted.",
    heartbeat: "The server has not been heard for a while.",
    unauthorized: "The server wants to know who you are. Please sign in (again).",
    forbidden: "You may not do that here: it is not your name, or not a room of yours.",
    abuse: "The server has closed this connection: too much was asked of it, or this address may not use it.",
    silent: "The server took the message, but did not bring it back within 10 s.",
};
const explain = (reason) => explanations[reason] ?? `The server refused: ${reason}`;

/** Repeats in a worker, so that heartbeats go on when the page is hidden. */
function every(ms, action) {
    const worker = new Worker("ticker.js");
    worker.onmessage = action;
    worker.postMessage(ms);
    return () => worker.terminate();
}

/** A page that signs users in sends them here with #token=... It does not stay in the address. */
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token)
    window.history.replaceState(null, "", location.pathname + location.search);

const anyInterface = new Set(["", "0.0.0.0", "::", "*"]);
const isLoopback = (host) => host === "localhost" || host.startsWith("127.") || host === "::1" || host === "[::1]";

/**
 * An address that means "this machine" to a server leads nowhere from another one: the page's own does. Browsers let a page
 * that came by https connect by wss only: then there is a proxy before a server that says nothing of TLS.
 */
function url({ host, port, tls }) {
    const misleads = anyInterface.has(host) || (isLoopback(host) && !isLoopback(location.hostname));
    return addressOf({ host: misleads ? location.hostname : host, port, tls: tls || location.protocol === "https:" });
}

let attempt = 0;

/** Begins to connect: whatever else still does so is overtaken, and gives up. Tells later whether it is still wanted. */
function newAttempt() {
    const mine = ++attempt;
    return () => mine === attempt;
}

/** A connected client. A connector that does not answer is given up, and the gate is asked again: it may name another by then. */
const connect = (user, wanted) => persist(() => connectOnce(user, wanted));

/** By way of the gate where there is one, else straight to the connector. */
async function connectOnce(user, wanted = () => true) {
    const step = async (promise) => {
        const value = await promise;
        if (!wanted())
            throw new RequestError("connect", "overtaken");
        return value;
    };
    const answer = await step(fetch("citron.json", { cache: "no-store" }).catch(() => null));
    if (!answer?.ok)
        throw new RequestError("citron.json", "closed");
    const { gate, connector } = await step(answer.json());
    const entry = connector ?? await step(queryEntry(url(gate), user, { every }));
    const client = new PomeloClient({ every, token });
    try {
        await step(client.connect(url(entry)));
    } catch (error) {
        client.close();
        throw error;
    }
    return client;
}

// ---- what is on the screen

const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

function element(tag, className, content) {
    const made = document.createElement(tag);
    if (className)
        made.className = className;
    if (content !== undefined)
        made.textContent = content;
    return made;
}

function addLine(line, time = Date.now()) {
    const log = $("log");
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const stamp = element("time", "", clock.format(time));
    stamp.dateTime = new Date(time).toISOString();
    line.prepend(stamp); // floats to the right of the first line
    log.append(line);
    while (log.childElementCount > longestLog)
        log.firstElementChild.remove();
    if (atEnd)
        log.scrollTop = log.scrollHeight;
}

const addEvent = (content, time) => addLine(element("p", "event", content), time);

/** A steady colour per name, so that people can be told apart. */
function hueOf(name) {
    let hash = 0;
    for (const character of name)
        hash = (hash * 31 + character.codePointAt(0)) % 360;
    return hash;
}

function nameTag(name) {
    const tag = element("strong", "name", name);
    tag.style.setProperty("--hue", hueOf(name));
    return tag;
}

function addMessage({ from, target, msg, time }) {
    const own = from === chat.name;
    const line = element("p", `message${own ? " own" : ""}${target === "*" ? "" : " private"}`);
    line.append(nameTag(from));
    if (target !== "*")
        line.append(element("span", "badge", own ? `private to ${target}` : "private"));
    line.append(element("span", "text", typeof msg === "string" ? msg : JSON.stringify(msg) ?? ""));
    addLine(line, time);
}

/** The list and the choice of targets: made anew with the room, then changed by one person at a time. */
const shown = new Map(); // name -> { item, option }

function showUsers(users, target) {
    $("users").replaceChildren();
    $("target").replaceChildren(optionFor("*"));
    shown.clear();
    users.forEach(showUser);
    if (target !== "*" && !shown.has(target))
        $("target").append(optionFor(target, absent(target)));
    chooseTarget(target);
}

const absent = (user) => `${user} (has left)`;

function optionFor(user, content = user === "*" ? "everyone" : user) {
    const option = element("option", "", content);
    option.value = user;
    return option;
}

function showUser(user) {
    if (shown.has(user))
        return;
    const button = element("button", "", undefined);
    button.type = "button";
    button.append(nameTag(user));
    button.disabled = user === chat.name;
    button.title = button.disabled ? "" : `Write to ${user} only`;
    button.append(element("span", "hint", button.disabled ? "you" : ""));
    button.onclick = () => {
        chooseTarget(user);
        $("message").focus();
    };
    const item = element("li");
    item.append(button);
    $("users").append(item);
    const before = [...$("target").options].find((one) => one.value === user); // was gone, and is still written to
    const option = before ?? optionFor(user);
    option.textContent = user;
    if (!before && user !== chat.name)
        $("target").append(option);
    shown.set(user, { item, option });
    $("user-count").textContent = shown.size;
}

/** Whoever is being written to stays the target: what was meant for one must not go to all. */
function hideUser(user) {
    if (!shown.has(user))
        return;
    const { item, option } = shown.get(user);
    shown.delete(user);
    item.remove();
    if ($("target").dataset.chosen === user)
        option.textContent = absent(user);
    else
        option.remove();
    $("user-count").textContent = shown.size;
}

function chooseTarget(target) {
    const select = $("target");
    for (const option of [...select.options])
        if (option.value !== "*" && option.value !== target && !shown.has(option.value))
            option.remove(); // has left, and is not written to any more
    select.value = select.dataset.chosen = target;
    $("composer").classList.toggle("private", target !== "*");
}

function show(page) {
    $("login").hidden = page !== "login";
    $("chat").hidden = page !== "chat";
    $(page === "login" ? "name" : "message").focus();
}

function showError(id, content) {
    $(id).textContent = content;
    $(id).hidden = content === "";
}

// ---- the chat

const chat = { client: null, name: "", room: "", epoch: "", offset: 0, resumeKey: undefined,
    entered: false, // this connection is in a room
    held: null, // pushes that wait for the answer of an enter
    unsaid: [], // messages without an answer, in the order in which they were written
    talking: false, // the first of them is on its way
};

/** Takes an enter's answer for what the screen shows from now on. */
function takeRoom(room, answer) {
    const target = $("target").dataset.chosen ?? "*";
    const keep = room === chat.room || answer.users.includes(target);
    Object.assign(chat, { room, epoch: answer.epoch, offset: answer.offset, resumeKey: answer.resumeKey });
    $("room-title").textContent = room;
    document.title = `${room} - citron chat`;
    showUsers(answer.users, keep ? target : "*");
    const held = chat.held;
    chat.held = null;
    held?.forEach((push) => push());
}

/** What was said before. Without it the room is still usable. */
async function showHistory() {
    const { client, room, offset } = chat;
    if (!offset)
        return;
    const stillHere = () => client === chat.client && room === chat.room;
    let messages;
    try {
        ({ messages } = await client.request("chat.chatHandler.history", { before: offset + 1, limit: history }));
    } catch (error) {
        if (stillHere())
            addEvent(`Earlier messages cannot be shown. ${explain(error.reason ?? error.message)}`);
        return;
    }
    if (!stillHere())
        return;
    const arrived = [...$("log").children];
    $("log").replaceChildren();
    messages.forEach(addMessage);
    $("log").append(...arrived);
    $("log").scrollTop = $("log").scrollHeight;
}

function listen(client) {
    const here = (body) => body.rid === undefined || body.rid === chat.room;
    const on = (route, action) => client.on(route, (body) => {
        if (client !== chat.client)
            return;
        const push = () => here(body) && action(body);
        if (chat.held && !(chat.entered && here(body)))
            chat.held.push(push); // may be of the room whose answer we are still waiting for
        else
            push();
    });
    on("onChat", (body) => {
        if (body.offset && body.epoch === chat.epoch && body.offset <= chat.offset)
            return;
        if (body.offset)
            Object.assign(chat, { epoch: body.epoch, offset: body.offset });
        addMessage(body);
    });
    on("onAdd", ({ user }) => {
        if (shown.has(user))
            return;
        showUser(user);
        addEvent(`${user} has joined`);
    });
    on("onLeave", ({ user }) => {
        hideUser(user);
        addEvent(`${user} has left`);
    });
    on("onReset", (body) => {
        Object.assign(chat, { epoch: body.epoch, offset: body.offset });
        addEvent("Some messages before this line are lost");
    });
    client.on("disconnect", ({ reason, retryAfter }) => client === chat.client && chat.entered && onLost(reason, retryAfter));
}

/** Connects and enters; the answer is to be taken at once. Throws "overtaken" when the user wants something else by now. */
async function enter(name, request) {
    const wanted = newAttempt();
    const client = await connect(name, wanted);
    Object.assign(chat, { client, name, entered: false, held: [] });
    listen(client);
    try {
        const answer = await client.request("connector.entryHandler.enter", { username: name, ...request });
        if (!wanted() || !client.connected)
            throw new RequestError("connector.entryHandler.enter", "closed");
        chat.entered = true;
        return answer;
    } catch (error) {
        if (chat.client === client)
            chat.client = null;
        client.close();
        throw wanted() ? error : new RequestError("connector.entryHandler.enter", "overtaken");
    }
}

async function join(name, room) {
    const answer = await enter(name, { rid: room });
    $("log").replaceChildren();
    takeRoom(room, answer);
    show("chat");
    await showHistory();
}

async function switchRoom(room) {
    const { client, name } = chat;
    chat.held = [];
    try {
        const answer = await client.request("connector.entryHandler.enter", { username: name, rid: room });
        if (client !== chat.client)
            return;
        $("log").replaceChildren();
        addEvent(`You are now in ${room}`);
        takeRoom(room, answer);
    } catch (error) {
        if (client === chat.client)
            chat.held = null; // nothing of that room concerns us
        throw error;
    }
    await showHistory();
}

/** Comes back under the same name and shows what was missed; the old lines stay. */
async function resume() {
    const since = { epoch: chat.epoch, offset: chat.offset };
    const answer = await enter(chat.name, { rid: chat.room, resumeKey: chat.resumeKey, since });
    if (!$("connection").hidden)
        addEvent("Connected again");
    if (answer.recovered === false)
        addEvent("Some messages before this line may be missing");
    (answer.messages ?? []).filter((m) => m.epoch !== since.epoch || m.offset > since.offset).forEach(addMessage);
    takeRoom(chat.room, answer);
}

async function send() {
    const target = $("target").dataset.chosen;
    const content = $("message").value.trim();
    if (!content || $("send").disabled)
        return;
    $("message").value = "";
    chat.unsaid.push({ content, target, rid: chat.room, cid: crypto.getRandomValues(new Uint32Array(3)).join("-") });
    await talk();
}

/** One after the other. What a lost connection left without an answer is said again: the server knows it by its cid. */
async function talk() {
    if (chat.talking)
        return;
    chat.talking = true;
    while (chat.client?.connected && chat.entered && chat.unsaid.length)
        await say(chat.client, chat.unsaid[0]);
    chat.talking = false;
}

async function say(client, message) {
    const { content, target } = message;
    const { name } = chat;
    try {
        const { time } = await client.request("chat.chatHandler.send", message);
        if (target !== "*") // the addressee alone gets it from the server; all else comes back as onChat
            addMessage({ from: name, target, msg: content, time });
    } catch (error) {
        if (error.reason === "closed")
            return;
        if (error.reason === "rate_limited") // what follows it waits too
            return void await new Promise((resolve) => setTimeout(resolve, error.retryAfter ?? 1000));
        addEvent(`Not sent: "${content}". ${explain(error.reason)}`);
    }
    if (chat.unsaid[0] === message)
        chat.unsaid.shift();
}

// ---- losing the connection

let attempts = 0, timer = 0;
const final = new Set(["name_taken", "replaced", "abuse", "unauthorized", "forbidden"]);

function onLost(reason, retryAfter = 0) {
    chat.client = null;
    chat.entered = false;
    clearTimeout(timer);
    if (reason === "drain" && retryAfter <= 1000) { // the server ends in order, others are there: not worth a word
        timer = setTimeout(reconnect, retryAfter);
        return;
    }
    $("send").disabled = true;
    $("reconnect").disabled = false;
    $("connection").hidden = false;
    if (final.has(reason)) {
        $("connection-text").textContent = explain(reason);
        return;
    }
    const wait = Math.max(Math.min(30, 2 ** attempts++) * (0.5 + Math.random()), retryAfter / 1000);
    $("connection-text").textContent = `Connection lost. ${explain(reason)} Trying again in ${Math.ceil(wait)} s.`;
    timer = setTimeout(reconnect, wait * 1000);
}

async function reconnect() {
    clearTimeout(timer);
    $("connection-text").textContent = "Connecting ...";
    $("reconnect").disabled = true;
    try {
        await resume();
    } catch (error) {
        if (error.reason === "overtaken")
            return;
        return onLost(error.reason === "duplicate_user" ? "name_taken" : error.reason ?? "closed", error.retryAfter);
    }
    attempts = 0;
    $("connection").hidden = true;
    $("send").disabled = false;
    void talk();
}

function leave() {
    newAttempt(); // which overtakes one that may be under way
    clearTimeout(timer);
    const client = chat.client;
    chat.client = null;
    chat.unsaid = [];
    client?.close();
    $("connection").hidden = true;
    $("send").disabled = false;
    document.title = "citron chat";
    chooseTarget("*");
    show("login");
}

// ---- "Test server": the whole way, in a room of its own: gate, connector, chat server and back

async function testServer() {
    const nobody = `test-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    const client = await connect(nobody);
    let late;
    try {
        const heard = new Promise((resolve, reject) => client.on("onChat", resolve).on("disconnect", reject));
        heard.catch(() => {});
        await client.request("connector.entryHandler.enter", { username: token ? undefined : nobody, rid: nobody });
        await client.request("chat.chatHandler.send", { content: "ping", target: "*" });
        await Promise.race([heard, new Promise((_, reject) => {
            late = setTimeout(() => reject(new RequestError("onChat", "silent")), testPatience);
        })]);
    } finally {
        clearTimeout(late);
        client.close();
    }
}

// ---- wiring

/** Runs `action` with the form's buttons off; shows in `place` why it failed. */
async function guarded(button, place, action) {
    showError(place, "");
    button.disabled = true;
    try {
        await action();
    } catch (error) {
        showError(place, explain(error.reason ?? error.message));
    } finally {
        button.disabled = false;
    }
}

$("login-form").onsubmit = (event) => {
    event.preventDefault();
    void guarded($("join"), "login-error", () => join($("name").value.trim(), $("room").value.trim()));
};

$("switch-form").onsubmit = async (event) => {
    event.preventDefault();
    const room = $("new-room").value.trim();
    if (!room || room === chat.room || !chat.client)
        return;
    $("switch").disabled = true;
    try {
        await switchRoom(room);
        $("new-room").value = "";
        $("message").focus();
    } catch (error) {
        addEvent(`Still in ${chat.room}. ${explain(error.reason ?? error.message)}`);
    } finally {
        $("switch").disabled = false;
    }
};

$("test-server").onclick = async () => {
    const result = $("test-result");
    $("test-server").disabled = true;
    result.className = "";
    result.textContent = "testing ...";
    try {
        await testServer();
        result.textContent = "server is ok";
        result.className = "ok";
    } catch (error) {
        result.textContent = explain(error.reason ?? error.message);
        result.className = "bad";
    } finally {
        $("test-server").disabled = false;
    }
};

$("composer").onsubmit = (event) => {
    event.preventDefault();
    void send();
};

$("message").onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing)
        return;
    event.preventDefault();
    $("composer").requestSubmit();
};

$("target").onchange = () => chooseTarget($("target").value);
$("leave").onclick = leave;
$("reconnect").onclick = () => void reconnect();
