// Somebody who signs tokens, with a key made for this process by OpenSSL itself: not by what is tested.
#pragma once

#include "common/protocol/json.hpp"
#include "frontend/identity/key_ring.hpp"

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace citron::frontend::test {

[[nodiscard]] std::string base64url(std::string_view bytes);

class issuer
{
public:
    explicit issuer(algorithm alg, std::string kid = "k1");
    /// HS256 with this secret, whatever it is.
    issuer(std::string kid, std::string secret);

    /// As an issuer publishes it, with kid and alg.
    [[nodiscard]] const protocol::json& jwk() const { return jwk_; }
    [[nodiscard]] verification_key key() const { return verification_key::from_jwk(jwk_).value(); }
    /// Of its public key alone.
    [[nodiscard]] key_ring ring() const;
    [[nodiscard]] std::string pem() const;

    [[nodiscard]] std::string token(const protocol::json& claims) const;
    /// With a header and a payload that are whatever they are.
    [[nodiscard]] std::string token(std::string_view header, std::string_view payload) const;
    [[nodiscard]] std::string header() const; ///< {alg, kid}
    /// Over any bytes, as a JWS has it.
    [[nodiscard]] std::string signature(std::string_view bytes, const EVP_MD* digest = EVP_sha256()) const;

private:
    algorithm alg_;
    std::string kid_, secret_;
    std::shared_ptr<EVP_PKEY> pair_;
    protocol::json jwk_;
};

} // namespace citron::frontend::test
