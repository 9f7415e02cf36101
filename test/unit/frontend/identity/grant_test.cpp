#include "frontend/identity/grant.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using protocol::errc;
using protocol::json;
using protocol::right;

room_names names(const json& list)
{
    return room_names::parse(list).value();
}

TEST(RoomNames, AreExactOrAPrefix)
{
    const auto some = names({"lobby", "team-*"});

    EXPECT_TRUE(some.contains("lobby"));
    EXPECT_TRUE(some.contains("team-red"));
    EXPECT_TRUE(some.contains("team-"));
    for (const auto* other : {"lobby2", "Lobby", "lobb", "team", "my team-red", ""})
        EXPECT_FALSE(some.contains(other)) << other;
}

TEST(RoomNames, MayBeAllOrNone)
{
    EXPECT_TRUE(room_names::all().contains("lobby"));
    EXPECT_TRUE(names({"*"}).contains("lobby"));
    EXPECT_FALSE(names(json::array()).contains("lobby"));
    EXPECT_FALSE(room_names().contains("lobby"));
}

TEST(RoomNames, OfAnotherShapeAreRefused)
{
    for (const auto* text : {"null", "{}", R"("lobby")", "[7]", "[null]", R"([["lobby"]])", R"([""])",
                             R"(["a*b"])", R"(["**"])", R"(["a\n"])", R"(["lobby", 7])"})
        EXPECT_FALSE(room_names::parse(json::parse(text))) << text;
    EXPECT_FALSE(room_names::parse({std::string(65, 'a')}));
}

struct Judging : testing::Test
{
    [[nodiscard]] errc judge(right needed, std::string_view rid, std::uint64_t at = 999) const
    {
        return ann.judge(needed, "ann", rid, at);
    }
    const grant ann{.user = "ann",
                    .until_ms = 1000,
                    .read = names({"news", "lobby"}),
                    .write = names({"lobby", "team-*"})};
};

TEST_F(Judging, ReadingTakesEitherRight)
{
    for (const auto needed : {right::enter, right::join}) {
        EXPECT_EQ(judge(needed, "news"), errc::ok);
        EXPECT_EQ(judge(needed, "lobby"), errc::ok);
        EXPECT_EQ(judge(needed, "team-red"), errc::ok) << "who may write may read";
        EXPECT_EQ(judge(needed, "cellar"), errc::forbidden);
    }
}

TEST_F(Judging, WritingTakesTheRightToWrite)
{
    EXPECT_EQ(judge(right::write, "lobby"), errc::ok);
    EXPECT_EQ(judge(right::write, "team-red"), errc::ok);
    EXPECT_EQ(judge(right::write, "news"), errc::forbidden);
    EXPECT_EQ(judge(right::write, "cellar"), errc::forbidden);
}

TEST_F(Judging, ItEnds)
{
    for (const auto needed : {right::enter, right::join, right::write}) {
        EXPECT_EQ(judge(needed, "lobby", 999), errc::ok);
        EXPECT_EQ(judge(needed, "lobby", 1000), errc::unauthorized);
        EXPECT_EQ(judge(needed, "cellar", 1000), errc::unauthorized);
    }
}

TEST_F(Judging, WhatNeedsNothingIsLet)
{
    EXPECT_EQ(judge(right::none, "cellar", 5000), errc::ok);
}

TEST_F(Judging, ItIsNobodyElses)
{
    EXPECT_EQ(ann.judge(right::write, "bob", "lobby", 1), errc::forbidden);
    EXPECT_EQ(ann.judge(right::enter, "", "lobby", 1), errc::forbidden);
}

} // namespace
} // namespace citron::frontend
