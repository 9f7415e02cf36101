// The page: what the user does becomes requests, what the server pushes becomes text on the screen.
import { PomeloClient, RequestError, queryEntry } from "./client.js";

const $ = (id) => document.getElementById(id);
const history = 50;

const explanations = {
    duplicate_user: "That name is already taken in this room. Please choose another one.",
    bad_request: "Names and rooms are 1 to 64 characters, without * and control characters.",
    no_such_user: "That person is not in the room any more.",
    too_large: "That message is too long.",
    overloaded: "The server is too busy right now. Please try again.",
    unavailable: "The server cannot answer right now. Please try again.",
    not_entered: "You are not in a room.",
    timeout: "The server did not answer in time. Please try again.",
    closed: "No connection to the server.",
    name_taken: "Somebody else has taken your name while you were away.",
    replaced: "You have joined from somewhere else.",
    slow_consumer: "This browser could not keep up with the room.",
    drain: "The server is being restarted.",
    heartbeat: "The server has not been heard for a while.",
};
const explain = (reason) => explanations[reason] ?? `The server refused: ${reason}`;

/** Repeats in a worker, so that heartbeats go on when the page is hidden. */
function every(ms, action) {
    const worker = new Worker("ticker.js");
    worker.onmessage = action;
    worker.postMessage(ms);
    return () => worker.terminate();
}

const url = ({ host, port }) =>
    `${location.protocol === "https:" ? "wss" : "ws"}://${host || location.hostname}:${port}`;

