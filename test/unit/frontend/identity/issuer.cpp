#include "test/unit/frontend/identity/issuer.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace citron::frontend::test {
namespace {

using protocol::json;

constexpr int p256_bytes = 32;

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string bytes_of(const BIGNUM* number, int size)
{
    std::string text(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()), size);
    return text;
}

std::string member(const EVP_PKEY* pair, const char* name, int size = 0)
{
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(pair, name, &number);
    const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> owner(number, BN_free);
    return base64url(bytes_of(number, size ? size : BN_num_bytes(number)));
}

/// ASN.1 -> r and s in a row (RFC 7518 section 3.4).
std::string raw(const std::string& der)
{
    const auto* at = bytes_of(der);
    const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> pair(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
    return bytes_of(ECDSA_SIG_get0_r(pair.get()), p256_bytes) +
           bytes_of(ECDSA_SIG_get0_s(pair.get()), p256_bytes);
}

} // namespace

std::string base64url(std::string_view bytes)
{
    std::vector<unsigned char> text(bytes.size() / 3 * 4 + 5);
    const int size = EVP_EncodeBlock(text.data(), bytes_of(bytes), static_cast<int>(bytes.size()));
    std::string encoded(text.begin(), text.begin() + size);
    std::ranges::replace(encoded, '+', '-');
    std::ranges::replace(encoded, '/', '_');
    encoded.erase(encoded.find_last_not_of('=') + 1);
    return encoded;
}

issuer::issuer(std::string kid, std::string secret)
    : alg_(algorithm::hs256), kid_(std::move(kid)), secret_(std::move(secret))
{
    jwk_ = {{"kty", "oct"}, {"k", base64url(secret_)}, {"kid", kid_}, {"alg", "HS256"}};
}

issuer::issuer(algorithm alg, std::string kid) : issuer(std::move(kid), std::string(32, 's'))
{
    constexpr std::size_t rsa_bits = 2048;
    alg_ = alg;
    if (alg == algorithm::rs256) {
        pair_ = {EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits), EVP_PKEY_free};
        jwk_ = {{"kty", "RSA"}, {"n", member(pair_.get(), "n")}, {"e", member(pair_.get(), "e")}};
    } else if (alg == algorithm::es256) {
        pair_ = {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free};
        jwk_ = {{"kty", "EC"},
                {"crv", "P-256"},
                {"x", member(pair_.get(), OSSL_PKEY_PARAM_EC_PUB_X, p256_bytes)},
                {"y", member(pair_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, p256_bytes)}};
    }
    jwk_["kid"] = kid_;
    jwk_["alg"] = name_of(alg);
}

key_ring issuer::ring() const
{
    key_ring ring;
    (void)ring.add(kid_, key());
    return ring;
}

std::string issuer::pem() const
{
    const std::unique_ptr<BIO, void (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    PEM_write_bio_PUBKEY(out.get(), pair_.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string issuer::signature(std::string_view bytes, const EVP_MD* digest) const
{
    std::array<unsigned char, 1024> made{};
    if (alg_ == algorithm::hs256) {
        unsigned int size = 0;
        HMAC(digest, secret_.data(), static_cast<int>(secret_.size()), bytes_of(bytes), bytes.size(),
             made.data(), &size);
        return {made.begin(), made.begin() + size};
    }
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::size_t size = made.size();
    EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, pair_.get());
    EVP_DigestSign(context.get(), made.data(), &size, bytes_of(bytes), bytes.size());
    const std::string signature(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(size));
    return alg_ == algorithm::es256 ? raw(signature) : signature;
}

std::string issuer::header() const
{
    return json{{"alg", name_of(alg_)}, {"kid", kid_}}.dump();
}

std::string issuer::token(const json& claims) const
{
    return token(header(), claims.dump());
}

std::string issuer::token(std::string_view header, std::string_view payload) const
{
    const auto said = base64url(header) + "." + base64url(payload);
    return said + "." + base64url(signature(said));
}

} // namespace citron::frontend::test
