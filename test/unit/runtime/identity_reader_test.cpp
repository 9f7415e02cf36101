#include "common/runtime/identity_reader.hpp"

#include "test/unit/runtime/conf_folder.hpp"

#include <gtest/gtest.h>

namespace citron::runtime {
namespace {

using policy = identity_config::policy;
using test::broker;
using test::conf_folder;
using namespace std::chrono_literals;

config load(const std::string& chat, const std::string& environment = "development")
{
    const conf_folder folder;
    folder.write("servers.json", "{\"development\": {" + broker + "}, \"production\": {" + broker + "}}");
    if (!chat.empty())
        folder.write("chat.json", chat);
    return load_config(folder.conf, environment, std::nullopt);
}

identity_config identity(const std::string& json)
{
    return load("{\"identity\": " + json + "}").chat.identity;
}

/// Behind the file's name; "": there is none.
template <typename Action>
std::string complaint(Action action)
{
    try {
        action();
        return "";
    } catch (const config_error& error) {
        const std::string text = error.what();
        EXPECT_EQ(text.find('\n'), text.npos) << "more than one line";
        const auto file = text.find("/chat.json: ");
        EXPECT_NE(file, text.npos) << text;
        return text.substr(file + 12);
    }
}

std::string complaint_about(const std::string& json)
{
    return complaint([&] { (void)identity(json); });
}

std::string complaint_in(const std::string& environment, const std::string& chat)
{
    return complaint([&] { refuse_open_door(load(chat, environment)); });
}

TEST(IdentityReader, NobodyIsAskedUnlessTheConfSaysSo)
{
    EXPECT_EQ(load("{}").chat.identity.asks, policy::unsaid);
    EXPECT_EQ(load("").chat.identity.asks, policy::unsaid);
    EXPECT_EQ(identity("\"none\"").asks, policy::none);
    EXPECT_FALSE(identity("\"none\"").asks_for_tokens());
}

TEST(IdentityReader, ReadsAllItsKeys)
{
    const auto read = identity(R"({"required": false, "jwks": "jwks.json", "issuer": "https://id.example",
        "audience": "chat", "leewayMs": 250, "keys": [{"alg": "HS256", "secret": "c2VjcmV0"},
        {"alg": "HS256", "kid": "h", "secretFile": "h.txt"}, {"alg": "ES256", "kid": "e", "pemFile": "e.pem"}]})");

