// PURE. What a client hears, in words.
#pragma once

#include "frontend/session.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend::test {

using strings = std::vector<std::string>;

/// WebSocket frames as a client reads them, one item per package: "handshake {...}", "heartbeat",
/// "response 5 {}", "onChat {...}" (a push: its route and body), "kick {...}", "close 1000".
[[nodiscard]] strings spell(std::string_view frames);

/// Everything in the outbox, which the "socket" takes at once.
[[nodiscard]] strings hear(session& s);

} // namespace citron::frontend::test
