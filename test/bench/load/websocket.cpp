#include "test/bench/load/websocket.hpp"

namespace citron::bench {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        out += static_cast<char>(value >> (8 * bytes) & 0xFFU);
}

std::uint64_t big_endian(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (const char c : bytes)
        value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

} // namespace

std::string upgrade_request(std::string_view host, std::string_view path)
{
    std::string text = "GET ";
    text.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
    return text += "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: Y2l0cm9uLWJlbmNoLWtleQ==\r\n\r\n";
}

std::size_t upgrade_answer_size(std::string_view bytes)
{
    const auto end = bytes.find("\r\n\r\n");
    return end == std::string_view::npos ? 0 : end + 4;
}

void append_frame(std::string& out, opcode kind, std::string_view payload)
{
    constexpr unsigned masked = 0x80;
    out += static_cast<char>(0x80U | static_cast<unsigned>(kind));
    if (payload.size() < 126) {
        out += static_cast<char>(masked | payload.size());
    } else if (payload.size() < 65536) {
        out += static_cast<char>(masked | 126U);
        append_big_endian(out, payload.size(), 2);
    } else {
        out += static_cast<char>(masked | 127U);
        append_big_endian(out, payload.size(), 8);
    }
    out.append(4, '\0');
    out += payload;
}

std::optional<websocket_message> next_frame(std::string_view bytes)
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
