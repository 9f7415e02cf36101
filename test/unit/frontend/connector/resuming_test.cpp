// Coming back: from where a client resumes, and the key that shows who it is.
#include "common/protocol/json.hpp"
#include "frontend/digest.hpp"
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using protocol::errc;
using test::stage;
using test::strings;

constexpr std::string_view enter = "connector.entryHandler.enter";
/// A stage whose line is up.
struct Resuming : testing::Test
{
    Resuming() { s.up(); }
    stage s;
};

TEST_F(Resuming, ThePositionOfTheClientIsHandedToTheOwner)
{
    session& ann = s.connect();

    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby","since":{"epoch":"e","offset":3}})");

    EXPECT_EQ(s.sends(), strings{"add lobby ann#1 since e/3"});
}

TEST_F(Resuming, WhatWasMissedComesWithTheAnswer)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter,
          R"({"username":"ann","rid":"lobby","since":{"epoch":"e","offset":3},"resumeKey":"k"})");
    (void)s.sends();

    const protocol::added body{.at = s.at(10, 5),
                               .users = {"ann"},
                               .recovered = true,
                               .messages = {{4, 0, {R"({"msg":"four"})"}}, {5, 0, {R"({"msg":"five"})"}}}};
    s.answer("add lobby", errc::ok, protocol::pack(body));

    EXPECT_EQ(s.hears(ann),
              strings{R"(response 1 {"users":["ann"],"rid":"lobby","epoch":"e","offset":5,"resumeKey":")" +
                      s.given("k") + R"(","recovered":true,"messages":[{"msg":"four"},{"msg":"five"}]})"});
}

TEST_F(Resuming, WhoCannotBeBroughtUpToDateIsToldSo)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter,
          R"({"username":"ann","rid":"lobby","since":{"epoch":"old","offset":3},"resumeKey":"k"})");
    (void)s.sends();

    s.admit("add lobby", s.at(10, 5));

    EXPECT_EQ(s.hears(ann),
              strings{R"(response 1 {"users":["ann"],"rid":"lobby","epoch":"e","offset":5,"resumeKey":")" +
                      s.given("k") + R"(","recovered":false,"messages":[]})"});
}

// ---- resume keys

TEST_F(Resuming, OwnersSeeAHashOfTheResumeKey)
{
    session& ann = s.connect();

    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby","resumeKey":"s3cr3t"})");
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby").key, sha256_hex("s3cr3t"));
}

TEST_F(Resuming, AClientWithoutAKeyGetsOneOfItsOwn)
{
    session& ann = s.connect();
    session& bob = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    s.ask(bob, 1, enter, R"({"username":"bob","rid":"lobby"})");
    (void)s.sends();

    s.admit("add lobby ann", s.at(10, 5));

    const auto heard = s.hears(ann);
    ASSERT_EQ(heard.size(), 1U);
    const auto key = resume_key::parse(
        protocol::json::parse(heard[0].substr(heard[0].find('{')))["resumeKey"].get<std::string>());
    EXPECT_EQ(key.secret.size(), 32U);
    EXPECT_EQ(key.text(), s.given(key.secret));
    EXPECT_EQ(s.who("add lobby ann").key, sha256_hex(key.secret));
    EXPECT_NE(s.who("add lobby bob").key, sha256_hex(key.secret));
}

TEST_F(Resuming, AnotherConnectorsKeyIsTheSameKey)
{
    session& ann = s.connect();

    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby","resumeKey":"s3cr3t~018bcfe56800"})");
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby").key, sha256_hex("s3cr3t"));
    EXPECT_EQ(s.who("add lobby").stamp, s.unix_ms());
}

/// The clock of the connector that gave it the key is ahead of ours.
TEST_F(Resuming, WhoPresentsAKeyHasComeLaterThanItsHolder)
{
    session& ann = s.connect();
    const resume_key given{.secret = "s3cr3t", .stamp = s.unix_ms() + 60'000};

    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby","resumeKey":")" + given.text() + R"("})");
    (void)s.sends();
    EXPECT_EQ(s.who("add lobby").stamp, given.stamp + 1);
    EXPECT_EQ(s.who("add lobby").opened, s.unix_ms());
    s.admit("add lobby ann", s.at(10, 5));

    const resume_key next{.secret = "s3cr3t", .stamp = given.stamp + 1};
    EXPECT_NE(s.hears(ann).at(0).find(next.text()), std::string::npos);
}

TEST_F(Resuming, AKeyThatComesAfterARefusalCounts)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    (void)s.sends();
    s.answer("add lobby", errc::duplicate_user);

    s.ask(ann, 2, enter, R"({"username":"ann","rid":"lobby","resumeKey":"s3cr3t"})");
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby").key, sha256_hex("s3cr3t"));
}

TEST_F(Resuming, AnotherTryOfTheSameConnectionIsNotAnEarlierOne)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    (void)s.sends();
    const auto first = s.who("add lobby").stamp;
    s.answer("add lobby", errc::duplicate_user);
    s.unix_offset -= 60'000; // somebody sets the clock
    s.pass(protocol::milliseconds(1000));

    s.ask(ann, 2, enter, R"({"username":"ann","rid":"lobby","resumeKey":"s3cr3t"})");
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby").stamp, first);
}

TEST_F(Resuming, WhoPresentsItsOwnKeyStaysWhoItIs)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby","resumeKey":"k"})");
    (void)s.sends();
    const auto first = s.who("add lobby");
    const auto given = s.given("k");
    s.answer("add lobby", errc::duplicate_user);

    s.ask(ann, 2, enter, R"({"username":"ann","rid":"lobby","resumeKey":")" + given + R"("})");
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby").stamp, first.stamp);
    EXPECT_EQ(s.who("add lobby").key, first.key);
}

} // namespace
} // namespace citron::frontend
