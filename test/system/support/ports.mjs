// Ports for clusters that run side by side, also from several test processes at once.
import net from "node:net";

const first = 10000, last = 32000, size = 24; // below the range from which the system takes ports by itself

function listen(port) {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", () => resolve(null));
        server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
    });
}

export const close = (server) => new Promise((resolve) => server.close(resolve));

/** A block of ports nobody listens on. Its first port stays taken, as the mark of its owner, until release(). */
export async function takePorts() {
    for (;;) {
        const base = first + size * Math.floor(Math.random() * ((last - first) / size));
        const mark = await listen(base);
        if (!mark)
            continue;
        const probes = await Promise.all(Array.from({ length: size - 1 }, (_, i) => listen(base + 1 + i)));
        await Promise.all(probes.filter(Boolean).map(close));
        if (probes.every(Boolean)) {
            let next = base + 1;
            return { next: () => next++, release: () => close(mark) };
        }
        await close(mark);
    }
}
