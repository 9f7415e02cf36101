// PURE. The connector of a user: rendezvous hashing over the living ones that fit.
#pragma once

#include "common/protocol/contract.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace citron::frontend {

/// Points into `v`; nullptr when no connector lives that is not draining.
[[nodiscard]] const protocol::server_info* choose_connector(const protocol::view& v, std::string_view uid);

/// What a client is told of it: {"code":200,"host","port"}, with "tls":true when it has to come by wss.
[[nodiscard]] std::string entry_json(const protocol::server_info& connector);

/// Browsers do not let a page that came by https connect by ws: takes the connectors without TLS out of `v`.
/// Returns how many that do not drain it has taken out.
std::size_t leave_secure_connectors(protocol::view& v);

} // namespace citron::frontend
