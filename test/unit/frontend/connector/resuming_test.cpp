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

    EXPECT_EQ(
        s.hears(ann),
        strings{
            R"(response 1 {"users":["ann"],"rid":"lobby","epoch":"e","offset":5,"resumeKey":"k","recovered":true,"messages":[{"msg":"four"},{"msg":"five"}]})"});
}

TEST_F(Resuming, WhoCannotBeBroughtUpToDateIsToldSo)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter,
          R"({"username":"ann","rid":"lobby","since":{"epoch":"old","offset":3},"resumeKey":"k"})");
    (void)s.sends();

    s.admit("add lobby", s.at(10, 5));

    EXPECT_EQ(
        s.hears(ann),
        strings{
            R"(response 1 {"users":["ann"],"rid":"lobby","epoch":"e","offset":5,"resumeKey":"k","recovered":false,"messages":[]})"});
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
    const auto key =
        protocol::json::parse(heard[0].substr(heard[0].find('{')))["resumeKey"].get<std::string>();
    EXPECT_EQ(key.size(), 32U);
    EXPECT_EQ(s.who("add lobby ann").key, sha256_hex(key));
    EXPECT_NE(s.who("add lobby bob").key, sha256_hex(key));
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

} // namespace
} // namespace citron::frontend
