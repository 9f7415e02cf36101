#include "frontend/identity/token_verifier.hpp"

#include "test/unit/frontend/identity/issuer.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace citron::frontend {
namespace {

using protocol::json;
using protocol::milliseconds;
using test::base64url;
using test::issuer;
using fault = token_fault;

constexpr std::uint64_t now = 1'700'000'000; // seconds

struct TokenVerifier : testing::Test
{
    TokenVerifier() { verifier.use(signs.ring()); }

    [[nodiscard]] static json claims(const json& more = json::object())
    {
        json all{{"sub", "ann"}, {"exp", now + 60}};
        all.update(more);
        return all;
    }
    /// What is wrong with it; nothing: it is good.
    [[nodiscard]] std::optional<fault> complaint(const std::string& token,
                                                 std::uint64_t ms = now * 1000) const
    {
        const auto said = verifier.verify(token, ms);
        return said ? std::nullopt : std::optional(said.error());
    }
    [[nodiscard]] std::optional<fault> complaint_about(const json& more) const
    {
        return complaint(signs.token(claims(more)));
    }
    [[nodiscard]] std::optional<fault> complaint_about(const char* header, const json& said = claims()) const
    {
        return complaint(signs.token(header, said.dump()));
    }
    [[nodiscard]] grant granted(const json& more) const
    {
        return verifier.verify(signs.token(claims(more)), now * 1000).value();
    }
    void rules(token_rules r)
    {
        verifier = token_verifier(std::move(r));
        verifier.use(signs.ring());
    }

