// PURE. The client's side of RFC 6455, as far as a load generator needs it: no extensions, and a masking key
// of zeros, so that bytes need not be touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace citron::bench {

enum class opcode : std::uint8_t
{
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

struct websocket_message
{
    opcode kind = opcode::binary;
    std::string_view payload; ///< borrowed from the bytes that were parsed
    std::size_t size = 0;     ///< of the frame, header included
};

[[nodiscard]] std::string upgrade_request(std::string_view host, std::string_view path);
/// Bytes of the server's answer up to and including the empty line; 0: not complete yet.
[[nodiscard]] std::size_t upgrade_answer_size(std::string_view bytes);
/// A whole, final frame.
void append_frame(std::string& out, opcode kind, std::string_view payload);
/// The first frame of `bytes`, if it is complete. Servers of interest do not fragment.
[[nodiscard]] std::optional<websocket_message> next_frame(std::string_view bytes);

} // namespace citron::bench
