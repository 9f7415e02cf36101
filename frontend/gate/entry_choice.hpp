// PURE. The connector of a user: rendezvous hashing over the living ones.
#pragma once

#include "common/protocol/contract.hpp"

#include <string_view>

namespace citron::frontend {

/// Points into `v`; nullptr when no connector lives that is not draining.
[[nodiscard]] const protocol::server_info* choose_connector(const protocol::view& v, std::string_view uid);

} // namespace citron::frontend
