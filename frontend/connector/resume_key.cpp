#include "frontend/connector/resume_key.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace citron::frontend {

namespace {

constexpr std::size_t digits = 12;
constexpr std::uint64_t highest = (std::uint64_t{1} << 4 * digits) - 1; // as time: about the year 10,900

bool is_digit(char c)
{
    return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f');
}

} // namespace

resume_key resume_key::parse(std::string_view text)
{
    const auto mark = text.size() - std::min(text.size(), digits + 1);
    if (mark == 0 || text[mark] != '~' || !std::ranges::all_of(text.substr(mark + 1), is_digit))
        return {.secret = std::string(text)};
    std::uint64_t stamp = 0;
    std::from_chars(text.data() + mark + 1, text.data() + text.size(), stamp, 16);
    return {.secret = std::string(text.substr(0, mark)), .stamp = stamp};
}

std::string resume_key::text() const
{
    return stamp ? fmt::format("{}~{:012x}", secret, stamp) : secret;
}

std::uint64_t resume_key::next_stamp(std::uint64_t opened) const
{
    return std::min(std::max(opened, stamp + 1), highest);
}

} // namespace citron::frontend
