// What every part of one simulated run shares: the clock, the dice, the journal, and how slow the network is.
#pragma once

#include "test/sim/dice.hpp"
#include "test/sim/journal.hpp"
#include "test/sim/read_bodies.hpp"
#include "test/sim/timeline.hpp"

namespace citron::sim {

struct scene
{
    scene(std::uint64_t seed, bool trace) : chance(seed), log(clock, trace) {}

    timeline clock;
    dice chance;
    journal log;
    read_bodies read;              ///< by any client
    bool durable = false;          ///< history is on a disk that all chat servers share
    bool guarded = false;          ///< users need tokens, and what they may do in a second is limited
    bool babbling = false;         ///< somebody says to the broker what nobody may
    duration slowest{20'000};      ///< no stream of this run is slower, but for its spikes
    unsigned scrambled = 0;        ///< per cent of broadcasts that come twice or in another order
    unsigned noticed_losses = 100; ///< per cent of broken connections that the socket monitor reports

    /// Streams differ: most are quick, some are as slow as this run allows.
    [[nodiscard]] duration some_slowness()
    {
        return chance.percent(70) ? duration(1000) : chance.between(duration(1000), slowest);
    }
};

} // namespace citron::sim
