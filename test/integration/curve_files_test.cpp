#include "common/cluster/key_files.hpp"

#include "common/runtime/config.hpp"
#include "test/integration/key_folder.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace citron::cluster {
namespace {

std::string complaint_of(const std::function<void()>& action)
{
    try {
        action();
    } catch (const runtime::config_error& error) {
        return error.what();
    }
    return {};
}

struct CurveFiles : testing::Test
{
    citron::test::key_folder keys;

    std::string about_secret() const
    {
        return complaint_of([this] { (void)read_secret(keys.root, "chat"); });
    }
    std::string about_public() const
    {
        return complaint_of([this] { (void)read_public(keys.root, "chat"); });
    }
    std::string name(const std::string& file) const { return (keys.root / file).string(); }
};

TEST_F(CurveFiles, ALinkShowsItsOwnKeyAndKnowsTheBrokers)
{
    const auto chat = keys.make("chat"), old = citron::test::new_pair(), broker = keys.make("broker");
    keys.write("broker.public", broker.public_key + "\n\n  " + old.public_key + "\r\n");

    const auto read = read_link_keys(keys.root, "chat");

    EXPECT_EQ(read.us.public_key, chat.public_key) << "made from the secret one";
    EXPECT_EQ(read.us.secret, chat.secret);
    EXPECT_EQ(read.broker, (std::vector{broker.public_key, old.public_key}));
}

TEST_F(CurveFiles, AMissingOneIsNamed)
{
    EXPECT_EQ(about_secret(),
              name("chat.secret") + ": cannot be read: No such file or directory (citron keygen makes keys)");
    EXPECT_EQ(about_public(),
              name("chat.public") + ": cannot be read: No such file or directory (citron keygen makes keys)");
    std::filesystem::create_directory(keys.root / "chat.secret");
    EXPECT_EQ(about_secret(),
              name("chat.secret") + ": cannot be read: Is a directory (citron keygen makes keys)");
}

TEST_F(CurveFiles, ASecretThatEverybodyMayReadIsNone)
{
    (void)keys.make("chat");
    EXPECT_EQ(about_secret(), "");

    for (const auto mode : {0604, 0602, 0601, 0644}) {
        std::filesystem::permissions(keys.root / "chat.secret", std::filesystem::perms(mode));
        EXPECT_EQ(about_secret(), name("chat.secret") + ": is open to every user of this machine: chmod 600");
    }
    EXPECT_EQ(about_public(), "") << "that one is for everybody";
    std::filesystem::permissions(keys.root / "chat.secret", std::filesystem::perms(0640));
    EXPECT_EQ(about_secret(), "") << "a group is the operator's choice";
}

TEST_F(CurveFiles, WhatIsNoKeyIsToldByItsLineAndNeverShown)
{
    const auto good = citron::test::new_pair().public_key;
    for (const auto& bad : {good.substr(1), good + "0", good.substr(1) + " ", good.substr(1) + "\"",
                            std::string(40, '#'), std::string("x")}) {
        keys.write("chat.public", good + "\n" + bad + "\n");
        EXPECT_EQ(about_public(), name("chat.public") + ": line 2: is no key (40 characters of Z85)") << bad;
    }
    keys.write("chat.public", "\n \n");
    EXPECT_EQ(about_public(), name("chat.public") + ": has no key in it");
}

TEST_F(CurveFiles, ASecretFileHasOneKey)
{
    const auto pair = keys.make("chat");
    keys.write("chat.secret", pair.secret + "\n" + pair.secret + "\n");

    EXPECT_EQ(about_secret(), name("chat.secret") + ": must have one key in it");
}

} // namespace
} // namespace citron::cluster
