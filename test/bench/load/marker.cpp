#include "test/bench/load/marker.hpp"

#include <algorithm>

namespace citron::bench {
namespace {

void put_hex(char* to, std::size_t digits, std::uint64_t value)
{
    for (; digits-- > 0; value >>= 4U)
        to[digits] = "0123456789abcdef"[value & 15U];
}

} // namespace

std::string content_of(const marker& m, std::size_t size)
{
    std::string text(std::max(size, marker_size), '.');
    char* to = text.data() + marker_tag.copy(text.data(), marker_tag.size());
    put_hex(to, 4, m.step);
    put_hex(to + 4, 4, m.sender);
    put_hex(to + 8, 8, m.seq);
    put_hex(to + 16, 16, m.due_ns);
    return text;
}

bool marker_finder::search(std::string_view body)
{
    const auto found = body.find(marker_tag);
    if (found == std::string_view::npos || !is_at(body, found))
        return false;
    at_ = found;
    return true;
}

} // namespace citron::bench
