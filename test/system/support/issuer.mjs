// Somebody who signs tokens (JWT), with keys made for this test by node's own crypto.
import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const base64url = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export const seconds = () => Math.floor(Date.now() / 1000);

export class Issuer {
    /** alg: HS256, RS256 or ES256. `secret`: for HS256, instead of one of its own. */
    constructor(alg, kid, secret = randomBytes(32)) {
        Object.assign(this, { alg, kid, secret });
        if (alg !== "HS256")
            this.pair = alg === "RS256" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) :
                generateKeyPairSync("ec", { namedCurve: "P-256" });
    }

    /** For a JWK set; public, unless it is a secret. */
    get jwk() {
        const key = this.pair?.publicKey.export({ format: "jwk" }) ?? { kty: "oct", k: this.secret.toString("base64url") };
        return { ...key, kid: this.kid, alg: this.alg, use: "sig" };
    }

    get pem() {
        return this.pair.publicKey.export({ format: "pem", type: "spki" });
    }

    /** For a minute, unless `claims` say otherwise; `header` may say other things than are true. */
    token(claims, header = {}) {
        const said = `${base64url({ alg: this.alg, kid: this.kid, typ: "JWT", ...header })}.${base64url({ exp: seconds() + 60, ...claims })}`;
        return `${said}.${this.#signature(said)}`;
    }

    #signature(said) {
        if (this.alg === "HS256")
            return createHmac("sha256", this.secret).update(said).digest("base64url");
        return sign("sha256", Buffer.from(said), { key: this.pair.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
    }
}

/** As anybody can make it: its signature is empty, or what is given. */
export const unsigned = (claims, header, signature = "") =>
    `${base64url(header)}.${base64url({ exp: seconds() + 60, ...claims })}.${signature}`;
