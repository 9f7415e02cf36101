// PURE. The one error enum; its names are the `reason` that a client reads.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace citron::protocol {

/// Values are on the wire (envelope field `code`); append only.
enum class errc : std::uint8_t
{
    ok = 0,
    bad_request = 1,    ///< the request itself is wrong; do not repeat it
    no_such_route = 2,  ///< no handler of that name
    not_entered = 3,    ///< the session is not in that room
    duplicate_user = 4, ///< the name is taken in that room
    no_such_user = 5,   ///< nobody of that name in the room
    too_large = 6,      ///< beyond a size limit of conf/chat.json
    overloaded = 7,     ///< a bounded queue is full; retry later
    unavailable = 8,    ///< no server can answer now; retry
    timeout = 9,        ///< no answer before the deadline; the outcome is unknown
    unauthorized = 10,  ///< no token that says who this is, or not any more
    forbidden = 11,     ///< this user may not do that
    rate_limited = 12,  ///< the client asks faster than it may; retry after the time that the answer names
    moved = 100,        ///< between servers: the room has another owner; send again
    hole = 101,         ///< between servers: a numbered send came too early; body = the number wanted
};

/// The `reason` text for clients; internal codes read as "unavailable".
[[nodiscard]] std::string_view reason(errc code);

template <typename T>
using result = std::expected<T, errc>;

} // namespace citron::protocol
