// What all micro-benchmarks share: an operation is timed by Google Benchmark; before that, a fixed number of
// times, its instructions are counted when callgrind watches (see the script `instructions`), and its calls
// of operator new always.
#pragma once

#include <benchmark/benchmark.h>

#include <utility>

namespace citron::bench {

/// Counts between resume and pause; from its construction on it is paused.
class tally
{
public:
    tally();
    ~tally();
    tally(const tally&) = delete;
    tally& operator=(const tally&) = delete;

    void resume();
    void pause();
    /// Shows what was counted as counters of the benchmark.
    void report(benchmark::State& state, int operations) const;
};

inline constexpr int warm_up = 64; ///< operations before the first one that counts: tables and queues exist
inline constexpr int counted = 256;

/// The same again and again.
template <typename Operation>
void measure(benchmark::State& state, Operation operation)
{
    for (int i = 0; i < warm_up; ++i)
        operation();
    tally t;
    t.resume();
    for (int i = 0; i < counted; ++i)
        operation();
    t.pause();
    t.report(state, counted);
    for (auto _ : state)
        operation();
}

/// Hands each operation what `prepare` has made for it, and counts neither that nor its end. The time, not
/// the counts, includes some 100 ns for stopping the clock.
template <typename Prepare, typename Operation>
void measure(benchmark::State& state, Prepare prepare, Operation operation)
{
    for (int i = 0; i < warm_up; ++i) {
        auto prepared = prepare();
        operation(prepared);
    }
    tally t;
    for (int i = 0; i < counted; ++i) {
        auto prepared = prepare();
        t.resume();
        operation(prepared);
        t.pause();
    }
    t.report(state, counted);
    for (auto _ : state) {
        state.PauseTiming();
        {
            auto prepared = prepare();
            state.ResumeTiming();
            operation(prepared);
            state.PauseTiming();
        }
        state.ResumeTiming();
    }
}

} // namespace citron::bench
