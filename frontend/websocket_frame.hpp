// PURE. WebSocket frames from server to client (RFC 6455 section 5.2: unmasked, whole messages).
#pragma once

#include "common/protocol/frame.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace citron::frontend {

/// Status codes of close frames (section 7.4.1). close_no_status is never sent: it stands for a frame without
/// one.
inline constexpr std::uint16_t close_normal = 1000, close_protocol_error = 1002, close_no_status = 1005,
                               close_bad_payload = 1007, close_too_big = 1009;

/// Appends a binary message around `payload`.
void append_websocket_frame(std::string& out, std::string_view payload);

/// A binary message around `payload`, or around both parts of it.
[[nodiscard]] protocol::frame websocket_frame(std::string_view payload, std::string_view rest = {});

/// The answer to a ping. Precondition: its payload is a control frame's, at most 125 bytes.
[[nodiscard]] protocol::frame pong_frame(std::string_view payload);

/// A close frame; nothing may follow it.
[[nodiscard]] protocol::frame close_frame(std::uint16_t code);

/// The status code when `bytes` start with a close frame from a server (1005 when it carries none), else 0.
[[nodiscard]] std::uint16_t close_code(std::string_view bytes);

} // namespace citron::frontend
