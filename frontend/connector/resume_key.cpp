#include "frontend/connector/resume_key.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace citron::frontend {

namespace {

/// About the year 10,900: later ones would come to the end of the numbers.
constexpr std::uint64_t latest = (std::uint64_t{1} << 48U) - 1;

} // namespace

resume_key resume_key::parse(std::string_view text)
{
    const auto dot = text.rfind('.');
    if (dot == std::string_view::npos)
        return {.secret = std::string(text)};
    const auto* const last = text.data() + text.size();
    std::uint64_t stamp = 0;
    const auto [end, error] = std::from_chars(text.data() + dot + 1, last, stamp, 16);
    const bool read = error == std::errc{} && end == last && stamp > 0 && stamp <= latest;
    if (dot == 0 || !read)
        return {.secret = std::string(text)};
    return {.secret = std::string(text.substr(0, dot)), .stamp = stamp};
}

std::string resume_key::text() const
{
    return stamp ? fmt::format("{}.{:x}", secret, stamp) : secret;
}

std::uint64_t resume_key::opened(std::uint64_t by_clock) const
{
    return std::max(by_clock, std::min(stamp + 1, latest));
}

} // namespace citron::frontend
