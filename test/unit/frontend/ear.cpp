#include "test/unit/frontend/ear.hpp"

#include "common/protocol/package.hpp"
#include "frontend/websocket_frame.hpp"

#include <utility>

namespace citron::frontend::test {
namespace {

using protocol::message_type;
using protocol::package_type;

std::string spell_message(std::string_view bytes)
{
    const auto m = protocol::decode_message(bytes);
    if (!m)
        return "?";
    const std::string body(m->body);
    if (m->type == message_type::response)
        return "response " + std::to_string(m->id) + " " + body;
    return std::string(m->route) + " " + body;
}

std::string spell_package(const protocol::package& p)
{
    switch (p.type) {
    case package_type::handshake:
        return "handshake " + std::string(p.body);
    case package_type::heartbeat:
        return "heartbeat";
    case package_type::kick:
        return "kick " + std::string(p.body);
    case package_type::data:
        return spell_message(p.body);
    default:
        return "?";
    }
}

/// Header and payload bytes of the first frame: RFC 6455 section 5.2, unmasked.
std::pair<std::size_t, std::size_t> measure(std::string_view frame)
{
    const auto byte = [frame](std::size_t i) { return static_cast<unsigned char>(frame.at(i)); };
    const std::size_t extra = byte(1) == 127 ? 8 : byte(1) == 126 ? 2 : 0;
    std::size_t size = extra ? 0 : byte(1);
    for (std::size_t i = 0; i < extra; ++i)
        size = size << 8 | byte(2 + i);
    return {2 + extra, size};
}

} // namespace

strings spell(std::string_view frames)
{
    strings heard;
    while (!frames.empty()) {
        const auto [header, size] = measure(frames);
        auto payload = frames.substr(header, size);
        if (const auto code = close_code(frames))
            heard.push_back("close " + std::to_string(code));
        else
            while (!payload.empty())
                heard.push_back(spell_package(protocol::take_package(payload).value()));
        frames.remove_prefix(header + size);
    }
    return heard;
}

strings hear(session& s)
{
    std::string bytes;
    for (std::string_view part; s.out.gather({&part, 1}) > 0;) {
        bytes.append(part);
        s.out.consume(part.size());
    }
    return spell(bytes);
}

} // namespace citron::frontend::test
