#include "frontend/identity/grant.hpp"

#include <algorithm>

namespace citron::frontend {

using protocol::errc;
using protocol::right;

namespace {

bool is_pattern(std::string_view text)
{
    if (text == "*")
        return true;
    return protocol::is_name(text.ends_with('*') ? text.substr(0, text.size() - 1) : text);
}

bool fits(std::string_view pattern, std::string_view rid)
{
    return pattern.ends_with('*') ? rid.starts_with(pattern.substr(0, pattern.size() - 1)) : rid == pattern;
}

} // namespace

std::optional<room_names> room_names::parse(const protocol::json& list)
{
    if (!list.is_array())
        return std::nullopt;
    std::vector<std::string> patterns;
    for (const auto& one : list) {
        if (!one.is_string() || !is_pattern(one.get_ref<const std::string&>()))
            return std::nullopt;
        patterns.push_back(one.get<std::string>());
    }
    return room_names(std::move(patterns));
}

bool room_names::contains(std::string_view rid) const
{
    return std::ranges::any_of(patterns_, [rid](const auto& pattern) { return fits(pattern, rid); });
}

errc grant::judge(right needed, std::string_view as_user, std::string_view rid, std::uint64_t unix_ms) const
{
    if (needed == right::none)
        return errc::ok;
    if (unix_ms >= until_ms)
        return errc::unauthorized;
    const bool let = write.contains(rid) || (needed != right::write && read.contains(rid));
    return let && user == as_user ? errc::ok : errc::forbidden;
}

} // namespace citron::frontend
