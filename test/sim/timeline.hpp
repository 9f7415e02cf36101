// The virtual clock and what is due on it: events run in order of time, and of their making when times are
// equal.
#pragma once

#include "common/protocol/types.hpp"
#include "test/sim/dice.hpp"

#include <functional>
#include <vector>

namespace citron::sim {

using protocol::instant;
using protocol::milliseconds;

class timeline
{
public:
    using event = std::function<void()>;

    [[nodiscard]] instant now() const { return now_; }
    void at(instant when, event what);
    void after(duration pause, event what) { at(now_ + pause, std::move(what)); }
    /// Runs everything that is due up to `end`; then it is `end`.
    void run_until(instant end);
    [[nodiscard]] std::uint64_t events() const { return made_; }

private:
    struct entry
    {
        instant when;
        std::uint64_t order;
        event what;
        bool operator<(const entry& other) const // std heaps keep the greatest in front
        {
            return when != other.when ? when > other.when : order > other.order;
        }
    };
    // Not the epoch: an instant of 0 is what a class holds that was never told the time.
    instant now_ = instant() + std::chrono::hours(1);
    std::uint64_t made_ = 0;
    std::vector<entry> heap_;
};

} // namespace citron::sim