    const issuer signs{algorithm::hs256};
    token_verifier verifier{{}};
};

// ---- good ones

TEST_F(TokenVerifier, TheSubjectIsTheUser)
{
    const auto said = verifier.verify(signs.token(claims()), now * 1000);

    ASSERT_TRUE(said);
    EXPECT_EQ(said->user, "ann");
    EXPECT_EQ(said->until_ms, (now + 60) * 1000 + 5000) << "with the leeway";
    EXPECT_TRUE(said->read.contains("lobby"));
    EXPECT_TRUE(said->write.contains("lobby"));
}

TEST_F(TokenVerifier, EachAlgorithmIsTaken)
{
    for (const auto alg : {algorithm::hs256, algorithm::rs256, algorithm::es256}) {
        const issuer one(alg);
        verifier.use(one.ring());
        EXPECT_EQ(complaint(one.token(claims())), std::nullopt) << name_of(alg);
        EXPECT_EQ(complaint(one.token(claims({{"sub", "bob"}}))), std::nullopt) << name_of(alg);
    }
}

TEST_F(TokenVerifier, TheKidMayBeMissingWhereOneKeyFits)
{
    EXPECT_EQ(complaint_about(R"({"alg":"HS256"})"), std::nullopt);

    auto two = signs.ring();
    ASSERT_TRUE(two.add(issuer("k2", std::string(32, 't')).ring()));
    verifier.use(two);
    EXPECT_EQ(complaint_about(R"({"alg":"HS256"})"), fault::unknown_key);
    EXPECT_EQ(complaint_about(R"({"alg":"HS256","kid":"k1"})"), std::nullopt);
}

TEST_F(TokenVerifier, OtherKeysMayFollow)
{
    const issuer next(algorithm::es256, "k2");
    ASSERT_EQ(complaint(next.token(claims())), fault::unknown_key);

    verifier.use(next.ring());

    EXPECT_EQ(complaint(next.token(claims())), std::nullopt);
    EXPECT_EQ(complaint(signs.token(claims())), fault::unknown_key);
}

// ---- times

TEST_F(TokenVerifier, ItEndsWithItsTimeAndTheLeeway)
{
    const auto token = signs.token(claims({{"exp", now}}));
    EXPECT_EQ(complaint(token, now * 1000 + 4999), std::nullopt);
    EXPECT_EQ(complaint(token, now * 1000 + 5000), fault::expired);

    rules({.leeway = milliseconds(0)});
    EXPECT_EQ(complaint(token, now * 1000 - 1), std::nullopt);
    EXPECT_EQ(complaint(token, now * 1000), fault::expired);
}

TEST_F(TokenVerifier, ItBeginsAtItsTimeLessTheLeeway)
{
    const auto token = signs.token(claims({{"nbf", now}}));
    EXPECT_EQ(complaint(token, now * 1000 - 5000), std::nullopt);
    EXPECT_EQ(complaint(token, now * 1000 - 5001), fault::not_yet);
    EXPECT_EQ(complaint(token, 0), fault::not_yet);
}

TEST_F(TokenVerifier, ItMustEnd)
{
    EXPECT_EQ(complaint(signs.token(json{{"sub", "ann"}})), fault::claims);
    for (const auto* exp : {"null", "\"1800000000\"", "true", "[]", "{}", "-1", "1e300", "1e13"})
        EXPECT_EQ(complaint_about({{"exp", json::parse(exp)}}), fault::claims) << exp;
    EXPECT_EQ(complaint_about({{"nbf", "0"}}), fault::claims);
    EXPECT_EQ(complaint_about({{"nbf", nullptr}}), fault::claims);
}

TEST_F(TokenVerifier, TimesMayHaveFractions)
{
    rules({.leeway = milliseconds(0)});
    const auto token = signs.token(claims({{"exp", 1.5}}));
    EXPECT_EQ(complaint(token, 1499), std::nullopt);
    EXPECT_EQ(complaint(token, 1500), fault::expired);
    EXPECT_EQ(complaint_about({{"exp", 1e12}}), std::nullopt);
}

// ---- for whom, and by whom

TEST_F(TokenVerifier, TheIssuerIsTheOneOfTheRules)
{
    EXPECT_EQ(complaint_about({{"iss", "anybody"}}), std::nullopt) << "no rule";
    rules({.issuer = "https://id.example"});
    EXPECT_EQ(complaint_about({{"iss", "https://id.example"}}), std::nullopt);
    for (const auto& other :
         {json("https://id.example/"), json(""), json(), json::array({"https://id.example"})})
        EXPECT_EQ(complaint_about({{"iss", other}}), fault::issuer) << other;
    EXPECT_EQ(complaint(signs.token(claims())), fault::issuer);
}

TEST_F(TokenVerifier, TheAudienceNamesUs)
{
    rules({.audience = "chat"});
    EXPECT_EQ(complaint_about({{"aud", "chat"}}), std::nullopt);
    EXPECT_EQ(complaint_about({{"aud", {"mail", "chat"}}}), std::nullopt);
    for (const auto& other : {json("mail"), json("chat "), json(), json::array(), json::array({"mail"}),
                              json(7), json::array({json::array({"chat"})}), json{{"chat", 1}}})
        EXPECT_EQ(complaint_about({{"aud", other}}), fault::audience) << other;
    EXPECT_EQ(complaint(signs.token(claims())), fault::audience);
}

TEST_F(TokenVerifier, ATokenForOthersIsRefusedWhereNoAudienceIsOurs)
{
    EXPECT_EQ(complaint_about({{"aud", "mail"}}), fault::audience);
    EXPECT_EQ(complaint_about({{"aud", json::array()}}), fault::audience);
}

TEST_F(TokenVerifier, TheSubjectIsAUsersName)
{
    for (const auto& name : {json(""), json(), json(42), json::array({"ann"}), json("a*"), json("*"),
                             json("a\n"), json(std::string(65, 'a')), json("\x1b[31m")})
        EXPECT_EQ(complaint_about({{"sub", name}}), fault::claims) << name;
    EXPECT_EQ(complaint(signs.token(json{{"exp", now + 60}})), fault::claims);
    EXPECT_EQ(granted({{"sub", std::string(64, 'a')}}).user, std::string(64, 'a'));
}

// ---- forged ones

TEST_F(TokenVerifier, NoneIsNoAlgorithm)
{
    const auto said = base64url(claims().dump());
    for (const auto* alg :
         {"none", "None", "NONE", "nOnE", "", "hs256", "HS512", "RS512", "PS256", "EdDSA", "HS256 "}) {
        const auto header = base64url(json{{"alg", alg}, {"kid", "k1"}}.dump());
        EXPECT_EQ(complaint(header + "." + said + ".AAAA"), fault::algorithm) << alg;
        EXPECT_EQ(complaint(header + "." + said + "."), fault::malformed) << alg;
        EXPECT_EQ(complaint(header + "." + said), fault::malformed) << alg;
    }
}

TEST_F(TokenVerifier, APublicKeyIsNoSecret)
{
    const issuer rsa(algorithm::rs256);
    verifier.use(rsa.ring());
    ASSERT_EQ(complaint(rsa.token(claims())), std::nullopt);
    for (const auto& secret : {rsa.pem(), rsa.jwk().dump(), rsa.jwk()["n"].get<std::string>()}) {
        const issuer forger("k1", secret);
        EXPECT_EQ(complaint(forger.token(claims())), fault::algorithm);
        EXPECT_EQ(complaint(forger.token(R"({"alg":"HS256"})", claims().dump())), fault::unknown_key);
        EXPECT_EQ(complaint(forger.token(R"({"alg":"RS256","kid":"k1"})", claims().dump())),
                  fault::signature);
    }
}

TEST_F(TokenVerifier, TheAlgorithmIsTheKeys)
{
    const issuer curve(algorithm::es256), rsa(algorithm::rs256, "k2");
    auto both = curve.ring();
    ASSERT_TRUE(both.add(rsa.ring()));
    verifier.use(both);
    EXPECT_EQ(complaint(rsa.token(R"({"alg":"RS256","kid":"k1"})", claims().dump())), fault::algorithm);
    EXPECT_EQ(complaint(rsa.token(R"({"alg":"ES256","kid":"k1"})", claims().dump())), fault::signature);
    EXPECT_EQ(complaint(curve.token(R"({"alg":"ES256","kid":"k2"})", claims().dump())), fault::algorithm);
}

TEST_F(TokenVerifier, AnotherKeysTokenIsRefused)
{
    const issuer other("k1", std::string(32, 'x')), stranger("k9", std::string(32, 's'));
    EXPECT_EQ(complaint(other.token(claims())), fault::signature);
    EXPECT_EQ(complaint(stranger.token(claims())), fault::unknown_key)
        << "the secret is ours, the name is not";
    EXPECT_EQ(complaint_about(R"({"alg":"HS256","kid":""})"), fault::unknown_key);
}

TEST_F(TokenVerifier, WhatTheHeaderOffersAsAKeyIsNotTaken)
{
    const issuer forger("k1", std::string(32, 'x'));
    const json header{{"alg", "HS256"},
                      {"kid", "k1"},
                      {"jwk", forger.jwk()},
                      {"jku", "https://evil.example/jwks.json"},
                      {"x5u", "https://evil.example/cert"}};
    EXPECT_EQ(complaint(forger.token(header.dump(), claims().dump())), fault::signature);
    EXPECT_EQ(complaint_about(header.dump().c_str()), std::nullopt)
        << "ours, with words that mean nothing to us";
}

TEST_F(TokenVerifier, WhatMustBeUnderstoodIsRefused)
{
    EXPECT_EQ(complaint_about(R"({"alg":"HS256","kid":"k1","crit":["b64"],"b64":false})"), fault::malformed);
    EXPECT_EQ(complaint_about(R"({"alg":"HS256","kid":"k1","crit":[]})"), fault::malformed);
}

TEST_F(TokenVerifier, ATokenThatWasChangedIsRefused)
{
    const auto token = signs.token(claims());
    const auto parts = token_parts::split(token).value();
    const std::string header(parts.header), signature(parts.signature);
    EXPECT_EQ(complaint(header + "." + base64url(claims({{"sub", "bob"}}).dump()) + "." + signature),
              fault::signature);
    EXPECT_EQ(complaint(header + "." + base64url(claims().dump() + " ") + "." + signature), fault::signature);
    EXPECT_EQ(complaint(token.substr(0, token.size() - 1)), fault::signature);
    EXPECT_EQ(complaint(token + "A"), fault::signature);
    EXPECT_EQ(complaint(token + "."), fault::malformed);
}

// ---- nonsense

TEST_F(TokenVerifier, HugeTokensAreNotLookedAt)
{
    const auto filled = [this](std::size_t size) {
        auto said = claims({{"fill", ""}});
        const auto empty = signs.token(said).size();
        said["fill"] = std::string((size - empty) * 3 / 4, 'x');
        return signs.token(said);
    };
    EXPECT_EQ(complaint(filled(8100)), std::nullopt);
    EXPECT_EQ(complaint(filled(8300)), fault::too_large);
    EXPECT_EQ(complaint(std::string(1U << 20U, 'a')), fault::too_large);
    EXPECT_EQ(complaint(std::string(8192, '.')), fault::malformed);
    EXPECT_EQ(complaint_about(json{{"alg", "HS256"}, {"fill", std::string(2000, 'x')}}.dump().c_str()),
              fault::too_large);
}

TEST_F(TokenVerifier, WhatIsNoTokenIsRefused)
{
    for (const auto* text :
         {"", ".", "..", "...", "a", "a.b.c", "e30.e30.e30", "bnVsbA.e30.AA", "A===.A===.A===", "ey J.e30.AA",
          "{}.{}.{}", "null", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AA"})
        EXPECT_EQ(complaint(text), fault::malformed) << text;
}

TEST_F(TokenVerifier, HeadersOfAnotherShapeAreRefused)
{
    for (const auto* header :
         {"", "null", "[]", "7", "{}", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":256})",
          R"({"alg":"HS256","kid":7})", R"({"alg":"HS256","kid":null})", R"({"alg":"HS256","kid":["k1"]})",
          "{\"alg\":", R"({"alg":"none","alg":"HS256"})", R"({"alg":"HS256","alg":"none"})",
          R"({"alg":"HS256","kid":"k1","kid":"k1"})", "{\"alg\":\"HS256\",\"x\":\"\xff\"}"})
        EXPECT_EQ(complaint_about(header), fault::malformed) << header;
    EXPECT_EQ(complaint_about(
                  (R"({"alg":"HS256","x":)" + std::string(500, '[') + std::string(500, ']') + "}").c_str()),
              fault::malformed);
}

TEST_F(TokenVerifier, ClaimsOfAnotherShapeAreRefused)
{
    const auto complaint_about_payload = [this](std::string_view payload) {
        return complaint(signs.token(signs.header(), payload));
    };
    for (const auto* payload : {"x", "null", "[]", "\"sub\"", "{", "{\"sub\":\"ann\",\"exp\":99999999999",
                                R"({"sub":"ann","exp":99999999999,"exp":99999999998})",
                                R"({"sub":"ann","sub":"root","exp":99999999999})",
                                R"({"sub":"ann","exp":99999999999,"x":{"a":1,"a":2}})"})
        EXPECT_EQ(complaint_about_payload(payload), fault::claims) << payload;
    EXPECT_EQ(complaint_about_payload(R"({"sub":"ann","exp":99999999999,"x":)" + std::string(2000, '[') +
                                      std::string(2000, ']') + "}"),
              fault::claims);
    EXPECT_EQ(complaint_about_payload(R"({"sub":"ann","exp":99999999999,"x":{"sub":"root"}})"), std::nullopt);
}

// ---- rooms

TEST_F(TokenVerifier, AListOfRoomsIsToReadAndWrite)
{
    const auto g = granted({{"rooms", {"lobby", "team-*"}}});

    EXPECT_EQ(g.judge(protocol::right::enter, "ann", "team-red", 1), protocol::errc::ok);
    EXPECT_EQ(g.judge(protocol::right::write, "ann", "team-red", 1), protocol::errc::ok);
    EXPECT_EQ(g.judge(protocol::right::enter, "ann", "cellar", 1), protocol::errc::forbidden);
}

TEST_F(TokenVerifier, RoomsMayBeToReadOnly)
{
    const auto g = granted({{"rooms", {{"read", {"news"}}, {"write", {"lobby"}}}}});

    EXPECT_TRUE(g.read.contains("news"));
    EXPECT_FALSE(g.write.contains("news"));
    EXPECT_TRUE(g.write.contains("lobby"));
    EXPECT_FALSE(g.read.contains("cellar"));
}

TEST_F(TokenVerifier, WhatRoomsDoNotSayIsNone)
{
    EXPECT_FALSE(granted({{"rooms", {{"read", {"news"}}}}}).write.contains("news"));
    for (const auto& rooms : {json::object(), json::array(), json{{"rooms", {"lobby"}}}}) {
        const auto g = granted({{"rooms", rooms}});
        EXPECT_FALSE(g.read.contains("lobby") || g.write.contains("lobby")) << rooms;
    }
}

TEST_F(TokenVerifier, RoomsOfAnotherShapeAreRefused)
{
    for (const auto* rooms : {"null", "true", "7", R"("lobby")", "[7]", R"({"read":"lobby"})",
                              R"({"write":null})", R"({"read":["a*b"]})", R"({"read":["lobby"],"write":{}})"})
        EXPECT_EQ(complaint_about({{"rooms", json::parse(rooms)}}), fault::claims) << rooms;
}

TEST(TokenFault, NamesThemAll)
{
    const std::pair<fault, std::string_view> all[] = {
        {fault::too_large, "too_large"}, {fault::malformed, "malformed"},     {fault::algorithm, "algorithm"},
        {fault::signature, "signature"}, {fault::unknown_key, "unknown_key"}, {fault::expired, "expired"},
        {fault::not_yet, "not_yet"},     {fault::issuer, "issuer"},           {fault::audience, "audience"},
        {fault::claims, "claims"}};
    for (const auto& [which, name] : all)
        EXPECT_EQ(name_of(which), name);
}

} // namespace
} // namespace citron::frontend
