// WEBSOCKET.md: every case, what is expected of it, and what the connector did.
const notes = {
    empty: "An empty message is read as the suite wants it, but it is no Pomelo package: the session is kicked, reason `protocol`, and closed with"
        + " 1000. In the round trips of 9.7.1 and 9.8.1 the smallest package stands for it, a heartbeat of 4 bytes.",
    late: "Text is judged when its message is complete, not while it comes in (the suite calls that non-strict): no message is handed on before,"
        + " and a message is bounded.",
    limit: "A message may have `maxMessageBytes` + 1 MiB, 2 MiB by default, `maxMessageBytes` at most 2 MiB. A longer one is refused with 1009 as soon as a frame's"
        + " header tells. The cases that the suite runs with 4 MiB in fragments run with 2 MiB too, which come back.",
    deflate: "Compression is not offered, so the suite would not run these cases; that the extension is not negotiated, and the connection good without it, is checked.",
};

const groups = { 1: "Framing", 2: "Pings and pongs", 3: "Reserved bits", 4: "Opcodes", 5: "Fragmentation", 6: "UTF-8", 7: "Closing", 9: "Limits and round trips",
    10: "Fragments made by a client", 12: "Compression, payloads", 13: "Compression, parameters", c: "Beyond the suite" };

const short = (event) => event.replace(/0x([0-9a-f]{34,})/, (_, digits) => `${digits.length / 2} bytes`);

/** "answer" x 1000 rather than a thousand times. */
function seen(events) {
    const runs = [];
    for (const event of events.map(short)) {
        if (runs.at(-1)?.event === event)
            ++runs.at(-1).count;
        else
            runs.push({ event, count: 1 });
    }
    return runs.map(({ event, count }) => count > 1 ? `${event} x ${count}` : event).join(", ");
}

const verdictOf = ({ verdict, note }) => note ? `${verdict} (${note})` : verdict;
const driver = ({ run, ws }) => [run && "raw", ws && "ws"].filter(Boolean).join(", ");

function section(group, cases, results) {
    return [`## ${group} ${groups[group]}`, "", "| case | sent | the suite expects | the connector sends | verdict | by |", "| --- | --- | --- | --- | --- | --- |",
        ...cases.map((one) => `| ${one.id} | ${one.sent} | ${one.suite} | ${seen(results.get(one.id))} | ${verdictOf(one)} | ${driver(one)} |`), ""];
}

function count(cases) {
    const sums = {};
    for (const { verdict } of cases)
        sums[verdict] = (sums[verdict] ?? 0) + 1;
    return Object.entries(sums).map(([verdict, sum]) => `${sum} ${verdict}`).join(", ");
}

/** `results`: what the connector sent, by the cases' ids. */
export function render(cases, results) {
    const byGroup = grouped(cases);
    return [
        "# WebSocket conformance", "",
        "The cases of the Autobahn test suite (fuzzingclient), by their numbers, against a real connector. Made by"
        + " `UPDATE=1 node --test test/system/websocket_conformance.test.mjs`; without `UPDATE` that test fails where this page and the connector differ.", "",
        `${cases.length} rows: ${count(cases)}.`, "",
        "The connector is no echo server: it speaks the Pomelo protocol. So where the suite sends a message and waits for its echo, a message of the same"
        + " kind, size and cut holds Pomelo packages, in text as in binary frames. *echo*: it says a text in a room, and the text that comes back is the same."
        + " *answer*: it holds a request that the connector itself answers, at once. What fills a message up to its size are packages that are read and ignored."
        + " *kick protocol*: before our close frame says a code of 1002, 1007 or 1009, a Pomelo kick names the reason to clients that see no codes; the suite's echo server would send"
        + " the close frame alone, RFC 6455 allows both. *close*: our close frame and its code; where the connector is not the first to close, the client closes with"
        + " 1000 at last and is answered. Then the connector ends the connection. What is in the table is all that the connector sent, in order.", "",
        "By *raw*: over a TCP socket, frame by frame; by *ws*: over npm's `ws` as well. 9.9 and 9.10 (endless messages) are switched off in the suite; here 9.3 and 9.4 end them.", "",
        "Where the connector differs:", "",
        ...Object.entries(notes).map(([key, why]) => `- **${key}**: ${why}`), "",
        ...[...byGroup].flatMap(([group, some]) => section(group, some, results)),
    ].join("\n");
}

const groupOf = ({ id }) => id.split(".")[0];
function grouped(cases) {
    const groups = new Map();
    for (const one of cases)
        groups.set(groupOf(one), [...groups.get(groupOf(one)) ?? [], one]);
    return groups;
}