    EXPECT_EQ(read.asks, policy::optional);
    EXPECT_TRUE(read.asks_for_tokens());
    EXPECT_EQ(read.jwks, "jwks.json");
    EXPECT_EQ(read.issuer, "https://id.example");
    EXPECT_EQ(read.audience, "chat");
    EXPECT_EQ(read.leeway, 250ms);
    ASSERT_EQ(read.keys.size(), 3U);
    EXPECT_EQ(read.keys[0].secret, "c2VjcmV0");
    EXPECT_EQ(read.keys[0].kid, "");
    EXPECT_EQ(read.keys[1].secret_file, "h.txt");
    EXPECT_EQ(read.keys[2].pem_file, "e.pem");
    EXPECT_EQ(read.keys[2].alg, "ES256");
    EXPECT_TRUE(read.keys[2].where.ends_with("chat.json: identity.keys[2]")) << read.keys[2].where;
}

TEST(IdentityReader, TokensAreRequiredUnlessItSaysOtherwise)
{
    const auto read = identity(R"({"jwks": "jwks.json"})");

    EXPECT_EQ(read.asks, policy::required);
    EXPECT_EQ(read.leeway, 5s);
    EXPECT_EQ(identity(R"({"jwks": "jwks.json", "required": true})").asks, policy::required);
}

TEST(IdentityReader, AnEnvironmentHasItsOwn)
{
    const std::string chat =
        R"({"identity": {"jwks": "a", "issuer": "i"}, "production": {"identity": {"jwks": "b"}}})";
    EXPECT_EQ(load(chat).chat.identity.jwks, "a");
    EXPECT_EQ(load(chat, "production").chat.identity.jwks, "b");
    EXPECT_EQ(load(chat, "production").chat.identity.issuer, "") << "the whole of it";
}

TEST(IdentityReader, MistakesNameTheirKey)
{
    EXPECT_EQ(complaint_about("\"off\""), R"(identity: must be "none" or an object {...})");
    EXPECT_EQ(complaint_about("false"), "identity: must be an object {...}");
    EXPECT_EQ(complaint_about("{}"), "identity: names no key to check tokens with (jwks or keys)");
    EXPECT_EQ(complaint_about(R"({"keys": []})"),
              "identity: names no key to check tokens with (jwks or keys)");
    EXPECT_EQ(complaint_about(R"({"jwks": ""})"), "identity.jwks: must not be empty");
    EXPECT_EQ(complaint_about(R"({"jwks": 7})"), "identity.jwks: must be a text");
    EXPECT_EQ(complaint_about(R"({"jwks": "a", "required": "yes"})"),
              "identity.required: must be true or false");
    EXPECT_EQ(complaint_about(R"({"jwks": "a", "audience": ["chat"]})"), "identity.audience: must be a text");
    EXPECT_EQ(complaint_about(R"({"jwks": "a", "leewayMs": 300001})"),
              "identity.leewayMs: must be a whole number from 0 to 300000");
    EXPECT_EQ(complaint_about(R"({"jwks": "a", "jwk": "b"})"),
              "identity.jwk: is no key of it (required, jwks, keys, issuer, audience, leewayMs)");
    EXPECT_EQ(complaint_about(R"({"keys": {}})"), "identity.keys: must be a list [...]");
}

TEST(IdentityReader, MistakesInKeysNameThem)
{
    const auto about = [](const std::string& key) { return complaint_about("{\"keys\": [" + key + "]}"); };
    EXPECT_EQ(about("7"), "identity.keys[0]: must be an object {...}");
    EXPECT_EQ(about("{}"), "identity.keys[0].alg: is missing");
    for (const auto* alg : {"none", "HS512", "PS256", ""})
        EXPECT_EQ(about("{\"alg\": \"" + std::string(alg) + "\", \"secret\": \"x\"}"),
                  R"(identity.keys[0].alg: must be "HS256", "RS256" or "ES256")");
    for (const auto* rest : {"", R"(, "pemFile": "a")", R"(, "secret": "a", "secretFile": "b")",
                             R"(, "secret": "a", "pemFile": "b")"})
        EXPECT_EQ(about(R"({"alg": "HS256")" + std::string(rest) + "}"),
                  "identity.keys[0]: HS256 takes either secret or secretFile");
    for (const auto* rest : {"", R"(, "secret": "a")", R"(, "pemFile": "a", "secretFile": "b")"})
        EXPECT_EQ(about(R"({"alg": "RS256")" + std::string(rest) + "}"),
                  "identity.keys[0]: RS256 takes pemFile, a public key");
    EXPECT_EQ(about(R"({"alg": "RS256", "pemFile": "a", "pem": "b"})"),
              "identity.keys[0].pem: is no key of it (alg, kid, secret, secretFile, pemFile)");
}

TEST(OpenDoor, IsForDevelopment)
{
    for (const auto* chat :
         {"", "{}", R"({"identity": "none"})", R"({"identity": {"jwks": "a", "required": false}})"})
        EXPECT_EQ(complaint_in("development", chat), "") << chat;
}

TEST(OpenDoor, IsRefusedInProductionUnlessTheConfPlainlySaysSo)
{
    const auto tells = [](const std::string& chat, const std::string& what) {
        const auto said = complaint_in("production", chat);
        return said.starts_with(what) && said.find(R"("identity": "none")") != said.npos;
    };
    EXPECT_TRUE(tells("", "identity: is missing in production; "));
    EXPECT_TRUE(tells("{}", "identity: is missing in production; "));
    EXPECT_TRUE(tells(R"({"development": {"identity": "none"}})", "identity: is missing in production; "));
    EXPECT_TRUE(tells(R"({"production": {"identity": {"jwks": "a", "required": false}}})",
                      "production.identity.required: must be true in production; "));
    EXPECT_EQ(complaint_in("production", R"({"identity": "none"})"), "");
    EXPECT_EQ(complaint_in("production", R"({"production": {"identity": "none"}})"), "");
    EXPECT_EQ(complaint_in("production", R"({"production": {"identity": {"jwks": "a"}}})"), "");
}

} // namespace
} // namespace citron::runtime
