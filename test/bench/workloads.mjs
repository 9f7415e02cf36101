// What is measured: how citron-bench is called, and which of its figures count. `more`: more is better.
const latency = (which) => ({ title: `${which} ms`, of: (result) => result.latency_ms?.[which] });
const cpu = { title: "CPU µs/delivery", of: (result) => result.cpu_us_per_delivery };

/** The rates that the ramp held; the last of them stands for the run. */
const sustained = {
    title: "deliveries/s sustained",
    more: true,
    of: ({ steps = [] }) => {
        const held = steps.filter((step) => step.ok).map((step) => step.deliveries_per_second);
        return held.length > 0 ? Math.max(...held) : undefined;
    },
};

export const workloads = {
    // Where the ramp begins is each peer's own (`--rate`): a peer that is thrown far beyond its limit at once loses its
    // clients, and has no figure at all.
    "hot": { title: "1 room × 200, as fast as it goes", args: ["hot"], ramp: true, figures: [sustained] },
    "steady": { title: "1 room × 1000, 50 msg/s", args: ["steady"], figures: [cpu] },
    "rooms-2000": { title: "100 rooms × 10, 2000 msg/s", args: ["rooms", "--rate", "2000"], figures: [cpu] },
    "rooms-8000": { title: "100 rooms × 10, 8000 msg/s", args: ["rooms", "--rate", "8000"], figures: [cpu] },
    "quiet": { title: "10 rooms × 10, 100 msg/s", args: ["quiet"], figures: [latency("p50"), latency("p99")] },
    "idle": {
        title: "1000 rooms × 10, nobody speaks",
        args: ["idle"],
        figures: [
            { title: "RSS KiB/connection", of: (result) => result.rss_kib_per_connection },
            { title: "CPU µs/connection and s", of: (result) => result.cpu_us_per_connection_second },
        ],
    },
    "storm": {
        title: "10,000 come at once while one room chats",
        args: ["storm"],
        figures: [{ title: "joins/s", more: true, of: (result) => result.joins_per_second }, latency("p99")],
    },
};
