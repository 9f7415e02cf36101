// From configuration to a line: what every server but the broker needs to join the cluster.
#pragma once

#include "common/cluster/link.hpp"
#include "common/cluster/peer.hpp"
#include "common/runtime/options.hpp"

#include <cstdint>
#include <vector>

namespace citron::cluster {

/// Milliseconds since 1970.
[[nodiscard]] std::uint64_t wall_clock();

/// Unpredictable; for boots, seeds and keys.
[[nodiscard]] std::uint64_t random_number();

/// Id and kind as configured; `boot` and `seed` are random, so each life of a process is another incarnation.
[[nodiscard]] peer_options peer_options_of(const runtime::startup& start);

/// The ways to the broker, for a link. May have to ask a name server once.
[[nodiscard]] std::vector<link_endpoints> endpoints_of(const runtime::broker_config& broker);

} // namespace citron::cluster
