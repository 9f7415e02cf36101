#include "frontend/identity/key_ring.hpp"

#include <algorithm>

namespace citron::frontend {

std::expected<key_ring, std::string> key_ring::parse(std::string_view jwks)
{
    const auto set = protocol::parse_unambiguous(jwks);
    if (!set || !set->is_object() || !set->contains("keys") || !(*set)["keys"].is_array())
        return std::unexpected(R"(is no JWK set {"keys": [...]})");
    key_ring ring;
    std::string why = "it is empty";
    for (const auto& jwk : (*set)["keys"]) {
        auto key = verification_key::from_jwk(jwk);
        if (!key) {
            ++ring.skipped_;
            why = key.error();
        } else if (!ring.add(protocol::text_at(jwk, "kid"), std::move(*key))) {
            return std::unexpected("has two keys of one kid and alg");
        }
    }
    if (ring.keys_.empty())
        return std::unexpected("has no key for HS256, RS256 or ES256: " + why);
    return ring;
}

bool key_ring::add(std::string kid, verification_key key)
{
    const bool twice = std::ranges::any_of(
        keys_, [&](const named& one) { return one.kid == kid && one.key.alg() == key.alg(); });
    if (!twice)
        keys_.push_back({std::move(kid), std::move(key)});
    return !twice;
}

bool key_ring::add(const key_ring& others)
{
    skipped_ += others.skipped_;
    return std::ranges::all_of(others.keys_, [this](const named& one) { return add(one.kid, one.key); });
}

const verification_key* key_ring::find(const std::optional<std::string>& kid, algorithm alg) const
{
    const auto meant = [&](const named& one) {
        return one.key.alg() == alg && (!kid || (!kid->empty() && one.kid == *kid));
    };
    const auto found = std::ranges::find_if(keys_, meant);
    if (found == keys_.end() || std::any_of(std::next(found), keys_.end(), meant))
        return nullptr;
    return &found->key;
}

bool key_ring::knows(std::string_view kid) const
{
    return std::ranges::any_of(keys_, [kid](const named& one) { return one.kid == kid; });
}

} // namespace citron::frontend
