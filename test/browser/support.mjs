// A real Chromium, and what goes wrong in its pages.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP chat.test 127.0.0.1"];

/** A browser with a profile of its own, which goes when it is closed. */
export async function launch(more = []) {
    const profile = await mkdtemp(path.join(os.tmpdir(), "citron-browser-"));
    const browser = await chromium.launchPersistentContext(profile,
        { executablePath: "/usr/bin/chromium", args: [...flags, ...more], headless: true, viewport: { width: 1000, height: 700 } });
    browser.setDefaultTimeout(10000);
    const close = browser.close.bind(browser);
    browser.close = async () => {
        await close();
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    };
    return browser;
}

/** Errors of the page, as they come; that a connection was lost is none. */
export function problemsOf(page) {
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
        if (message.type() === "error" && !/WebSocket connection/.test(message.text()))
            problems.push(message.text());
    });
    return problems;
}
