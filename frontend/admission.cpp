#include "frontend/admission.hpp"

#include "frontend/forwarded.hpp"

#include <algorithm>
#include <cctype>

namespace citron::frontend {

using protocol::ip_address;

namespace {

bool same_but_for_case(std::string_view text, std::string_view lower)
{
    return std::ranges::equal(text, lower, [](unsigned char a, char b) { return std::tolower(a) == b; });
}

} // namespace

admission::admission(const runtime::admission_config& conf)
    : allow_(conf.allow), block_(conf.block), proxies_(conf.proxies), origins_(conf.origins),
      proxy_protocol_(conf.proxy_protocol)
{
}

bool admission::admits(const ip_address& client) const
{
    return !block_.contains(client) && (allow_.empty() || allow_.contains(client));
}

ip_address admission::client_of(const ip_address& peer, std::span<const std::string_view> forwarded) const
{
    return forwarded_client(peer, forwarded, proxies_);
}

bool admission::admits_origin(std::string_view origin) const
{
    const auto same = [origin](const std::string& one) { return same_but_for_case(origin, one); };
    return origin.empty() || origins_.empty() || std::ranges::any_of(origins_, same);
}

} // namespace citron::frontend
