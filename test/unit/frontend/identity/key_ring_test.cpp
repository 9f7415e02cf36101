#include "frontend/identity/key_ring.hpp"

#include "test/unit/frontend/identity/issuer.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using protocol::json;
using test::issuer;

std::string set_of(std::initializer_list<json> keys)
{
    return json{{"keys", json::array_t(keys)}}.dump();
}

TEST(KeyRing, FindsAKeyByNameAndAlgorithm)
{
    const issuer a(algorithm::hs256, "a"), b(algorithm::es256, "b");
    const auto ring = key_ring::parse(set_of({a.jwk(), b.jwk()}));

    ASSERT_TRUE(ring);
    EXPECT_EQ(ring->size(), 2U);
    EXPECT_TRUE(ring->find("a", algorithm::hs256)->payload_of(a.token(json::object())));
    EXPECT_TRUE(ring->find("b", algorithm::es256)->payload_of(b.token(json::object())));
    EXPECT_FALSE(ring->find("a", algorithm::es256)) << "it is a key for another algorithm";
    EXPECT_FALSE(ring->find("c", algorithm::es256));
    EXPECT_FALSE(ring->find("", algorithm::es256));
    EXPECT_TRUE(ring->knows("a"));
    EXPECT_FALSE(ring->knows("c"));
}

TEST(KeyRing, WithoutANameItIsTheOnlyKeyForThatAlgorithm)
{
    const issuer a(algorithm::hs256, "a"), b(algorithm::es256, "b"), c(algorithm::es256, "c");
    const auto ring = key_ring::parse(set_of({a.jwk(), b.jwk(), c.jwk()}));

    ASSERT_TRUE(ring);
    EXPECT_TRUE(ring->find(std::nullopt, algorithm::hs256));
    EXPECT_FALSE(ring->find(std::nullopt, algorithm::es256)) << "there are two";
    EXPECT_FALSE(ring->find(std::nullopt, algorithm::rs256)) << "there is none";
}

TEST(KeyRing, AKeyWithoutANameIsNotFoundByOne)
{
    auto jwk = issuer(algorithm::hs256).jwk();
    jwk.erase("kid");
    const auto ring = key_ring::parse(set_of({jwk}));

    ASSERT_TRUE(ring);
    EXPECT_TRUE(ring->find(std::nullopt, algorithm::hs256));
    EXPECT_FALSE(ring->find("k1", algorithm::hs256));
    EXPECT_FALSE(ring->find("", algorithm::hs256));
}

TEST(KeyRing, SkipsWhatIsNotForItsAlgorithms)
{
    const json encrypts{{"kty", "RSA"}, {"use", "enc"}, {"n", "AQAB"}, {"e", "AQAB"}};
    const auto ring = key_ring::parse(set_of({encrypts, json("nonsense"), issuer(algorithm::es256).jwk()}));

    ASSERT_TRUE(ring);
    EXPECT_EQ(ring->size(), 1U);
    EXPECT_EQ(ring->skipped(), 2U);
}

TEST(KeyRing, WithoutAUsableKeyItIsOfNoUse)
{
    EXPECT_EQ(key_ring::parse(set_of({})).error(), "has no key for HS256, RS256 or ES256: it is empty");
    EXPECT_EQ(key_ring::parse(set_of({{{"kty", "OKP"}}})).error(),
              "has no key for HS256, RS256 or ES256: kty is none of RSA, EC, oct");
}

TEST(KeyRing, TwoKeysOfOneNameAndAlgorithmAreAMistake)
{
    const issuer a(algorithm::es256, "k"), b(algorithm::es256, "k"), c(algorithm::hs256, "k");
    EXPECT_EQ(key_ring::parse(set_of({a.jwk(), b.jwk()})).error(), "has two keys of one kid and alg");
    EXPECT_TRUE(key_ring::parse(set_of({a.jwk(), c.jwk()})));

    auto ring = a.ring();
    EXPECT_FALSE(ring.add(b.ring()));
    EXPECT_TRUE(ring.add(c.ring()));
    EXPECT_EQ(ring.size(), 2U);
}

TEST(KeyRing, WhatIsNoSetIsRefused)
{
    for (const auto* text : {"", "nonsense", "[]", "{}", "null", R"({"keys":{}})", R"({"keys":null})",
                             R"({"keys":[],"keys":[]})", R"({"keys":[)"})
        EXPECT_EQ(key_ring::parse(text).error(), R"(is no JWK set {"keys": [...]})") << text;
    EXPECT_FALSE(key_ring::parse(std::string(100'000, '[')));
}

} // namespace
} // namespace citron::frontend
