// PURE. How often a loop wakes under load. A wake-up costs more than the message it brings, here and wherever
// that message goes next; so a busy loop rests a little between turns, and finds more at each.
#pragma once

#include "common/protocol/types.hpp"

#include <cstddef>

namespace citron::runtime {

/// What a turn of a loop has done.
struct work
{
    std::size_t pieces = 1;
    bool asked = false; ///< somebody was asked something, and answers at once
};

struct pace_options
{
    protocol::duration rest{}; ///< between two turns of a busy loop; zero: never
    /// The rest after a turn that asked: the answers it gets are passed on before the long rest, not after
    /// it.
    protocol::duration short_rest{};
    double free_per_second = 1'000; ///< pieces of work; who does fewer never rests
    double burst = 8;               ///< so many at once are free too
};

/// A bucket of pieces of work: it fills as time goes by, and who has emptied it rests. Pairs of a turn that
/// asks and one that brings the answers count as one.
class pace
{
public:
    explicit pace(pace_options options) : options_(options), left_(options.burst) {}

    /// A turn has ended: how long to sleep before the next one. At most `rest`.
    [[nodiscard]] protocol::duration after_turn(work done, protocol::instant now);
    [[nodiscard]] const pace_options& options() const { return options_; }

private:
    void charge(std::size_t pieces, protocol::instant now);

    pace_options options_;
    double left_; ///< pieces that are free; below zero: busy
    protocol::instant charged_{}, next_{};
    bool answers_due_ = false; ///< the turn before this one asked
};

} // namespace citron::runtime
