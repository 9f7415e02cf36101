#include "test/bench/load/marker.hpp"

#include <cstring>

namespace citron::bench {
namespace {

constexpr std::string_view tag = "@bench:";

void put_hex(char* to, std::size_t digits, std::uint64_t value)
{
    for (; digits-- > 0; value >>= 4U)
        to[digits] = "0123456789abcdef"[value & 15U];
}

std::uint64_t get_hex(const char*& from, std::size_t digits)
{
    std::uint64_t value = 0;
    for (; digits-- > 0; ++from)
        value = value << 4U | static_cast<std::uint64_t>(*from <= '9' ? *from - '0' : *from - 'a' + 10);
    return value;
}

} // namespace

std::string content_of(const marker& m, std::size_t size)
{
    std::string text(std::max(size, marker_size), '.');
    char* to = text.data();
    tag.copy(to, tag.size());
    put_hex(to + 7, 2, m.step);
    put_hex(to + 9, 4, m.sender);
    put_hex(to + 13, 8, m.seq);
    put_hex(to + 21, 16, m.due_ns);
    return text;
}

std::optional<marker> find_marker(std::string_view body)
{
    const auto* found = static_cast<const char*>(memmem(body.data(), body.size(), tag.data(), tag.size()));
    if (!found || body.size() - static_cast<std::size_t>(found - body.data()) < marker_size)
        return std::nullopt;
    const char* at = found + tag.size();
    marker m;
    m.step = static_cast<std::uint32_t>(get_hex(at, 2));
    m.sender = static_cast<std::uint32_t>(get_hex(at, 4));
    m.seq = static_cast<std::uint32_t>(get_hex(at, 8));
    m.due_ns = get_hex(at, 16);
    return m;
}

} // namespace citron::bench
