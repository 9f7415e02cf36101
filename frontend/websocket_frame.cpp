#include "frontend/websocket_frame.hpp"

#include <string>

namespace citron::frontend {
namespace {

constexpr std::uint8_t final_binary = 0x82, final_close = 0x88, final_pong = 0x8a;
constexpr std::size_t short_length = 125, medium_length = 0xffff, longest_head = 10;

void append_big_endian(std::string& out, std::uint64_t value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<char>((value >> shift) & 0xff));
}

void append_head(std::string& out, std::size_t size)
{
    out.push_back(static_cast<char>(final_binary));
    if (size <= short_length) {
        out.push_back(static_cast<char>(size));
    } else if (size <= medium_length) {
        out.push_back(126);
        append_big_endian(out, size, 2);
    } else {
        out.push_back(127);
        append_big_endian(out, size, 8);
    }
}

} // namespace

void append_websocket_frame(std::string& out, std::string_view payload)
{
    append_head(out, payload.size());
    out.append(payload);
}

protocol::frame websocket_frame(std::string_view payload, std::string_view rest)
{
    const auto size = payload.size() + rest.size();
    std::string out;
    out.reserve(size + longest_head);
    append_head(out, size);
    return protocol::frame(std::move(out.append(payload).append(rest)));
}

protocol::frame pong_frame(std::string_view payload)
{
    std::string out{static_cast<char>(final_pong), static_cast<char>(payload.size())};
    return protocol::frame(out.append(payload));
}

protocol::frame close_frame(std::uint16_t code)
{
    std::string out{static_cast<char>(final_close), 2};
    append_big_endian(out, code, 2);
    return protocol::frame(std::move(out));
}

std::uint16_t close_code(std::string_view bytes)
{
    if (bytes.size() < 2 || static_cast<std::uint8_t>(bytes[0]) != final_close)
        return 0;
    if (bytes.size() < 4)
        return close_no_status;
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[2]) << 8 |
                                      static_cast<std::uint8_t>(bytes[3]));
}

} // namespace citron::frontend
