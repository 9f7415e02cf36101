// PURE. Chance that can be repeated: the same seed, the same throws.
export class Dice {
    #state;

    constructor(seed) {
        this.#state = seed >>> 0;
    }

    /** 0 up to, not including, 1 (mulberry32). */
    throw() {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }

    between(low, high) {
        return low + (high - low) * this.throw();
    }

    chance(probability) {
        return this.throw() < probability;
    }

    pick(list) {
        return list[Math.floor(this.throw() * list.length)];
    }

    shuffled(list) {
        const deck = [...list];
        for (let i = deck.length - 1; i > 0; --i) {
            const j = Math.floor(this.throw() * (i + 1));
            [deck[i], deck[j]] = [deck[j], deck[i]];
        }
        return deck;
    }

    /** Dice of its own: what one user throws does not depend on how fast the others were. */
    fork() {
        return new Dice(Math.floor(this.throw() * 2 ** 32));
    }
}
