// PURE. The keys that tokens may be signed with, by name (kid) and algorithm.
#pragma once

#include "frontend/identity/verification_key.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend {

class key_ring
{
public:
    /// A JWK set (RFC 7517 section 5), also of a single key: {"keys": [...]}. Keys that are not for our
    /// algorithms are skipped, as the RFC advises. Otherwise what is wrong, in words: no set, no usable key,
    /// two keys of one name and algorithm.
    [[nodiscard]] static std::expected<key_ring, std::string> parse(std::string_view jwks);

    /// False: there is a key of that name and algorithm already.
    [[nodiscard]] bool add(std::string kid, verification_key key);
    /// All of `others`; false: as in add.
    [[nodiscard]] bool add(const key_ring& others);

    /// The key that a token's header means: by its kid; without one, the only key for that algorithm.
    [[nodiscard]] const verification_key* find(const std::optional<std::string>& kid, algorithm alg) const;
    /// There is a key of that name, for whatever algorithm.
    [[nodiscard]] bool knows(std::string_view kid) const;
    [[nodiscard]] std::size_t size() const { return keys_.size(); }
    [[nodiscard]] std::size_t skipped() const { return skipped_; }

private:
    struct named
    {
        std::string kid; ///< "": none
        verification_key key;
    };

    std::vector<named> keys_; ///< few: an issuer has two or three
    std::size_t skipped_ = 0;
};

} // namespace citron::frontend