/** A connected client: by way of the gate where there is one, else straight to the connector. */
async function connect(user) {
    const answer = await fetch("citron.json", { cache: "no-store" }).catch(() => null);
    if (!answer?.ok)
        throw new RequestError("citron.json", "closed");
    const { gate, connector } = await answer.json();
    const entry = connector ?? await queryEntry(url(gate), user, { every });
    const client = new PomeloClient({ every });
    await client.connect(url(entry));
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

function showUsers() {
    const target = $("target").value;
    const others = chat.users.filter((user) => user !== chat.name);
    $("user-count").textContent = chat.users.length;
    $("users").replaceChildren(...chat.users.map((user) => {
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
        return item;
    }));
    $("target").replaceChildren(...["*", ...others].map((user) => {
        const option = element("option", "", user === "*" ? "everyone" : user);
        option.value = user;
        return option;
    }));
    chooseTarget(others.includes(target) ? target : "*");
}

function chooseTarget(target) {
    $("target").value = target;
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

const chat = { client: null, name: "", room: "", users: [], epoch: "", offset: 0, resumeKey: undefined };

/** Takes an enter's answer for what the screen shows from now on. */
function takeRoom(room, answer) {
    Object.assign(chat, { room, users: answer.users, epoch: answer.epoch, offset: answer.offset, resumeKey: answer.resumeKey });
    $("room-title").textContent = room;
    document.title = `${room} - citron chat`;
    showUsers();
}

async function showHistory() {
    const { client, room, offset } = chat;
    if (!offset)
        return;
    const { messages } = await client.request("chat.chatHandler.history", { before: offset + 1, limit: history });
    const arrived = [...$("log").children];
    if (client !== chat.client || room !== chat.room)
        return;
    $("log").replaceChildren();
    messages.forEach(addMessage);
    $("log").append(...arrived);
    $("log").scrollTop = $("log").scrollHeight;
}

function listen(client) {
    const here = (body) => client === chat.client && (body.rid === undefined || body.rid === chat.room);
    client.on("onChat", (body) => {
        if (!here(body) || (body.offset && body.epoch === chat.epoch && body.offset <= chat.offset))
            return;
        if (body.offset)
            Object.assign(chat, { epoch: body.epoch, offset: body.offset });
        addMessage(body);
    });
    client.on("onAdd", (body) => {
        if (!here(body) || chat.users.includes(body.user))
            return;
        chat.users.push(body.user);
        showUsers();
        addEvent(`${body.user} has joined`);
    });
    client.on("onLeave", (body) => {
        if (!here(body))
            return;
        chat.users = chat.users.filter((user) => user !== body.user);
        showUsers();
        addEvent(`${body.user} has left`);
    });
    client.on("onReset", (body) => {
        if (!here(body))
            return;
        Object.assign(chat, { epoch: body.epoch, offset: body.offset });
        addEvent("Some messages before this line are lost");
    });
    client.on("disconnect", ({ reason }) => client === chat.client && onLost(reason));
}

async function join(name, room) {
    const client = await connect(name);
    try {
        chat.client = client;
        chat.name = name;
        listen(client);
        const answer = await client.request("connector.entryHandler.enter", { username: name, rid: room });
        $("log").replaceChildren();
        takeRoom(room, answer);
    } catch (error) {
        chat.client = null;
        client.close();
        throw error;
    }
    show("chat");
    await showHistory();
}

async function switchRoom(room) {
    const answer = await chat.client.request("connector.entryHandler.enter", { username: chat.name, rid: room });
    $("log").replaceChildren();
    takeRoom(room, answer);
    addEvent(`You are now in ${room}`);
    await showHistory();
}

/** Comes back under the same name and shows what was missed; the old lines stay. */
async function resume() {
    const client = await connect(chat.name);
    const since = { epoch: chat.epoch, offset: chat.offset };
    const request = { username: chat.name, rid: chat.room, resumeKey: chat.resumeKey, since };
    try {
        chat.client = client;
        listen(client);
        const answer = await client.request("connector.entryHandler.enter", request);
        addEvent("Connected again");
        if (answer.recovered === false)
            addEvent("Some messages before this line may be missing");
        const missed = (answer.messages ?? []).filter((m) => m.epoch !== since.epoch || m.offset > since.offset);
        takeRoom(chat.room, answer);
        missed.forEach(addMessage);
    } catch (error) {
        chat.client = null;
        client.close();
        throw error;
    }
}

async function send() {
    const { name } = chat;
    const target = $("target").value;
    const content = $("message").value.trim();
    if (!content || !chat.client)
        return;
    $("message").value = "";
    try {
        const { time } = await chat.client.request("chat.chatHandler.send", { content, target });
        if (target !== "*") // the addressee alone gets it from the server; all else comes back as onChat
            addMessage({ from: name, target, msg: content, time });
    } catch (error) {
        addEvent(`Not sent: "${content}". ${explain(error.reason)}`);
    }
}

// ---- losing the connection

let attempts = 0, timer = 0;
const final = new Set(["name_taken", "replaced", "abuse"]);

function onLost(reason) {
    chat.client = null;
    $("send").disabled = true;
    $("connection").hidden = false;
    if (final.has(reason)) {
        $("connection-text").textContent = explain(reason);
        return;
    }
    const wait = Math.min(30, 2 ** attempts++) * (0.5 + Math.random());
    $("connection-text").textContent = `Connection lost. ${explain(reason)} Trying again in ${Math.ceil(wait)} s.`;
    clearTimeout(timer);
    timer = setTimeout(reconnect, wait * 1000);
}

async function reconnect() {
    clearTimeout(timer);
    $("connection-text").textContent = "Connecting ...";
    try {
        await resume();
    } catch (error) {
        return onLost(error.reason === "duplicate_user" ? "name_taken" : error.reason ?? "closed");
    }
    attempts = 0;
    $("connection").hidden = true;
    $("send").disabled = false;
}

function leave() {
    clearTimeout(timer);
    const client = chat.client;
    chat.client = null;
    client?.close();
    $("connection").hidden = true;
    $("send").disabled = false;
    document.title = "citron chat";
    show("login");
}

// ---- "Test server": the whole way, in a room of its own: gate, connector, chat server and back

async function testServer() {
    const nobody = `test-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    const client = await connect(nobody);
    try {
        const heard = new Promise((resolve, reject) => client.on("onChat", resolve).on("disconnect", reject));
        heard.catch(() => {});
        await client.request("connector.entryHandler.enter", { username: nobody, rid: nobody });
        await client.request("chat.chatHandler.send", { content: "ping", target: "*" });
        await heard;
    } finally {
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
