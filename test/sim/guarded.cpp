#include "test/sim/guarded.hpp"

#include "common/protocol/dispatcher.hpp"
#include "test/unit/frontend/identity/issuer.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace citron::sim {

using frontend::test::base64url;
using frontend::test::issuer;
using protocol::json;

namespace {

constexpr std::uint64_t far_away = 4'000'000'000, long_ago = 1'000'000'000; // seconds since 1970

const issuer& site()
{
    static const issuer signs("site", std::string(32, 'k'));
    return signs;
}

} // namespace

frontend::identity_options token_rules()
{
    return {.asked = frontend::tokens::required,
            .rules = {.issuer = "site", .audience = "chat"},
            .fresh_keys = [asked = false](protocol::instant) mutable {
                return std::exchange(asked, true) ? std::nullopt : std::optional(site().ring());
            }};
}

std::string token_of(std::string_view user)
{
    return site().token(
        {{"sub", user}, {"iss", "site"}, {"aud", "chat"}, {"exp", far_away}, {"rooms", {"*"}}});
}

std::string token_of_stranger(std::string_view user, std::size_t which)
{
    const json good{{"sub", user}, {"iss", "site"}, {"aud", {"chat", "shop"}}, {"exp", far_away}};
    const auto but = [&good](const json& changes) {
        auto claims = good;
        claims.merge_patch(changes);
        return site().token(claims);
    };
    switch (which) {
    case 0:
        return but({{"nbf", long_ago}});
    case 1:
        return but({{"rooms", {{"read", {"strange", "other"}}, {"write", {"mine-*"}}}}});
    case 2:
        return but({{"exp", long_ago}});
    case 3:
        return but({{"nbf", far_away}});
    case 4:
        return but({{"iss", "elsewhere"}});
    case 5:
        return but({{"aud", "shop"}});
    case 6:
        return but({{"sub", "somebody else"}});
    case 7:
        return but({{"exp", nullptr}});
    case 8: // signed with another key
        return issuer("site", std::string(32, 'x')).token(good);
    case 9: // of a name that nobody knows
        return issuer("other", std::string(32, 'k')).token(good);
    case 10:
        return base64url(R"({"alg":"none"})") + "." + base64url(good.dump()) + ".";
    default:
        return "no token";
    }
}

runtime::limits_config limits()
{
    return {.sessions_per_ip = 8,
            .connects_per_second = 20,
            .requests = {.session = 6, .user = 8, .ip = 10},
            .enters = {.session = 3, .user = 4, .ip = 5},
            .bytes = {.session = 200'000},
            .burst = protocol::milliseconds(5'000),
            .abuse = 300};
}

protocol::ip_address address_of(std::string_view name)
{
    const auto number = protocol::weight(name, "address");
    const auto high = number >> 8U & 0xffffU, low = number >> 24U & 0xffffU;
    return protocol::parse_ip_address(
               number % 2 == 0 ? fmt::format("10.0.{}.{}", high & 0xffU, low & 0xffU)
                               : fmt::format("2001:db8:{:x}:{:x}::{:x}", high, low, number & 0xffU))
        .value();
}

} // namespace citron::sim
