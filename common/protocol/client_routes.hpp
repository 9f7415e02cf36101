// PURE. What clients may call, cluster-wide: the dictionary of the handshake, and what a connector forwards
// to a room.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace citron::protocol {

/// What a user must be allowed before such a request is served, where tokens say what users may do.
enum class right : std::uint8_t
{
    none, ///< what it asks for is nobody's secret, or is for members of the room, who were let in
    enter,
    join,
    write
};

struct client_route
{
    std::string_view route;
    bool numbered = false;  ///< repeated until answered, and executed once, in order
    bool repeatable = true; ///< not numbered, but harmless when executed twice
    right needs = right::none;
    bool bulky = false; ///< its answer may be as large as a page of history: few are on their way at a time

    /// It lets the client into a room: limits count it as that too.
    [[nodiscard]] constexpr bool enters() const { return needs == right::enter || needs == right::join; }
};

inline constexpr std::array client_routes{
    client_route{.route = "chat.chatHandler.history", .bulky = true},
    client_route{"chat.chatHandler.send", true, true, right::write},
    client_route{"chat.chatHandler.signal", false, false, right::write},
    client_route{.route = "chat.chatHandler.users", .bulky = true},
    client_route{.route = "connector.entryHandler.enter", .needs = right::enter},
    client_route{.route = "connector.entryHandler.join", .needs = right::join},
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
