// PURE. A key that tokens are checked with (JWK, RFC 7517), and what it says of one (JWS, RFC 7515). The one
// home of cjose.
#pragma once

#include "common/protocol/json.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace citron::frontend {

/// Those of RFC 7518 section 3.1 that we take. There is no "none".
enum class algorithm : std::uint8_t
{
    hs256,
    rs256,
    es256
};

[[nodiscard]] std::string_view name_of(algorithm alg);
[[nodiscard]] std::optional<algorithm> find_algorithm(std::string_view name);

/// A compact JWS as it stands: three parts in base64url, none of them empty.
struct token_parts
{
    std::string_view header, payload, signature;

    /// Nothing: it is something else.
    [[nodiscard]] static std::optional<token_parts> split(std::string_view token);
};

/// Nothing: it is no base64url without padding (RFC 7515 section 2).
[[nodiscard]] std::optional<std::string> base64url_decoded(std::string_view text);

/// Belongs to one algorithm for good: what a token says of itself never chooses what is done with a key.
class verification_key
{
public:
    /// Otherwise what is wrong, in words that hold nothing of the key.
    using made = std::expected<verification_key, std::string>;

    /// Private members are not taken over. RSA from 2048 to 8192 bits, EC on P-256, secrets from 256 bits.
    [[nodiscard]] static made from_jwk(const protocol::json& jwk);
    /// HS256. Base64 or base64url, padded or not; white space around it does not count.
    [[nodiscard]] static made from_secret(std::string_view base64);
    /// RS256, ES256: a "PUBLIC KEY".
    [[nodiscard]] static made from_pem(algorithm alg, const std::string& pem);

    [[nodiscard]] algorithm alg() const { return alg_; }
    /// What a token says that was signed with this key, by this key's algorithm; nothing: it was not.
    [[nodiscard]] std::optional<std::string> payload_of(std::string_view token) const;

private:
    verification_key(algorithm alg, std::shared_ptr<void> key, std::size_t signature_chars)
        : alg_(alg), key_(std::move(key)), signature_chars_(signature_chars)
    {
    }

    algorithm alg_;
    std::shared_ptr<void> key_;   ///< cjose's
    std::size_t signature_chars_; ///< so long is every signature of this key, in base64url
};

} // namespace citron::frontend
