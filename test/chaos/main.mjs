// The chaos test: a cluster of its own, users who talk all the time, a nemesis, and in the end the checker.
//   node test/chaos/main.mjs    in the environment: DURATION (s) or FAULTS (number), MODE (single, overlapping), SEED;
//                               KEEP=yes: logs and journal also of a run without complaints
import { Run } from "./run.mjs";

const secondsPerFault = 75; // at most, and the whole run ends by itself

function settings({ DURATION, FAULTS, MODE, SEED }) {
    const seed = SEED ? Number(SEED) : Math.floor(Math.random() * 1e9);
    const faults = FAULTS ? Number(FAULTS) : Infinity;
    const mode = MODE || "single";
    const seconds = DURATION ? Number(DURATION) : FAULTS ? faults * secondsPerFault : 120;
    if (!["single", "overlapping"].includes(mode) || ![seed, seconds].every(Number.isFinite) || Number.isNaN(faults))
        throw new Error("MODE is single or overlapping; DURATION, FAULTS and SEED are numbers");
    return { seed, faults, mode, seconds, bound: FAULTS ? `FAULTS=${faults}` : `DURATION=${seconds}` };
}

/** Whatever happens, it ends, and so do its servers. */
function guard(run) {
    const give = (why) => async () => {
        console.log(`chaos: ${why}`);
        await run.keep().catch(() => {});
        await run.stop();
        process.exit(1);
    };
    setTimeout(give("takes too long"), (run.seconds + 240) * 1000).unref();
    for (const name of ["SIGINT", "SIGTERM"])
        process.once(name, give(name));
}

const run = new Run(settings(process.env));
console.log(`chaos: mode ${run.mode}, seed ${run.seed}`);
guard(run);
try {
    await run.start();
    await run.play();
    process.exitCode = (await run.judge()).length ? 1 : 0;
} catch (error) {
    await run.keep().catch(() => {});
    throw error;
} finally {
    await run.stop();
}
process.exit();
