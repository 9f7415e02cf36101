// What the generator's processes share: the conductor's commands, and each worker's tally. Memory without
// pointers, mapped before the workers are forked; every field has one writer.
#pragma once

#include "test/bench/load/histogram.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace citron::bench {

inline constexpr std::size_t max_workers = 8;

/// A counter with one writer, read by another process while it grows.
class tally_counter
{
public:
    void add(std::uint64_t n = 1) { value_.store(get() + n, std::memory_order_relaxed); }
    void reset() { value_.store(0, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Of one worker in one step.
struct tally
{
    tally_counter sent, accepted, unsent; ///< unsent: the socket took no more
    tally_counter refused_overloaded, refused_unavailable, refused_other;
    tally_counter delivered, late; ///< late: over 3 s after it was due
    tally_counter repeated, disordered;
    tally_counter strays; ///< of an earlier step
    tally_counter joined, join_refused, closed, kicked;
    histogram latency, answer;

    void reset()
    {
        for (auto* c :
             {&sent, &accepted, &unsent, &refused_overloaded, &refused_unavailable, &refused_other,
              &delivered, &late, &repeated, &disordered, &strays, &joined, &join_refused, &closed, &kicked})
            c->reset();
        latency = answer = {};
    }
};

/// What one worker's members of one room have heard, in order.
struct heard
{
    std::uint64_t digest = 0;
    bool agree = true; ///< all of them the same
};

struct board
{
    /// Counts commands. All fields down to `leave` are what the conductor wants from now on; they are set
    /// before it, and not touched again until every worker has obeyed.
    std::atomic<std::uint32_t> command{0};
    std::uint32_t step = 0;
    std::uint32_t present = 0;              ///< members 0 to present - 1 shall have joined
    std::uint32_t talking = 0;              ///< rooms 0 to talking - 1
    std::uint32_t stalled = 0;              ///< so many members of each room do not read: those who came last
    double rate = 0;                        ///< messages per second of all rooms
    std::uint64_t start_ns = 0, end_ns = 0; ///< by CLOCK_MONOTONIC
    bool leave = false;

    struct place
    {
        std::atomic<std::uint32_t> obeyed{0};
        tally count;
    };
    std::array<place, max_workers> workers;
    /// [worker * rooms + room]: set when a command is obeyed. Lies behind the board.
    heard* digests = nullptr;
};

} // namespace citron::bench
