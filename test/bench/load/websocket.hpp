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

[[nodiscard]] inline std::uint64_t big_endian(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (const char c : bytes)
        value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

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
[[nodiscard]] inline std::optional<websocket_message> next_frame(std::string_view bytes)
{
    if (bytes.size() < 2)
        return std::nullopt;
    std::size_t header = 2;
    std::uint64_t length = static_cast<unsigned char>(bytes[1]) & 0x7FU;
    if (length >= 126) {
        const std::size_t wide = length == 126 ? 2 : 8;
        if (bytes.size() < header + wide)
            return std::nullopt;
        length = big_endian(bytes.substr(header, wide));
        header += wide;
    }
    if (bytes.size() - header < length)
        return std::nullopt;
    const auto kind = static_cast<opcode>(static_cast<unsigned char>(bytes[0]) & 0x0FU);
    return websocket_message{kind, bytes.substr(header, length), header + length};
}

} // namespace citron::bench
