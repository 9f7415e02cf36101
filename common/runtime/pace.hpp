// PURE. How often a loop wakes under load. A wake-up costs more than the message it brings, here and wherever
// that message goes next; so a busy loop rests a little between turns, and finds more at each.
#pragma once

#include "common/protocol/types.hpp"

namespace citron::runtime {

/// A bucket of turns: one comes in per rest, `burst` fit in. Who takes fewer never waits; a request,
/// its hops and its answer on a quiet cluster are such.
class pace
{
public:
    /// `rest` of zero: never rests.
    explicit pace(protocol::duration rest, double burst = 8) : rest_(rest), burst_(burst), turns_(burst) {}

    /// A turn has ended: how long to sleep before the next one. At most `rest`.
    [[nodiscard]] protocol::duration after_turn(protocol::instant now);
    [[nodiscard]] protocol::duration rest() const { return rest_; }

private:
    protocol::duration rest_;
    double burst_, turns_;
    protocol::instant refilled_{};
};

} // namespace citron::runtime
