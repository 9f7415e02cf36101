// PURE. WebSocket frames from server to client (RFC 6455 section 5.2: unmasked, whole messages).
#pragma once

#include "common/protocol/frame.hpp"

#include <cstdint>
#include <string_view>

namespace citron::frontend {

/// A binary message around `payload`, or around both parts of it.
[[nodiscard]] protocol::frame websocket_frame(std::string_view payload, std::string_view rest = {});

/// A close frame; nothing may follow it.
[[nodiscard]] protocol::frame close_frame(std::uint16_t code);

/// The status code when `bytes` start with a close frame from a server (1005 when it carries none), else 0.
[[nodiscard]] std::uint16_t close_code(std::string_view bytes);

} // namespace citron::frontend
