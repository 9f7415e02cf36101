#include "frontend/websocket_reader.hpp"

#include "common/protocol/utf8.hpp"
#include "frontend/websocket_frame.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace citron::frontend {
namespace {

constexpr std::uint8_t op_continuation = 0, op_text = 1, op_binary = 2, op_close = 8, op_ping = 9,
                       op_pong = 10;
constexpr std::uint8_t reserved_bits = 0x70;
constexpr std::size_t shortest_header = 2, mask_size = 4;
constexpr std::size_t longest_control = 125; // and the longest that needs no extended length

std::uint64_t big_endian(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (const char byte : bytes)
        value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
}

/// Eight bytes at a time, then the rest.
void unmask(std::span<char> payload, std::string_view mask)
{
    std::array<char, 2 * mask_size> key{};
    std::ranges::copy(mask, std::ranges::copy(mask, key.begin()).out);
    std::uint64_t wide_key = 0;
    std::memcpy(&wide_key, key.data(), sizeof wide_key);
    if (wide_key == 0)
        return;
    std::size_t i = 0;
    for (std::uint64_t word = 0; i + sizeof word <= payload.size(); i += sizeof word) {
        std::memcpy(&word, &payload[i], sizeof word);
        word ^= wide_key;
        std::memcpy(&payload[i], &word, sizeof word);
    }
    for (; i < payload.size(); ++i)
        payload[i] = static_cast<char>(payload[i] ^ key[i % key.size()]);
}

/// Codes that an endpoint may send (section 7.4, and IANA's registry for what came later).
bool may_close_with(std::uint64_t code)
{
    const bool defined = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
    return defined || (code >= 3000 && code <= 4999);
}

websocket_reader::event mistake(std::uint16_t code)
{
    return {websocket_reader::kind::mistake, {}, code};
}

websocket_reader::event closing(std::string_view payload)
{
    if (payload.empty())
        return {websocket_reader::kind::close, {}, close_no_status};
    const auto code = big_endian(payload.substr(0, 2));
    if (payload.size() == 1 || !may_close_with(code) || !protocol::is_utf8(payload.substr(2)))
        return mistake(close_protocol_error);
    return {websocket_reader::kind::close, payload.substr(2), static_cast<std::uint16_t>(code)};
}

} // namespace

// ---- frames

struct websocket_reader::header
{
    /// Bytes of the header that `bytes` begin with, as far as they tell.
    [[nodiscard]] static std::size_t size_of(std::string_view bytes);
    /// Precondition: it is complete.
    explicit header(std::string_view bytes);

    [[nodiscard]] bool final() const { return (first & 0x80) != 0; }
    [[nodiscard]] std::uint8_t opcode() const { return first & 0x0f; }
    [[nodiscard]] bool control() const { return opcode() >= op_close; }

    std::uint8_t first; ///< flags and opcode
    bool masked;
    std::size_t size;
    std::size_t length_bytes; ///< of the extended length
    std::uint64_t payload;
};

std::size_t websocket_reader::header::size_of(std::string_view bytes)
{
    if (bytes.size() < shortest_header)
        return shortest_header;
    const std::size_t length = bytes[1] & 0x7f;
    const std::size_t extended = length == 127 ? 8 : length == 126 ? 2 : 0;
    return shortest_header + extended + ((bytes[1] & 0x80) != 0 ? mask_size : 0);
}

websocket_reader::header::header(std::string_view bytes)
    : first(static_cast<std::uint8_t>(bytes[0])), masked((bytes[1] & 0x80) != 0), size(size_of(bytes)),
      length_bytes(size - shortest_header - (masked ? mask_size : 0)),
      payload(length_bytes == 0 ? bytes[1] & 0x7f : big_endian(bytes.substr(shortest_header, length_bytes)))
{
}

websocket_reader::event websocket_reader::next(std::span<char>& bytes)
{
    for (;;) {
        release();
        if (bytes.empty())
            return {};
        if (const auto e = next_frame(bytes); e.what != kind::nothing)
            return e;
    }
}

void websocket_reader::release()
{
    if (std::exchange(frame_given_, false))
        frame_ = std::string();
    if (std::exchange(message_given_, false))
        message_ = std::string();
}

websocket_reader::event websocket_reader::next_frame(std::span<char>& bytes)
{
    const bool in_place = frame_.empty();
    if (!in_place)
        top_up(bytes);
    const std::span<char> from = in_place ? bytes : std::span<char>(frame_);
    const std::string_view seen(from.data(), from.size());
    if (seen.size() >= header::size_of(seen)) {
        const header h(seen);
        if (const auto code = judge(h); code != 0)
            return mistake(code);
        if (seen.size() - h.size >= h.payload) {
            const auto payload = from.subspan(h.size, h.payload);
            unmask(payload, seen.substr(h.size - mask_size, mask_size));
            frame_given_ = !in_place;
            if (in_place)
                bytes = bytes.subspan(h.size + h.payload);
            return take(h, {payload.data(), payload.size()});
        }
    }
    if (in_place) {
        frame_.assign(bytes.begin(), bytes.end());
        bytes = {};
    }
    return {};
}

/// No more than what the frame needs: what follows it can stay where it is.
void websocket_reader::top_up(std::span<char>& bytes)
{
    while (!bytes.empty()) {
        const std::size_t head = header::size_of(frame_);
        const std::uint64_t whole = frame_.size() < head ? head : head + header(frame_).payload;
        if (frame_.size() >= whole)
            return;
        const auto taken = std::min<std::uint64_t>(whole - frame_.size(), bytes.size());
        frame_.append(bytes.data(), taken);
        bytes = bytes.subspan(taken);
    }
}

/// The code of our close frame, or 0: nothing is wrong so far.
std::uint16_t websocket_reader::judge(const header& h) const
{
    const bool known = h.opcode() <= op_binary || (h.opcode() >= op_close && h.opcode() <= op_pong);
    const bool in_turn = h.control() || (h.opcode() == op_continuation) == fragmented_;
    const bool shortest =
        h.length_bytes == 0 || (h.length_bytes == 2 ? h.payload > longest_control : h.payload > 0xffff);
    const bool control_fits = !h.control() || (h.final() && h.payload <= longest_control);
    if ((h.first & reserved_bits) != 0 || !known || !in_turn || !shortest || !control_fits || !h.masked)
        return close_protocol_error;
    if (!h.control() && h.payload > max_message_ - message_.size())
        return close_too_big;
    return 0;
}

// ---- messages

websocket_reader::event websocket_reader::take(const header& h, std::string_view payload)
{
    switch (h.opcode()) {
    case op_close:
        return closing(payload);
    case op_ping:
        return {kind::ping, payload};
    case op_pong:
        return {kind::pong, payload};
    default:
        return take_data(h, payload);
    }
}

websocket_reader::event websocket_reader::take_data(const header& h, std::string_view payload)
{
    if (h.opcode() != op_continuation)
        text_ = h.opcode() == op_text;
    if (h.final() && !fragmented_)
        return whole_message(payload);
    message_.append(payload);
    fragmented_ = !h.final();
    if (fragmented_)
        return {};
    message_given_ = true;
    return whole_message(message_);
}

websocket_reader::event websocket_reader::whole_message(std::string_view payload) const
{
    if (text_ && !protocol::is_utf8(payload))
        return mistake(close_bad_payload);
    return {kind::message, payload};
}

} // namespace citron::frontend
