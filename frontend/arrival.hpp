// What the shell learns of a connection before any HTTP: where it comes from.
#pragma once

#include "common/protocol/ip_address.hpp"
#include "common/runtime/net.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace citron::frontend {

/// Nothing: it is not connected any more.
[[nodiscard]] std::optional<protocol::ip_address> peer_of(const net::ip::tcp::socket& socket);

/// What a proxy has said of its client.
struct proxy_word
{
    bool valid = false;                         ///< a PROXY header came, and nothing else did
    std::optional<protocol::ip_address> client; ///< nothing: the proxy itself
};

/// Reads the PROXY header at the beginning of a connection, and not a byte more. The socket outlives the
/// coroutine; closing it ends the wait.
[[nodiscard]] net::awaitable<proxy_word> hear_proxy(net::ip::tcp::socket& socket);

/// An HTTP answer for whoever is not let in: 403, 429 or 503.
[[nodiscard]] std::string turned_away(unsigned status, std::chrono::seconds retry_after);

} // namespace citron::frontend
