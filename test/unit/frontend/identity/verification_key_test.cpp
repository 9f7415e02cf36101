#include "frontend/identity/verification_key.hpp"

#include "test/unit/frontend/identity/issuer.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace citron::frontend {
namespace {

using protocol::json;
using test::base64url;
using test::issuer;

/// What makes a key be refused; "": it is not.
std::string complaint(const json& jwk)
{
    const auto made = verification_key::from_jwk(jwk);
    return made ? "" : made.error();
}

json without(json jwk, const char* member)
{
    jwk.erase(member);
    return jwk;
}

json with(json jwk, const char* member, const json& value)
{
    jwk[member] = value;
    return jwk;
}

const issuer& rsa()
{
    static const issuer one(algorithm::rs256); // takes a while to make
    return one;
}

// ---- the examples of RFC 7515, appendices A.1 and A.3: a key, and what it has signed

constexpr std::string_view rfc_payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

TEST(VerificationKey, KnowsTheHmacExampleOfTheRfc)
{
    const auto key = verification_key::from_jwk(
        {{"kty", "oct"},
         {"k", "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}});
    ASSERT_TRUE(key);

    const auto payload =
        key->payload_of("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(rfc_payload) +
                        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

    EXPECT_EQ(payload, base64url_decoded(rfc_payload));
    EXPECT_EQ(key->alg(), algorithm::hs256);
}

TEST(VerificationKey, KnowsTheEllipticCurveExampleOfTheRfc)
{
    const auto key = verification_key::from_jwk({{"kty", "EC"},
                                                 {"crv", "P-256"},
                                                 {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                                 {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}});
    ASSERT_TRUE(key);

    const auto payload = key->payload_of(
        "eyJhbGciOiJFUzI1NiJ9." + std::string(rfc_payload) +
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");

    EXPECT_EQ(payload, base64url_decoded(rfc_payload));
}

// ---- what a key says of a token

TEST(VerificationKey, TellsWhatItHasSigned)
{
    const issuer hmac(algorithm::hs256), curve(algorithm::es256);
    for (const auto* signs : {&hmac, &rsa(), &curve})
        EXPECT_EQ(signs->key().payload_of(signs->token(signs->header(), "{\"a\":1}")), "{\"a\":1}");
}

TEST(VerificationKey, AnotherKeysTokenSaysNothing)
{
    const issuer hmac("k1", std::string(32, 'x')), curve(algorithm::es256);
    EXPECT_FALSE(issuer(algorithm::hs256).key().payload_of(hmac.token(json::object())));
    EXPECT_FALSE(issuer(algorithm::es256).key().payload_of(curve.token(json::object())));
    EXPECT_FALSE(issuer(algorithm::rs256).key().payload_of(rsa().token(json::object())));
}

TEST(VerificationKey, ATokenThatWasChangedSaysNothing)
{
    const issuer curve(algorithm::es256), hmac(algorithm::hs256);
    for (const auto* signs : {&hmac, &rsa(), &curve}) {
        const auto token = signs->token(json{{"sub", "ann"}});
        const auto parts = token_parts::split(token).value();
        const auto other = base64url(R"({"sub":"bob"})");
        EXPECT_FALSE(signs->key().payload_of(std::string(parts.header) + "." + other + "." +
                                             std::string(parts.signature)));
        // the last character of a signature may hold bits that say nothing; the first one does not
        for (const auto at : {token.size() - parts.signature.size(), token.size() / 2}) {
            auto changed = token;
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            EXPECT_FALSE(signs->key().payload_of(changed)) << at;
        }
    }
}

TEST(VerificationKey, ASignatureOfAnotherLengthIsNone)
{
    const issuer curve(algorithm::es256), hmac(algorithm::hs256);
    for (const auto* signs : {&hmac, &rsa(), &curve}) {
        const auto token = signs->token(json::object());
        const auto said = token.substr(0, token.rfind('.'));
        const auto signature = signs->signature(said);
        for (const std::size_t size : {std::size_t{1}, signature.size() / 2, signature.size() - 1})
            EXPECT_FALSE(signs->key().payload_of(said + "." + base64url(signature.substr(0, size)))) << size;
        EXPECT_FALSE(signs->key().payload_of(said + "." + base64url(signature + signature)));
        EXPECT_FALSE(signs->key().payload_of(said + "."));
        EXPECT_FALSE(signs->key().payload_of(said + "." + base64url(std::string(signature.size(), '\0'))));
    }
}

TEST(VerificationKey, TheHeaderCannotChooseWhatIsDoneWithAKey)
{
    const issuer public_as_secret("k1", rsa().pem()), modulus_as_secret("k1", std::string(256, 'n'));
    EXPECT_FALSE(rsa().key().payload_of(public_as_secret.token(json::object())));
    EXPECT_FALSE(rsa().key().payload_of(modulus_as_secret.token(json::object())));
    for (const auto* alg : {"none", "HS256", "HS512", "RS384", "PS256", "ES256", "rs256", ""})
        EXPECT_FALSE(rsa().key().payload_of(rsa().token(json{{"alg", alg}}.dump(), "{}"))) << alg;
    for (const auto* alg : {"none", "HS384", "HS512", "RS256", "ES256"}) {
        const issuer hmac(algorithm::hs256);
        EXPECT_FALSE(hmac.key().payload_of(hmac.token(json{{"alg", alg}}.dump(), "{}"))) << alg;
    }
}

TEST(VerificationKey, WhatItHasSignedByAnotherAlgorithmSaysNothing)
{
    const auto said = base64url(R"({"alg":"RS512"})") + "." + base64url("{}");
    const auto truly_signed = base64url(rsa().signature(said, EVP_sha512()));
    EXPECT_FALSE(rsa().key().payload_of(said + "." + truly_signed));
}

TEST(VerificationKey, WhatIsNoTokenSaysNothing)
{
    const auto key = issuer(algorithm::hs256).key();
    const auto signature = base64url(std::string(32, 's'));
    for (const auto& text : {std::string(), std::string("."), std::string(".."), std::string("a.b"),
                             "." + signature, ".." + signature, "a.b." + signature, "A===.AAAA." + signature,
                             "eyJhbGciOiJIUzI1NiJ9.A===." + signature, std::string("a\0b.c.", 6) + signature,
                             "bnVsbA.bnVsbA." + signature, "W10.W10." + signature, std::string(100000, '.')})
        EXPECT_FALSE(key.payload_of(text)) << text.substr(0, 80);
}

TEST(VerificationKey, LeavesOpensslsErrorsAsTheyWere)
{
    const issuer curve(algorithm::es256), other(algorithm::es256);
    ASSERT_FALSE(curve.key().payload_of(other.token(json::object())));
    ASSERT_FALSE(verification_key::from_pem(algorithm::es256, "nonsense"));

    EXPECT_EQ(ERR_peek_error(), 0U);
}

// ---- which keys are taken

TEST(VerificationKey, AlgIsThatOfItsKind)
{
    for (const auto alg : {algorithm::hs256, algorithm::es256}) {
        const auto jwk = issuer(alg).jwk();
        EXPECT_EQ(verification_key::from_jwk(without(jwk, "alg")).value().alg(), alg);
        for (const auto* wrong : {"none", "RS384", "RS256", "PS256", "ES384", "HS512"})
            EXPECT_NE(complaint(with(jwk, "alg", wrong)), "") << wrong;
        EXPECT_NE(complaint(with(jwk, "alg", nullptr)), "");
    }
}

TEST(VerificationKey, OnlyKeysForSignatures)
{
    const auto jwk = issuer(algorithm::hs256).jwk();
    EXPECT_EQ(complaint(with(jwk, "use", "sig")), "");
    EXPECT_EQ(complaint(with(jwk, "use", "enc")), "it is not for signatures (use)");
}

TEST(VerificationKey, OtherKindsAndCurvesAreRefused)
{
    const auto curve = issuer(algorithm::es256).jwk();
    EXPECT_EQ(complaint({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "AAAA"}}), "kty is none of RSA, EC, oct");
    EXPECT_EQ(complaint(with(curve, "crv", "P-384")), "crv is not P-256");
    EXPECT_EQ(complaint(without(curve, "kty")), "kty is none of RSA, EC, oct");
    for (const auto& jwk : {json(), json::array(), json("oct"), json(7)})
        EXPECT_EQ(complaint(jwk), "it is no object");
}

TEST(VerificationKey, ShortKeysAreRefused)
{
    EXPECT_EQ(complaint({{"kty", "oct"}, {"k", base64url(std::string(32, 'k'))}}), "");
    EXPECT_EQ(complaint({{"kty", "oct"}, {"k", base64url(std::string(31, 'k'))}}),
              "its secret has fewer than 32 bytes");
    const auto n = base64url("\xff" + std::string(127, '\xfd'));
    EXPECT_EQ(complaint({{"kty", "RSA"}, {"n", n}, {"e", "AQAB"}}), "an RSA key has 2048 to 8192 bits");
    const auto huge = base64url("\xff" + std::string(2047, '\xfd'));
    EXPECT_EQ(complaint({{"kty", "RSA"}, {"n", huge}, {"e", "AQAB"}}), "an RSA key has 2048 to 8192 bits");
}

TEST(VerificationKey, BrokenNumbersAreRefused)
{
    const auto curve = issuer(algorithm::es256).jwk();
    for (const auto* member : {"x", "y"}) {
        EXPECT_EQ(complaint(without(curve, member)), "its numbers are missing or wrong");
        for (const auto& value : {json(""), json("A==="), json("+/"), json(7), json::array(), json("AAAA"),
                                  json(base64url(std::string(32, '\x01')))}) // the last one: not on the curve
            EXPECT_EQ(complaint(with(curve, member, value)), "its numbers are missing or wrong") << value;
    }
    for (const auto* member : {"n", "e"})
        EXPECT_EQ(complaint(without(rsa().jwk(), member)), "its numbers are missing or wrong");
    EXPECT_EQ(complaint({{"kty", "oct"}, {"k", ""}}), "its numbers are missing or wrong");
}

TEST(VerificationKey, PrivateMembersAreNotLookedAt)
{
    const issuer curve(algorithm::es256);
    const auto key = verification_key::from_jwk(with(curve.jwk(), "d", "A==="));

    ASSERT_TRUE(key);
    EXPECT_TRUE(key->payload_of(curve.token(json::object())));
}

TEST(VerificationKey, ASecretMayBeInEitherBase64)
{
    const std::string secret = "\xfb\xff\xbe" + std::string(30, 'k');
    const issuer signs("k1", secret);
    const auto token = signs.token(json::object());
    const std::string url = base64url(secret);
    auto plain = url;
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    ASSERT_NE(plain, url);

    for (const auto& text : {url, plain, plain + "=\n", "  " + url + "\r\n"})
        EXPECT_TRUE(verification_key::from_secret(text).value().payload_of(token)) << text;
    for (const auto* text :
         {"", "\n", "too short", "AAAA", "not base64 at all, but long enough to be a secret!"})
        EXPECT_FALSE(verification_key::from_secret(text)) << text;
}

TEST(VerificationKey, APemHoldsAPublicKeyOfItsAlgorithm)
{
    const issuer curve(algorithm::es256);
    const auto from_pem = [](algorithm alg, const issuer& of) {
        return verification_key::from_pem(alg, of.pem());
    };

    EXPECT_TRUE(from_pem(algorithm::rs256, rsa()).value().payload_of(rsa().token(json::object())));
    EXPECT_TRUE(from_pem(algorithm::es256, curve).value().payload_of(curve.token(json::object())));
    EXPECT_EQ(from_pem(algorithm::es256, rsa()).error(), "its key is not for ES256");
    EXPECT_EQ(from_pem(algorithm::rs256, curve).error(), "its key is not for RS256");
    EXPECT_EQ(from_pem(algorithm::hs256, curve).error(), "its key is not for HS256");
    for (const auto* text : {"", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                             "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})
        EXPECT_EQ(verification_key::from_pem(algorithm::rs256, text).error(),
                  "it holds no public key (-----BEGIN PUBLIC KEY-----)");
}

// ---- its parts

TEST(TokenParts, AreThreeInBase64url)
{
    const auto parts = token_parts::split("aa.b-_.C9");

    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->header, "aa");
    EXPECT_EQ(parts->payload, "b-_");
    EXPECT_EQ(parts->signature, "C9");
    for (const auto* text : {"", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a=.b.c", "a.b+.c", "a.b.c/",
                             "a.b.c ", "a.b.\xc3\xa4", "a,b.c.d"})
        EXPECT_FALSE(token_parts::split(text)) << text;
}

TEST(Base64url, IsDecodedWithoutPadding)
{
    EXPECT_EQ(base64url_decoded("YQ"), "a");
    EXPECT_EQ(base64url_decoded("-_-_"), "\xfb\xff\xbf");
    for (const auto* text : {"", "A", "AAAAA", "YQ==", "A===", "+/", "a b"})
        EXPECT_FALSE(base64url_decoded(text)) << text;
}

} // namespace
} // namespace citron::frontend
