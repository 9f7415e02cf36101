// The first request of a client: HTTP, and the wish to speak WebSocket from then on (RFC 6455 section 4).
#pragma once

#include "common/runtime/net.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>

namespace citron::frontend {

struct upgrade_outcome
{
    bool upgraded = false;
    std::string behind; ///< bytes that came with the request: the first of the WebSocket
};

/// Reads the request, of at most 16 KiB, and answers it: 101, or 426 or 400 in plain words. What is to be
/// written goes to `write`, which cannot fail. The socket outlives the coroutine.
[[nodiscard]] net::awaitable<upgrade_outcome> upgrade(net::ip::tcp::socket& socket,
                                                      std::function<void(std::string bytes)> write);

} // namespace citron::frontend
