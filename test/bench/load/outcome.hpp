// PURE. What a step, and a whole run, has shown.
#pragma once

#include "test/bench/load/board.hpp"
#include "test/bench/load/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace citron::bench {

/// One rate held for some seconds, and all that was under way then waited for.
struct step_outcome
{
    double rate = 0, seconds = 0;
    std::uint64_t sent = 0, accepted = 0, unsent = 0;
    std::uint64_t refused_overloaded = 0, refused_unavailable = 0, refused_other = 0;
    std::uint64_t expected = 0, delivered = 0, late = 0, repeated = 0, disordered = 0, strays = 0;
    std::uint64_t closed = 0, kicked = 0;
    bool same_order = true; ///< in all members of each room
    histogram latency, answer;
    std::map<int, std::uint64_t> cpu_us; ///< by server process
    double generator_cpu_seconds = 0;

    void add(const tally& t);
    [[nodiscard]] std::uint64_t refused() const
    {
        return refused_overloaded + refused_unavailable + refused_other;
    }
    /// No answer before the step was over.
    [[nodiscard]] std::uint64_t unanswered() const { return sent - std::min(sent, accepted + refused()); }
    [[nodiscard]] std::uint64_t lost() const { return expected > delivered ? expected - delivered : 0; }
    [[nodiscard]] double deliveries_per_second() const;
    [[nodiscard]] std::uint64_t server_cpu_us() const;
    /// p99 within 250 ms, nothing late by more than 3 s, nothing lost, nobody closed, all that was due sent.
    [[nodiscard]] bool sustained() const;
};

struct outcome
{
    std::uint64_t joined = 0, join_refused = 0;
    double join_seconds = 0;
    double rss_kib_per_connection = 0;                  ///< idle
    double cpu_us_per_connection_second = 0;            ///< idle
    std::uint64_t rss_kib_before = 0, rss_kib_most = 0; ///< slow, overload
    std::vector<step_outcome> steps;                    ///< in order; see describe() for what each is
    std::size_t figure = 0;                             ///< the step whose figures stand for the run
};

/// One JSON document; keys are documented in test/bench/README.md.
[[nodiscard]] std::string to_json(const plan& p, const outcome& o);
/// For people.
[[nodiscard]] std::string describe(const plan& p, const outcome& o);

} // namespace citron::bench
