// From room to room: who enters one leaves those it entered or asked for before.
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;
using test::stage;
using test::strings;

constexpr std::string_view enter = "connector.entryHandler.enter";
constexpr std::string_view join = "connector.entryHandler.join";

/// A stage whose line is up.
struct ChangingRooms : testing::Test
{
    ChangingRooms() { s.up(); }

    [[nodiscard]] strings rooms() const
    {
        strings names;
        for (const auto& [rid, r] : s.server.rooms().index().rooms())
            names.push_back(rid);
        return names;
    }
    stage s;
};

std::string refusal(std::uint32_t id, std::string_view reason)
{
    return "response " + std::to_string(id) + R"( {"code":500,"reason":")" + std::string(reason) + "\"}";
}

TEST_F(ChangingRooms, AnotherRoomIsEnteredBeforeTheFirstIsLeft)
{
    session& ann = s.member("ann");

    s.ask(ann, 2, enter, R"({"username":"ann","rid":"attic"})");
    EXPECT_EQ(s.sends(), strings{"add attic ann#1"});
    s.publish("lobby", s.at(11, 6));
    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
    s.admit("add attic", s.at(3, 1));

    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"});
    EXPECT_EQ(s.server.rooms().index().rooms().size(), 1U);
    EXPECT_TRUE(s.server.rooms().index().rooms().contains("attic"));
}

TEST_F(ChangingRooms, AllRoomsButTheNewOneAreLeft)
{
    session& ann = s.member("ann");
    s.join(ann, "attic");
    s.join(ann, "cellar");

    s.ask(ann, 2, enter, R"({"username":"ann","rid":"roof"})");
    (void)s.sends();
    s.admit("add roof", s.at(3, 1));

    EXPECT_EQ(s.sends(), (strings{"kick lobby ann#1", "kick attic ann#1", "kick cellar ann#1"}));
}

TEST_F(ChangingRooms, RefusedInAnotherRoomEverythingStaysAsItWas)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, enter, R"({"username":"bob","rid":"attic"})");
    (void)s.sends();

    s.answer("add attic", errc::duplicate_user);
    s.publish("lobby", s.at(11, 6));
    s.ask(ann, 3, "chat.chatHandler.users", "{}");

    EXPECT_EQ(s.hears(ann),
              (strings{R"(response 2 {"code":500,"error":true,"reason":"duplicate_user"})", "onChat 6"}));
    EXPECT_EQ(s.sends(), (strings{"kick attic bob#1", "users lobby ann#1 {}"}));
}

TEST_F(ChangingRooms, ARefusedNameIsNotTheOneToJoinWith)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, enter, R"({"username":"bob","rid":"attic"})");
    (void)s.sends();
    s.answer("add attic", errc::duplicate_user);

    s.ask(ann, 3, join, R"({"rid":"cellar"})");

    EXPECT_EQ(s.sends(), (strings{"kick attic bob#1", "add cellar ann#1"}));
}

// ---- rooms whose answer is still awaited

TEST_F(ChangingRooms, AJoinThatWaitsIsWithdrawn)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, join, R"({"rid":"attic"})");
    s.ask(ann, 3, enter, R"({"username":"ann","rid":"roof","resumeKey":"k"})");
    (void)s.sends();

    s.admit("add roof", s.at(3, 1));

    const auto heard = s.hears(ann);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_TRUE(heard[0].starts_with("response 3 {\"users\""));
    EXPECT_EQ(heard[1], refusal(2, "not_entered"));
    EXPECT_EQ(s.sends(), (strings{"kick lobby ann#1", "kick attic ann#1"}));
    EXPECT_EQ(rooms(), strings{"roof"});
}

TEST_F(ChangingRooms, AnEnterThatWaitsIsWithdrawnByALaterOne)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"attic"})");
    s.ask(ann, 2, enter, R"({"username":"ann","rid":"roof"})");
    (void)s.sends();
    const auto stay = s.who("add attic").stay;

    s.admit("add roof", s.at(3, 1));

    EXPECT_EQ(s.hears(ann).back(), refusal(1, "not_entered"));
    EXPECT_EQ(s.sends(), strings{"kick attic ann#1"});
    EXPECT_EQ(s.who("kick attic").stay, stay);
}

TEST_F(ChangingRooms, TheLateAnswerOfAWithdrawnRoomChangesNothing)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"attic"})");
    s.ask(ann, 2, enter, R"({"username":"ann","rid":"roof"})");
    (void)s.sends();
    s.admit("add roof", s.at(3, 1));
    (void)s.sends();
    (void)s.hears(ann);

    s.admit("add attic", s.at(10, 5));
    s.pass(15s);

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(rooms(), strings{"roof"});
    EXPECT_EQ(s.server.rooms().waiting(), 0U);
}

TEST_F(ChangingRooms, WhatWasAskedForLaterIsKept)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"attic"})");
    s.ask(ann, 2, enter, R"({"username":"ann","rid":"roof"})");
    (void)s.sends();

    s.admit("add attic", s.at(10, 5));
    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(rooms(), (strings{"attic", "roof"}));
    s.admit("add roof", s.at(3, 1));

    EXPECT_EQ(s.sends(), strings{"kick attic ann#1"});
    EXPECT_EQ(rooms(), strings{"roof"});
}

TEST_F(ChangingRooms, AJoinedRoomWithdrawsNothing)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, join, R"({"rid":"attic"})");
    s.ask(ann, 3, join, R"({"rid":"roof"})");
    (void)s.sends();

    s.admit("add roof", s.at(3, 1));

    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(rooms(), (strings{"attic", "lobby", "roof"}));
}

TEST_F(ChangingRooms, ARefusedEnterWithdrawsNothing)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, join, R"({"rid":"attic"})");
    s.ask(ann, 3, enter, R"({"username":"bob","rid":"roof"})");
    (void)s.sends();

    s.answer("add roof", errc::duplicate_user);
    s.admit("add attic", s.at(10, 5));

    EXPECT_EQ(s.sends(), strings{"kick roof bob#1"});
    EXPECT_EQ(rooms(), (strings{"attic", "lobby"}));
}

TEST_F(ChangingRooms, AWithdrawnRoomIsNotAskedForOnANewLine)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"attic"})");
    s.ask(ann, 2, enter, R"({"username":"ann","rid":"roof"})");
    (void)s.sends();
    s.admit("add roof", s.at(3, 1));
    (void)s.sends();

    s.tell(s.view(2));

    EXPECT_EQ(s.sends(), strings{"enroll 2 first last roof@1.3 ann#1/1"});
}

} // namespace
} // namespace citron::frontend
