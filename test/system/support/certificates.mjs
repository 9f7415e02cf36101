// Certificates made for one test, and clients that trust them.
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import https from "node:https";
import path from "node:path";
import { promisify } from "node:util";
import WebSocket from "ws";

/** Signed by itself, for this machine, with `name` as its common name. Resolves with the certificate in PEM. */
export async function makeCertificate(folder, { certificate, key }, name) {
    const file = path.join(folder, certificate);
    await mkdir(path.dirname(file), { recursive: true });
    await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2", "-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
        "-keyout", path.join(folder, key), "-out", file]);
    return readFile(file, "utf8");
}

/** A WebSocket class that trusts `ca`. */
export const trusting = (ca) => class extends WebSocket {
    constructor(url) {
        super(url, { ca });
    }
};

/** GET by https: { status, headers, body }. */
export function get(url, ca) {
    return new Promise((resolve, reject) => https.get(url, { ca, agent: false }, (answer) => {
        let body = "";
        answer.on("data", (data) => { body += data; });
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    }).on("error", reject));
}
