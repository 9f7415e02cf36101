#include "common/runtime/printable.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace citron::runtime::log {
namespace {

/// One UTF-8 code point at the front of `text`; size 0 when there is none (truncated, overlong, surrogate
/// ...).
struct code_point
{
    std::uint32_t value = 0;
    std::size_t size = 0;
};

code_point take(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80)
        return {lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size)
        return {};
    std::uint32_t value = lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return {};
        value = value << 6 | (byte(i) & 0x3fU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return overlong || surrogate || value > 0x10ffff ? code_point{} : code_point{value, size};
}

/// Would change what a reader of the log sees beyond its own glyph.
bool is_control(std::uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

} // namespace

std::string printable(std::string_view text, std::size_t longest)
{
    std::string out;
    auto to = std::back_inserter(out);
    while (!text.empty() && out.size() < longest) {
        const auto c = take(text);
        if (c.size == 0)
            fmt::format_to(to, "\\x{:02x}", static_cast<std::uint8_t>(text[0]));
        else if (c.value == '\\')
            out += "\\\\";
        else if (is_control(c.value))
            fmt::format_to(to, "\\u{:04x}", c.value);
        else
            out += text.substr(0, c.size);
        text.remove_prefix(c.size ? c.size : 1);
    }
    if (!text.empty())
        fmt::format_to(to, "... (+{} bytes)", text.size());
    return out;
}

} // namespace citron::runtime::log
