// The kinds of trouble that a run is made of, and what each of them excuses.
#pragma once

#include "test/sim/ledger.hpp"
#include "test/sim/scene.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace citron::sim {

enum class scenario : std::uint8_t
{
    moves,           ///< chat servers join and drain, nothing fails
    chat_kills,      ///< one chat server at a time
    rolling,         ///< servers of every kind but the broker drain and come back, nothing fails
    connector_kill,  ///< one connector at a time
    broker_restart,  ///< the broker dies and comes back
    links,           ///< links break, and that is noticed
    moves_and_links, ///< both: a hand-over must arrive all the same
    silence,         ///< links lose everything and nobody is told
    freezes,         ///< processes stand still
    partitions,      ///< bytes are late by seconds, one way or both, and then some connections break
    disk,            ///< the history file is slow, full or gone for seconds
    scrambled,       ///< broadcasts come twice and in another order
    clocks, ///< wall clocks are set forward and back by up to an hour, while chat servers come and go
    mix     ///< all of it at once
};
inline constexpr std::array all_scenarios{scenario::moves,
                                          scenario::chat_kills,
                                          scenario::rolling,
                                          scenario::connector_kill,
                                          scenario::broker_restart,
                                          scenario::links,
                                          scenario::moves_and_links,
                                          scenario::silence,
                                          scenario::freezes,
                                          scenario::partitions,
                                          scenario::disk,
                                          scenario::scrambled,
                                          scenario::clocks,
                                          scenario::mix};

[[nodiscard]] std::string_view name_of(scenario s);
[[nodiscard]] std::optional<scenario> scenario_named(std::string_view name);
/// Each in its turn, two times out of three with history on a disk; always, where that is what fails.
[[nodiscard]] scenario scenario_of(std::uint64_t seed);
[[nodiscard]] bool durable_in(std::uint64_t seed, scenario s);
/// Every fourth time: users need tokens, and rates are limited.
[[nodiscard]] bool guarded_in(std::uint64_t seed);
/// `durable`: history is on a disk.
[[nodiscard]] excuses excuses_of(scenario s, bool durable);

} // namespace citron::sim
