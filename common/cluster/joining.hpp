// From configuration to a line: what every server but the broker needs to join the cluster.
#pragma once

#include "common/cluster/key_files.hpp"
#include "common/cluster/link.hpp"
#include "common/cluster/peer.hpp"
#include "common/runtime/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace citron::cluster {

/// Milliseconds since 1970.
[[nodiscard]] std::uint64_t wall_clock();

/// Unpredictable; for boots, seeds and keys.
[[nodiscard]] std::uint64_t random_number();

/// Id and kind as configured; `boot` and `seed` are random, so each life of a process is another incarnation.
[[nodiscard]] peer_options peer_options_of(const runtime::startup& start);

/// How a server gets to the broker, for its link.
struct way_in
{
    std::vector<link_endpoints> ways;
    key_source keys; ///< its own and the broker's; none where servers.json names no keys
};

/// May have to ask a name server once. Throws config_error where the way would be plain tcp to another
/// machine, or keys cannot be read.
[[nodiscard]] way_in way_in_of(const runtime::startup& start);

/// What is wrong with this address of the broker: "10.0.0.5 is no loopback address, so ...".
[[nodiscard]] std::string needs_keys(const std::string& host);

} // namespace citron::cluster
