#include "test/bench/load/websocket.hpp"

namespace citron::bench {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        out += static_cast<char>(value >> (8 * bytes) & 0xFFU);
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

} // namespace citron::bench
