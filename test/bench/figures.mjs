// PURE. From the runs of a bench to the text of its table.

/** A run: { round, peer, workload, result } or, if it failed, { round, peer, workload, error }. */

export function median(values) {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2; // NaN without any
}

/** Three digits that count, but no fraction of what is counted in hundreds. */
export function digits(value) {
    if (value === 0)
        return "0";
    const fraction = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
    return value.toLocaleString("en-US", { minimumFractionDigits: fraction > 2 ? 2 : fraction, maximumFractionDigits: fraction });
}

const resultsOf = (runs, peer, workload) =>
    runs.filter((run) => run.peer === peer && run.workload === workload && run.result);

/** How many times better `base` was than `peer`, by the median of the rounds in which both have the figure. */
export function ratio(runs, workload, figure, peer, base) {
    const others = new Map(resultsOf(runs, base, workload).map((run) => [run.round, figure.of(run.result)]));
    return median(resultsOf(runs, peer, workload).map((run) => {
        const [own, other] = [figure.of(run.result), others.get(run.round)];
        return figure.more ? other / own : own / other;
    }));
}

const percent = (part, whole) => `${digits(100 * part / whole)} %`;
const sum = (results, of) => results.reduce((all, result) => all + (of(result) ?? 0), 0);

/** What did not arrive as it was due, over all rounds; nothing if all did. */
export function troubles(results) {
    const said = [];
    const note = (word, count, whole) => {
        if (count > 0 && whole > 0)
            said.push(`${word} ${count / whole < 0.0005 ? "< 0.05 %" : percent(count, whole)}`);
    };
    const sent = sum(results, (result) => result.sent);
    const unsent = sum(results, (result) => result.unsent);
    const refused = sum(results, (result) => Object.values(result.refused ?? {}).reduce((a, b) => a + b, 0));
    note("not sent", unsent, sent + unsent);
    note("refused", refused, sent);
    note("not answered", sent - refused - sum(results, (result) => result.accepted), sent);
    for (const [word, key, whole] of [["lost", "lost", "expected"], ["late", "late", "delivered"],
        ["repeated", "repeated", "delivered"], ["out of order", "disordered", "delivered"]])
        note(word, sum(results, (result) => result[key]), sum(results, (result) => result[whole]));
    const closed = sum(results, (result) => result.closed);
    return closed > 0 ? [...said, `${closed / results.length} clients closed`] : said;
}

/** Its beginning; the whole of it is among the raw figures. */
const brief = (error) => error.split("\n")[0].slice(0, 80);

/** The median, then how many times better `base` was. */
function cell(runs, workload, figure, peer, base) {
    const all = runs.filter((run) => run.peer === peer && run.workload === workload.name);
    const failed = all.filter((run) => run.error);
    if (all.length === 0)
        return "";
    if (failed.length === all.length)
        return `failed: ${brief(failed[0].error)}`;
    const results = resultsOf(runs, peer, workload.name).map((run) => run.result);
    const value = median(results.map(figure.of));
    if (!Number.isFinite(value))
        return "none";
    const times = peer === base ? NaN : ratio(runs, workload.name, figure, peer, base);
    const notes = workload.ramp ? [] : troubles(results); // a ramp ends where they begin
    if (failed.length > 0)
        notes.push(`${failed.length} of ${all.length} runs failed: ${brief(failed[0].error)}`);
    return digits(value) + (Number.isFinite(times) ? ` (×${digits(times)})` : "") + (notes.length ? `; ${notes.join(", ")}` : "");
}

const line = (cells) => `| ${cells.map((text) => text.replaceAll("|", "/")).join(" | ")} |`;

/** Markdown; `workloads`: { name: { title, figures } }, one line for each figure of each. */
export function table(runs, workloads, peers, base) {
    const lines = Object.entries(workloads).flatMap(([name, workload]) => workload.figures.map((figure, i) =>
        line([i ? "" : `${name}: ${workload.title}`, figure.title,
            ...peers.map((peer) => cell(runs, { name, ...workload }, figure, peer, base))])));
    return [line(["workload", "figure", ...peers]), line(["---", "---", ...peers.map(() => "---")]), ...lines].join("\n");
}
