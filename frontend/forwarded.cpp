#include "frontend/forwarded.hpp"

#include <optional>
#include <ranges>

namespace citron::frontend {

using protocol::ip_address;

namespace {

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blank = " \t";
    const auto begin = text.find_first_not_of(blank);
    return begin == text.npos ? std::string_view()
                              : text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

/// Some proxies add the port: 192.0.2.7:4711, [2001:db8::7]:4711.
std::string_view without_port(std::string_view hop)
{
    if (const auto end = hop.find(']'); hop.starts_with('[') && end != hop.npos)
        return hop.substr(1, end - 1);
    const auto colon = hop.find(':');
    const bool v6 = colon != hop.npos && hop.find(':', colon + 1) != hop.npos;
    return v6 ? hop : hop.substr(0, colon);
}

} // namespace

ip_address forwarded_client(const ip_address& peer, std::span<const std::string_view> headers,
                            const address_list& proxies)
{
    auto nearest = peer;
    for (auto rest : std::views::reverse(headers)) {
        for (bool more = true; more;) {
            if (!proxies.contains(nearest))
                return nearest;
            const auto comma = rest.rfind(',');
            more = comma != rest.npos;
            const auto hop =
                protocol::parse_ip_address(without_port(trimmed(more ? rest.substr(comma + 1) : rest)));
            if (!hop)
                return nearest;
            nearest = *hop;
            rest = rest.substr(0, more ? comma : 0);
        }
    }
    return nearest;
}

} // namespace citron::frontend
