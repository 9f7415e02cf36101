// The first request of a client: HTTP, and the wish to speak WebSocket from then on (RFC 6455 section 4).
#pragma once

#include "common/runtime/net.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend {

/// What the request says of its origin; borrowed for the duration of the call.
struct upgrade_request
{
    std::string_view origin;                 ///< header Origin; empty: none
    std::vector<std::string_view> forwarded; ///< all headers X-Forwarded-For, in their order
};

struct upgrade_outcome
{
    bool upgraded = false;
    std::string behind; ///< bytes that came with the request: the first of the WebSocket
};

struct upgrade_calls
{
    std::function<void(std::string bytes)> write; ///< what is to be written; cannot fail
    /// Whoever asks properly: "" to agree, or the whole answer.
    std::function<std::string(const upgrade_request&)> judge;
};

/// Reads the request, of at most 16 KiB, and answers it: 101, what `judge` says, or 426 or 400 in plain
/// words. The socket outlives the coroutine.
[[nodiscard]] net::awaitable<upgrade_outcome> upgrade(net::ip::tcp::socket& socket, upgrade_calls calls);

} // namespace citron::frontend
