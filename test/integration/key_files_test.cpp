// Keys in real files, which change under us; the clock is handed in.
#include "frontend/identity/key_files.hpp"

#include "test/unit/frontend/identity/issuer.hpp"
#include "test/unit/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::json;
using runtime::config_error;
using runtime::identity_config;
using std::filesystem::perms;
using test::issuer;

const issuer first_key(algorithm::es256, "a");
const issuer second_key(algorithm::es256, "b");

struct KeyFiles : testing::Test
{
    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream(folder.root / name) << text;
    }
    void may_read(const std::string& name, perms who) const
    {
        std::filesystem::permissions(folder.root / name, who);
    }
    /// As tools do that replace a file: never half of it.
    void replace(const std::string& name, const std::string& text) const
    {
        write("new", text);
        std::filesystem::rename(folder.root / "new", folder.root / name);
    }
    [[nodiscard]] static std::string set_of(std::initializer_list<const issuer*> of)
    {
        json keys = json::array();
        for (const auto* one : of)
            keys.push_back(one->jwk());
        return json{{"keys", keys}}.dump();
    }
    [[nodiscard]] key_files files(identity_config identity) const
    {
        identity.where = "conf/chat.json: identity";
        return {std::move(identity), folder.root};
    }
    [[nodiscard]] identity_config::key key(const std::string& alg, const std::string& kid) const
    {
        return {.alg = alg, .kid = kid, .where = "conf/chat.json: identity.keys[0]"};
    }
    /// What it says at the start, the folder's name left out.
    [[nodiscard]] std::string complaint(const identity_config& identity) const
    {
        try {
            (void)files(identity).fresh(now);
            return "";
        } catch (const config_error& error) {
            std::string text = error.what();
            const auto at = text.find(folder.root.string());
            return at == text.npos ? text : text.erase(at, folder.root.string().size() + 1);
        }
    }

    citron::test::temporary_folder folder;
    instant now{1h};
};

TEST_F(KeyFiles, AJwkSetIsReadAtTheStartAndThenWhenItChanges)
{
    write("jwks.json", set_of({&first_key}));
    auto keys = files({.jwks = "jwks.json"});

    const auto begun = keys.fresh(now);
    ASSERT_TRUE(begun);
    EXPECT_TRUE(begun->knows("a"));
    EXPECT_FALSE(keys.fresh(now + 2s)) << "it is the same";

    replace("jwks.json", set_of({&first_key, &second_key}));
    EXPECT_FALSE(keys.fresh(now + 2500ms)) << "it is looked at once a second";
    const auto changed = keys.fresh(now + 3s);
    ASSERT_TRUE(changed);
    EXPECT_TRUE(changed->knows("a") && changed->knows("b"));
    EXPECT_FALSE(keys.fresh(now + 4s));
}

TEST_F(KeyFiles, ASetOfNoUseLeavesTheKeysAsTheyAre)
{
    write("jwks.json", set_of({&first_key}));
    auto keys = files({.jwks = "jwks.json"});
    ASSERT_TRUE(keys.fresh(now));

    for (const auto* broken : {"{\"keys\": [", "{\"keys\": []}", ""}) {
        replace("jwks.json", broken);
        EXPECT_FALSE(keys.fresh(now += 1s)) << broken;
    }
    std::filesystem::remove(folder.root / "jwks.json");
    EXPECT_FALSE(keys.fresh(now += 1s));
    replace("jwks.json", set_of({&second_key}));
    const auto healed = keys.fresh(now += 1s);
    ASSERT_TRUE(healed);
    EXPECT_TRUE(healed->knows("b"));
}

TEST_F(KeyFiles, KeysOfTheConfStayBesideThem)
{
    write("jwks.json", set_of({&first_key}));
    write("b.pem", second_key.pem());
    auto own = key("ES256", "b");
    own.pem_file = "b.pem";
    auto keys = files({.jwks = "jwks.json", .keys = {own}});
    EXPECT_EQ(keys.fresh(now).value().size(), 2U);

    replace("jwks.json", set_of({&second_key}));
    EXPECT_FALSE(keys.fresh(now + 1s)) << "kid b would be two keys";
    const issuer third(algorithm::es256, "c");
    replace("jwks.json", set_of({&third}));
    const auto changed = keys.fresh(now + 2s);
    ASSERT_TRUE(changed);
    EXPECT_TRUE(changed->knows("b") && changed->knows("c"));
}

TEST_F(KeyFiles, WithoutASetNothingChanges)
{
    auto own = key("HS256", "");
    own.secret = test::base64url(std::string(32, 's'));
    auto keys = files({.keys = {own}});

    EXPECT_EQ(keys.fresh(now).value().size(), 1U);
    EXPECT_FALSE(keys.fresh(now + 1h));
}

TEST_F(KeyFiles, ASecretMayBeInAFile)
{
    const issuer signs(algorithm::hs256, "h");
    write("h.txt", test::base64url(std::string(32, 's')) + "\n");
    may_read("h.txt", perms::owner_read);
    auto own = key("HS256", "h");
    own.secret_file = "h.txt";
    auto keys = files({.keys = {own}});

    const auto ring = keys.fresh(now).value();
    EXPECT_TRUE(ring.find("h", algorithm::hs256)->payload_of(signs.token(json::object())));
}

TEST_F(KeyFiles, ASecretThatEverybodyMayReadIsRefused)
{
    write("h.txt", test::base64url(std::string(32, 's')) + "\n");
    may_read("h.txt", perms::owner_read | perms::others_read);
    auto own = key("HS256", "h");
    own.secret_file = "h.txt";

    EXPECT_EQ(complaint({.keys = {own}}), "conf/chat.json: identity.keys[0]: h.txt: is open to every user of "
                                          "this machine: chmod 600");
}

TEST_F(KeyFiles, MistakesNameFileAndKey)
{
    write("empty.json", "{\"keys\": []}");
    write("private.pem", "-----BEGIN PRIVATE KEY-----\n");
    write("big.json", std::string((1U << 20U) + 1, ' '));
    auto pem = key("RS256", "r"), secret = key("HS256", "h"), file = key("HS256", "h"),
         twin = key("HS256", "t");
    pem.pem_file = "private.pem";
    secret.secret = "c2hvcnQ";
    file.secret_file = "missing";
    twin.secret = test::base64url(std::string(32, 's'));

    EXPECT_EQ(complaint({.jwks = "missing.json"}),
              "conf/chat.json: identity.jwks: missing.json: No such file or directory");
    EXPECT_EQ(complaint({.jwks = "."}), "conf/chat.json: identity.jwks: .: is no file");
    EXPECT_EQ(complaint({.jwks = "big.json"}),
              "conf/chat.json: identity.jwks: big.json: is larger than 1 MiB");
    EXPECT_EQ(complaint({.jwks = "empty.json"}),
              "conf/chat.json: identity.jwks: empty.json: has no key for HS256, RS256 or ES256: it is empty");
    EXPECT_EQ(complaint({.keys = {pem}}),
              "conf/chat.json: identity.keys[0]: private.pem: it holds no public key "
              "(-----BEGIN PUBLIC KEY-----)");
    EXPECT_EQ(complaint({.keys = {secret}}),
              "conf/chat.json: identity.keys[0].secret: its secret has fewer than 32 bytes");
    EXPECT_EQ(complaint({.keys = {file}}),
              "conf/chat.json: identity.keys[0]: missing: No such file or directory");
    EXPECT_EQ(complaint({.keys = {twin, twin}}),
              "conf/chat.json: identity.keys[0]: there is another key of this kid and alg");
}

} // namespace
} // namespace citron::frontend
