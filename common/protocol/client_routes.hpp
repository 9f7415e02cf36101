// PURE. What clients may call, cluster-wide: the dictionary of the handshake, and what a connector forwards
// to a room.
#pragma once

#include <array>
#include <string_view>

namespace citron::protocol {

struct client_route
{
    std::string_view route;
    bool numbered = false;  ///< repeated until answered, and executed once, in order
    bool repeatable = true; ///< not numbered, but harmless when executed twice
};

inline constexpr std::array client_routes{
    client_route{"chat.chatHandler.history"},
    client_route{"chat.chatHandler.send", true},
    client_route{"chat.chatHandler.signal", false, false},
    client_route{"chat.chatHandler.users"},
    client_route{"connector.entryHandler.enter"},
    client_route{"connector.entryHandler.join"},
    client_route{"connector.entryHandler.leave"},
    client_route{"gate.gateHandler.queryEntry"},
};

/// The entry of `route`, or nullptr.
[[nodiscard]] constexpr const client_route* find_client_route(std::string_view route)
{
    for (const auto& known : client_routes)
        if (known.route == route)
            return &known;
    return nullptr;
}

} // namespace citron::protocol
