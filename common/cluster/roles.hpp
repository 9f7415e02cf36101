// PURE. Who holds which CURVE key: each kind of server has one, and the tools share another.
#pragma once

#include "common/protocol/contract.hpp"

#include <array>
#include <string_view>

namespace citron::cluster {

/// The broker's own. Those of its peers are called as their kind, the tools' is "monitor".
inline constexpr std::string_view broker_role = "broker";
inline constexpr std::array<std::string_view, 4> peer_roles{"gate", "connector", "chat", "monitor"};

[[nodiscard]] inline std::string_view role_of(protocol::server_kind kind)
{
    return kind == protocol::server_kind::tool ? peer_roles.back() : protocol::name_of(kind);
}

} // namespace citron::cluster
