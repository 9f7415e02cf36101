#include "frontend/identity/token_verifier.hpp"

#include <algorithm>
#include <optional>

namespace citron::frontend {
namespace {

using fault = token_fault;
using protocol::json;

constexpr std::size_t longest_header = 2U << 10U;

/// A NumericDate in ms since 1970 (RFC 7519 section 2: seconds, maybe with a fraction).
std::optional<std::uint64_t> date_at(const json& claims, const char* key)
{
    constexpr double latest = 1e12, ms = 1000; // seconds: beyond any calendar, and far from overflow
    const auto found = claims.find(key);
    if (found == claims.end() || !found->is_number())
        return std::nullopt;
    const auto seconds = found->get<double>();
    if (!(seconds >= 0 && seconds <= latest))
        return std::nullopt;
    return static_cast<std::uint64_t>(seconds * ms);
}

bool is_text(const json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string();
}

/// `rooms`: a list of names, to read and write; or {read: [...], write: [...]}; all rooms without it.
bool read_rooms(const json& claims, grant& g)
{
    const auto rooms = claims.find("rooms");
    if (rooms == claims.end()) {
        g.read = g.write = room_names::all();
        return true;
    }
    const auto names = [&](const char* key) {
        return rooms->contains(key) ? room_names::parse((*rooms)[key]) : room_names();
    };
    const auto read = rooms->is_object() ? names("read") : room_names();
    const auto write = rooms->is_object() ? names("write") : room_names::parse(*rooms);
    if (!read || !write)
        return false;
    g.read = *read;
    g.write = *write;
    return true;
}

} // namespace

std::string_view name_of(token_fault fault)
{
    switch (fault) {
    case fault::too_large:
        return "too_large";
    case fault::malformed:
        return "malformed";
    case fault::algorithm:
        return "algorithm";
    case fault::unknown_key:
        return "unknown_key";
    case fault::signature:
        return "signature";
    case fault::expired:
        return "expired";
    case fault::not_yet:
        return "not_yet";
    case fault::issuer:
        return "issuer";
    case fault::audience:
        return "audience";
    case fault::claims:
        return "claims";
    }
    return "claims";
}

std::expected<grant, token_fault> token_verifier::verify(std::string_view token, std::uint64_t unix_ms) const
{
    const auto claims = open(token);
    if (!claims)
        return std::unexpected(claims.error());
    return judge(*claims, unix_ms);
}

std::expected<json, token_fault> token_verifier::open(std::string_view token) const
{
    if (token.size() > longest_token)
        return std::unexpected(fault::too_large);
    const auto parts = token_parts::split(token);
    if (!parts)
        return std::unexpected(fault::malformed);
    if (parts->header.size() > longest_header)
        return std::unexpected(fault::too_large);
    const auto header = protocol::parse_unambiguous(base64url_decoded(parts->header).value_or(""));
    if (!header || !header->is_object() || header->contains("crit") || !is_text(*header, "alg") ||
        (header->contains("kid") && !is_text(*header, "kid")))
        return std::unexpected(fault::malformed);

    const auto alg = find_algorithm((*header)["alg"].get_ref<const std::string&>());
    if (!alg)
        return std::unexpected(fault::algorithm);
    const auto kid =
        header->contains("kid") ? std::optional((*header)["kid"].get<std::string>()) : std::nullopt;
    const auto* key = keys_.find(kid, *alg);
    if (!key)
        return std::unexpected(kid && keys_.knows(*kid) ? fault::algorithm : fault::unknown_key);
    const auto payload = key->payload_of(token);
    if (!payload)
        return std::unexpected(fault::signature);
    auto claims = protocol::parse_unambiguous(*payload);
    if (!claims || !claims->is_object())
        return std::unexpected(fault::claims);
    return std::move(*claims);
}

std::expected<grant, token_fault> token_verifier::judge(const json& claims, std::uint64_t unix_ms) const
{
    const auto leeway = static_cast<std::uint64_t>(rules_.leeway.count());
    if (!rules_.issuer.empty() && (!is_text(claims, "iss") || claims["iss"] != rules_.issuer))
        return std::unexpected(fault::issuer);
    if (!is_for_us(claims))
        return std::unexpected(fault::audience);
    const auto until = date_at(claims, "exp");
    const auto from = claims.contains("nbf") ? date_at(claims, "nbf") : std::optional<std::uint64_t>(0);
    if (!until || !from)
        return std::unexpected(fault::claims);
    if (unix_ms >= *until + leeway)
        return std::unexpected(fault::expired);
    if (unix_ms + leeway < *from)
        return std::unexpected(fault::not_yet);

    grant g{.until_ms = *until + leeway};
    if (!is_text(claims, "sub") || !protocol::is_name(claims["sub"].get_ref<const std::string&>()) ||
        !read_rooms(claims, g))
        return std::unexpected(fault::claims);
    g.user = claims["sub"].get<std::string>();
    return g;
}

/// RFC 7519 section 4.1.3: a text or a list of texts; whoever is not named must refuse the token.
bool token_verifier::is_for_us(const json& claims) const
{
    const auto aud = claims.find("aud");
    if (aud == claims.end())
        return rules_.audience.empty();
    if (rules_.audience.empty())
        return false;
    return aud->is_array() ? std::ranges::find(*aud, json(rules_.audience)) != aud->end()
                           : *aud == rules_.audience;
}

} // namespace citron::frontend
