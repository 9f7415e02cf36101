// The first request of a client: HTTP, and the wish to speak WebSocket from then on (RFC 6455 section 4).
#pragma once

#include "common/runtime/net.hpp"
#include "frontend/outbox_stream.hpp"

#include <boost/asio/awaitable.hpp>

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

/// Of whoever asks properly: "" to agree, or the whole answer.
using upgrade_judge = std::function<std::string(const upgrade_request&)>;

/// Reads the request, of at most 16 KiB, and answers it: 101, what `judge` says, or 426 or 400 in plain
/// words.
[[nodiscard]] net::awaitable<upgrade_outcome> upgrade(outbox_stream layer, upgrade_judge judge);

} // namespace citron::frontend
