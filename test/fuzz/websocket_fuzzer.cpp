// A client's WebSocket: however its bytes are cut into pieces, it has said the same.
#include "common/protocol/utf8.hpp"
#include "frontend/websocket_frame.hpp"
#include "frontend/websocket_reader.hpp"
#include "test/fuzz/fuzz.hpp"

#include <array>
#include <string>
#include <vector>

using namespace citron::frontend;
using citron::fuzz::must;
using kind = websocket_reader::kind;

namespace {

struct heard
{
    kind what;
    std::string payload;
    std::uint16_t code;
    bool operator==(const heard&) const = default;
};

bool is_last(kind what)
{
    return what == kind::close || what == kind::mistake;
}

void check(const websocket_reader::event& e, std::size_t max_message)
{
    constexpr std::size_t longest_control = 125;
    must(e.what != kind::message || e.payload.size() <= max_message, "no message is too large");
    must((e.what != kind::ping && e.what != kind::pong) || e.payload.size() <= longest_control,
         "a control frame is short");
    must(e.what != kind::mistake || e.code == close_protocol_error || e.code == close_bad_payload ||
             e.code == close_too_big,
         "a mistake has its code");
    must(e.what != kind::close || (e.code >= close_normal && citron::protocol::is_utf8(e.payload)),
         "a close has a code, and a reason in UTF-8");
}

/// All that `bytes` say, read in pieces of `piece` bytes.
std::vector<heard> read(std::string bytes, std::size_t max_message, std::size_t piece)
{
    websocket_reader reader(max_message);
    std::vector<heard> all;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        std::string part = bytes.substr(at, piece); // of its own: beyond its end is nobody's memory
        std::span<char> left(part);
        for (auto e = reader.next(left); e.what != kind::nothing; e = reader.next(left)) {
            check(e, max_message);
            all.push_back({e.what, std::string(e.payload), e.code});
            if (is_last(e.what))
                return all;
        }
        must(left.empty(), "nothing is left when there is nothing more to say");
    }
    return all;
}

/// `payload` as a client sends it.
std::string masked(std::string_view payload, std::string_view mask)
{
    constexpr std::size_t short_payload = 126;
    std::string bytes{'\x82'};
    if (payload.size() < short_payload) {
        bytes.push_back(static_cast<char>(0x80 | payload.size()));
    } else {
        bytes.push_back('\xfe');
        bytes.push_back(static_cast<char>(payload.size() >> 8U));
        bytes.push_back(static_cast<char>(payload.size() & 0xffU));
    }
    bytes.append(mask);
    for (std::size_t i = 0; i < payload.size(); ++i)
        bytes.push_back(static_cast<char>(payload[i] ^ mask[i % mask.size()]));
    return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr std::array<std::size_t, 4> limits{0, 16, 125, 70'000};
    constexpr std::size_t mask_size = 4, longest_sent = 0xffff;
    citron::fuzz::input in(data, size);
    const auto limit = limits[in.byte() % limits.size()];
    const std::size_t piece = 1U + in.byte();
    const std::string bytes(in.rest());

    const auto whole = read(bytes, limit, bytes.size() + 1);
    must(read(bytes, limit, piece) == whole, "pieces say what the whole says");
    must(read(bytes, limit, 1) == whole, "single bytes say what the whole says");

    if (bytes.size() >= mask_size && bytes.size() <= longest_sent) {
        const auto payload = bytes.substr(mask_size);
        const auto got = read(masked(payload, bytes.substr(0, mask_size)), longest_sent, piece);
        must(got == std::vector<heard>{{kind::message, payload, 0}}, "a message arrives as it was sent");
        std::string framed;
        append_websocket_frame(framed, payload);
        must(framed == websocket_frame(payload).view() && framed.ends_with(payload), "both framers agree");
    }
    (void)close_code(bytes);
    return 0;
}
