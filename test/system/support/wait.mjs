// Waiting for a condition, never for a time.

/** Resolves with the first truthy value of `condition` (which may be async); rejects after `seconds`, saying `what`. */
export async function until(condition, what, seconds = 10) {
    const end = performance.now() + seconds * 1000;
    for (;;) {
        const value = await condition();
        if (value)
            return value;
        if (performance.now() > end)
            throw new Error(`not within ${seconds} s: ${what instanceof Function ? what() : what}`);
        await new Promise((resolve) => setTimeout(resolve, 15));
    }
}

/** Seconds that `action` took. */
export async function timed(action) {
    const start = performance.now();
    await action();
    return (performance.now() - start) / 1000;
}

/** Runs `action(i)` for 0 .. count-1, a few at a time; the results in order. */
export async function inParallel(count, action, width = 16) {
    const results = new Array(count);
    let next = 0;
    const worker = async () => {
        while (next < count) {
            const i = next++;
            results[i] = await action(i);
        }
    };
    await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
    return results;
}
