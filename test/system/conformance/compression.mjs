// Groups 12 and 13: permessage-deflate, which we do not offer. The suite's 18 cases of each subgroup differ in sizes.
import { deflateRawSync } from "node:zlib";

import { failed, made, repeat } from "./case.mjs";
import { BINARY, TEXT, fragments, frame } from "./frames.mjs";
import { request } from "./pomelo.mjs";

const whole = [16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072].map((size) => [size, size]);
const cut = [[8192, 256], [16384, 256], [32768, 256], [65536, 256], [131072, 256], [131072, 1024], [131072, 4096], [131072, 32768]];
const sizes = [...whole, ...cut];

const refused = (events) => ["no extension", ...repeat(sizes.length, "answer"), ...events];
const note = (peer) => peer.happens(peer.extensions === "" ? "no extension" : `extension ${peer.extensions}`);

const data = ["JSON", "a bitmap", "a German text", "HTML", "PDF"];
const isBinary = [false, true, true, false, true];
const payloads = data.map((what, i) => made(`12.${i + 1}.1-18`, `offer: ws's own (data: ${what}); then messages of the suite's 18 sizes, not compressed`,
    "compressed messages; unimplemented: no extension", refused([]), undefined, {
        offer: true, verdict: "unimplemented", note: "deflate",
        ws: async (peer) => {
            note(peer);
            for (const [size, fragment] of sizes)
                peer.send(request(size), isBinary[i], fragment);
        } }));

const deflate = "permessage-deflate", bits = "server_max_window_bits", alone = "server_no_context_takeover";
const offers = [
    deflate, `${deflate}; ${alone}`, `${deflate}; ${bits}=9`, `${deflate}; ${bits}=15`, `${deflate}; ${alone}; ${bits}=9`,
    `${deflate}; ${alone}; ${bits}=15`, `${deflate}; ${alone}; ${bits}=9, ${deflate}; ${alone}, ${deflate}`,
];
const parameters = offers.map((offer, i) => made(`13.${i + 1}.1-18`, `offer: ${offer}; then the 18 sizes, then one message compressed all the same`,
    "compressed messages; unimplemented: no extension", refused(failed(1002)), async (peer) => {
        note(peer);
        for (const [size, fragment] of sizes)
            await peer.write(Buffer.concat(fragments(TEXT, request(size), fragment)));
        await peer.write(frame(BINARY, deflateRawSync(request()), { rsv: 4 }));
    }, { offer, verdict: "unimplemented", note: "deflate" }));

export const compression = [...payloads, ...parameters];
