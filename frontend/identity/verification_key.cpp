#include "frontend/identity/verification_key.hpp"

#include <cjose/base64.h>
#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <utility>

// cjose 0.6.2 trusts its callers more than strangers deserve. So it is never shown a text with a character
// that is not of base64url ("=" in the wrong place is an assertion there), a signature of another length than
// the key's (it would read beyond the end of a short one), or a key of another kind than the header's
// algorithm means (it would read an RSA key as if it were a secret).

namespace citron::frontend {
namespace {

using protocol::json;

constexpr std::array names{std::pair{algorithm::hs256, std::string_view("HS256")},
                           std::pair{algorithm::rs256, std::string_view("RS256")},
                           std::pair{algorithm::es256, std::string_view("ES256")}};
constexpr std::size_t bits = 8, smallest_rsa = 2048, largest_rsa = 8192, smallest_secret = 256;
constexpr int p256_bytes = 32;

struct release
{
    void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(void* memory) const { std::free(memory); }
};
template <typename T>
using owned = std::unique_ptr<T, release>;

/// What fails here must not stand in OpenSSL's queue when somebody else asks why a call of theirs failed.
struct clean_queue
{
    clean_queue() = default;
    ~clean_queue() { ERR_clear_error(); }
    clean_queue(const clean_queue&) = delete;
    clean_queue& operator=(const clean_queue&) = delete;
};

bool is_base64url(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
}

constexpr std::size_t chars_of(std::size_t bytes)
{
    return (bytes * 4 + 2) / 3; // base64url without padding
}

std::string base64url(const std::string& bytes)
{
    char* text = nullptr;
    std::size_t size = 0;
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    if (!cjose_base64url_encode(data, bytes.size(), &text, &size, nullptr))
        return {};
    const owned<char> owner(text);
    return {text, size};
}

/// The algorithm that a JWK is for, by its `kty`, and by `alg` if it has one.
std::expected<algorithm, std::string> algorithm_of(const json& jwk)
{
    const auto kty = protocol::text_at(jwk, "kty");
    algorithm fits = algorithm::hs256;
    if (kty == "RSA")
        fits = algorithm::rs256;
    else if (kty == "EC")
        fits = algorithm::es256;
    else if (kty != "oct")
        return std::unexpected("kty is none of RSA, EC, oct");
    if (jwk.contains("alg") && protocol::text_at(jwk, "alg") != name_of(fits))
        return std::unexpected("alg is not " + std::string(name_of(fits)));
    if (jwk.contains("use") && protocol::text_at(jwk, "use") != "sig")
        return std::unexpected("it is not for signatures (use)");
    if (fits == algorithm::es256 && protocol::text_at(jwk, "crv") != "P-256")
        return std::unexpected("crv is not P-256");
    return fits;
}

/// What makes the public part; nothing: one is missing, or no base64url.
std::optional<json> public_part(const json& jwk, algorithm alg)
{
    json part = json::object();
    part["kty"] = jwk["kty"];
    const auto take = [&](std::initializer_list<const char*> members) {
        return std::ranges::all_of(members, [&](const char* name) {
            part[name] = protocol::text_at(jwk, name);
            return is_base64url(part[name].get_ref<const std::string&>());
        });
    };
    bool whole = false;
    if (alg == algorithm::rs256) {
        whole = take({"n", "e"});
    } else if (alg == algorithm::es256) {
        part["crv"] = "P-256";
        whole = take({"x", "y"});
    } else {
        whole = take({"k"});
    }
    return whole ? std::optional(std::move(part)) : std::nullopt;
}

/// Bytes of a signature, or why the key is not taken.
std::expected<std::size_t, std::string> signature_bytes(algorithm alg, const cjose_jwk_t* key)
{
    constexpr std::size_t hmac_bytes = 32, ecdsa_bytes = 64;
    const auto size = cjose_jwk_get_keysize(key, nullptr);
    if (alg == algorithm::es256)
        return ecdsa_bytes;
    if (alg == algorithm::hs256) {
        if (size < smallest_secret)
            return std::unexpected("its secret has fewer than 32 bytes");
        return hmac_bytes;
    }
    if (size < smallest_rsa || size > largest_rsa)
        return std::unexpected("an RSA key has 2048 to 8192 bits");
    return size / bits;
}

/// A number of the key; `bytes`: of a fixed size, filled up with zeros; 0: as long as it is.
std::string number(const EVP_PKEY* key, const char* name, int bytes = 0)
{
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &found) != 1)
        return {};
    const owned<BIGNUM> owner(found);
    std::string text(static_cast<std::size_t>(bytes ? bytes : BN_num_bytes(found)), '\0');
    auto* to = reinterpret_cast<unsigned char*>(text.data());
    return BN_bn2binpad(found, to, static_cast<int>(text.size())) < 0 ? std::string{} : base64url(text);
}

