// Key "identity" of conf/chat.json: who may enter, as tokens prove it (JWT, RFC 7519).
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace citron::runtime {

/// Files are named as in the conf: relative to the conf folder, or absolute.
struct identity_config
{
    enum class policy
    {
        unsaid,   ///< no such key: as `none`, but not in production
        none,     ///< "none": anybody enters under any name, tokens are ignored
        optional, ///< "required": false: a token is checked if there is one
        required, ///< nobody enters without
    };
    /// One of "keys". HS256: `secret` (base64) or a file with it; RS256, ES256: a PEM file, public key.
    struct key
    {
        std::string alg;
        std::string kid; ///< "": tokens do not name it
        std::string secret, secret_file, pem_file;
        std::string where; ///< file and key, for complaints
    };

    policy asks = policy::unsaid;
    std::string where; ///< file and key, for complaints
    std::string jwks;  ///< file of a JWK set, read again when it changes; "": none
    std::vector<key> keys;
    std::string issuer;                      ///< claim `iss` must be this; "": may be anything
    std::string audience;                    ///< claim `aud` must name this; "": there must be no such claim
    std::chrono::milliseconds leeway{5'000}; ///< by which clocks may differ

    [[nodiscard]] bool asks_for_tokens() const
    {
        return asks == policy::optional || asks == policy::required;
    }
};

} // namespace citron::runtime