std::string group(const EVP_PKEY* key)
{
    std::array<char, 64> name{};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 ? std::string(name.data(), size)
                                                                              : std::string{};
}

} // namespace

std::string_view name_of(algorithm alg)
{
    return std::ranges::find(names, alg, &decltype(names)::value_type::first)->second;
}

std::optional<algorithm> find_algorithm(std::string_view name)
{
    const auto* const found = std::ranges::find(names, name, &decltype(names)::value_type::second);
    return found == names.end() ? std::nullopt : std::optional(found->first);
}

std::optional<token_parts> token_parts::split(std::string_view token)
{
    const auto first = token.find('.');
    const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
    if (second == token.npos)
        return std::nullopt;
    const token_parts parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                            token.substr(second + 1)};
    if (!is_base64url(parts.header) || !is_base64url(parts.payload) || !is_base64url(parts.signature))
        return std::nullopt;
    return parts;
}

std::optional<std::string> base64url_decoded(std::string_view text)
{
    std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
    if (!is_base64url(text) || !cjose_base64url_decode(text.data(), text.size(), &bytes, &size, nullptr))
        return std::nullopt;
    const owned<std::uint8_t> owner(bytes);
    return std::string(reinterpret_cast<const char*>(bytes), size);
}

verification_key::made verification_key::from_jwk(const json& jwk)
{
    const clean_queue after;
    if (!jwk.is_object())
        return std::unexpected("it is no object");
    const auto alg = algorithm_of(jwk);
    if (!alg)
        return std::unexpected(alg.error());
    const auto part = public_part(jwk, *alg);
    const auto text = part ? part->dump() : std::string{};
    std::shared_ptr<void> key;
    if (auto* imported = part ? cjose_jwk_import(text.data(), text.size(), nullptr) : nullptr)
        key.reset(imported, [](void* one) { cjose_jwk_release(static_cast<cjose_jwk_t*>(one)); });
    if (!key)
        return std::unexpected("its numbers are missing or wrong");
    const auto size = signature_bytes(*alg, static_cast<const cjose_jwk_t*>(key.get()));
    if (!size)
        return std::unexpected(size.error());
    return verification_key(*alg, std::move(key), chars_of(*size));
}

verification_key::made verification_key::from_secret(std::string_view base64)
{
    constexpr std::string_view around = " \t\r\n";
    const auto first = base64.find_first_not_of(around);
    std::string text(first == base64.npos ? "" : base64.substr(first));
    text.erase(text.find_last_not_of("= \t\r\n") + 1);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    if (!is_base64url(text))
        return std::unexpected("a secret is 32 bytes or more in base64");
    return from_jwk({{"kty", "oct"}, {"k", text}});
}

verification_key::made verification_key::from_pem(algorithm alg, const std::string& pem)
{
    const clean_queue after;
    const auto no_password = [](char*, int, int, void*) { return -1; }; // else it would ask the terminal
    const owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const owned<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
    if (!key)
        return std::unexpected("it holds no public key (-----BEGIN PUBLIC KEY-----)");
    if (alg == algorithm::rs256 && EVP_PKEY_is_a(key.get(), "RSA") == 1)
        return from_jwk({{"kty", "RSA"},
                         {"n", number(key.get(), OSSL_PKEY_PARAM_RSA_N)},
                         {"e", number(key.get(), OSSL_PKEY_PARAM_RSA_E)}});
    if (alg == algorithm::es256 && EVP_PKEY_is_a(key.get(), "EC") == 1 && group(key.get()) == "prime256v1")
        return from_jwk({{"kty", "EC"},
                         {"crv", "P-256"},
                         {"x", number(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, p256_bytes)},
                         {"y", number(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, p256_bytes)}});
    return std::unexpected("its key is not for " + std::string(name_of(alg)));
}

std::optional<std::string> verification_key::payload_of(std::string_view token) const
{
    const clean_queue after;
    const auto parts = token_parts::split(token);
    if (!parts || parts->signature.size() != signature_chars_)
        return std::nullopt;
    const owned<cjose_jws_t> jws(cjose_jws_import(token.data(), token.size(), nullptr));
    if (!jws)
        return std::nullopt;
    const char* says = cjose_header_get(cjose_jws_get_protected(jws.get()), CJOSE_HDR_ALG, nullptr);
    const auto* key = static_cast<const cjose_jwk_t*>(key_.get());
    if (!says || says != name_of(alg_) || !cjose_jws_verify(jws.get(), key, nullptr))
        return std::nullopt;
    std::uint8_t* bytes = nullptr; // the token's
    std::size_t size = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, nullptr))
        return std::nullopt;
    return std::string(reinterpret_cast<const char*>(bytes), size);
}

} // namespace citron::frontend
