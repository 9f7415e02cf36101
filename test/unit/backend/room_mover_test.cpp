// Rooms that go to another chat server.
#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::room_stage;

/// ann (on c1) and bob (on c2) are in a room that s2 will own when it comes; it stands at 1.2.
struct RoomMover : testing::Test
{
    room_stage s;
    const std::string room = room_stage::room_of("s2");
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);

    RoomMover()
    {
        s.rid = room;
        s.serve();
        s.enter(ann);
        s.enter(bob);
        s.turn();
        (void)s.says();
    }
    void say(std::uint64_t number, const std::string& text)
    {
        s.send(ann, number, text);
        s.turn();
        (void)s.says();
    }
    std::string to_room(const std::string& what) const { return room + ": " + what; }
};

TEST_F(RoomMover, ARoomThatIsNoLongerOursIsHandedOverThenDone)
{
    say(1, "hi");

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(),
              (lines{to_room("part, messages 1"), to_room("last 1.3 e1@1, ann bob, answers 1"), "done 2"}));
    EXPECT_EQ(s.server.channels().size(), 0U);
    EXPECT_TRUE(s.store.rooms().empty());
}

TEST_F(RoomMover, ManyMessagesGoInParts)
{
    for (std::uint64_t number = 1; number <= 3; ++number)
        say(number, std::string(400'000, 'x'));

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), (lines{to_room("part, messages 1 2"), to_room("part, messages 3"),
                               to_room("last 1.5 e1@3, ann bob, answers 1 2 3"), "done 2"}));
}

TEST_F(RoomMover, ManyMembersGoInParts)
{
    room_stage big;
    big.rid = room;
    std::map<std::string, std::vector<protocol::member>> crowd; // more than one envelope could carry
    for (protocol::session_id id = 1; id <= 36'000; ++id) {
        const std::string connector = id % 2 ? "c1" : "c2";
        crowd[connector].push_back(
            room_stage::who(std::string(50, 'x') + std::to_string(id), connector, id, std::string(64, 'f')));
    }
    big.settle();
    big.enroll("c1", crowd["c1"]);
    big.enroll("c2", crowd["c2"]);
    big.turn();
    (void)big.says();

    big.chat_server_comes("s2");

    const auto said = big.says();
    EXPECT_EQ(big.server.channels().size(), 0U);
    EXPECT_EQ(big.count("link.unsent"), 0U);
    ASSERT_GE(said.size(), 3U);
    EXPECT_TRUE(said[said.size() - 2].starts_with(to_room("last 1.0 e1@0")));
    EXPECT_EQ(said.back(), "done 2");
}

TEST_F(RoomMover, WhatWasAcceptedIsStoredAnsweredAndPublishedFirst)
{
    s.send(ann, 1, "hi");
    s.end_turn();
    s.chat_server_comes("s2");
    EXPECT_EQ(s.says(), lines{});

    s.turn();

    const auto said = s.says();
    ASSERT_EQ(said.size(), 5U);
    EXPECT_EQ(said[0], R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000})");
    EXPECT_TRUE(said[1].starts_with("c1,c2: " + room + " 1.3 e1@1")) << said[1];
    EXPECT_EQ(said[2], to_room("part, messages 1"));
    EXPECT_EQ(said[3], to_room("last 1.3 e1@1, ann bob, answers 1"));
    EXPECT_EQ(said[4], "done 2");
}

TEST_F(RoomMover, ADeliveryUnderWayEndsBeforeTheRoomGoes)
{
    s.ask(ann, "chat.chatHandler.send", R"({"content":"psst","target":"bob"})", 1);
    (void)s.says();

    s.chat_server_comes("s2");
    EXPECT_EQ(s.says(), lines{});
    s.reply(s.calls.at(0), errc::ok);

    EXPECT_EQ(s.says(),
              (lines{R"(c1: #3 ok {"time":1000})", to_room("last 1.2 e1@0, ann bob, answers 1"), "done 2"}));
}

TEST_F(RoomMover, ADeliveryThatDoesNotEndKeepsNobodyWaitingForLong)
{
    s.ask(ann, "chat.chatHandler.send", R"({"content":"psst","target":"bob"})", 1);
    s.pass(6s);
    (void)s.says();
    s.chat_server_comes("s2");

    s.pass(channel_options{}.last_whispers);

    const auto said = s.says();
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], "c1: #3 unavailable");
    EXPECT_EQ(said[2], "done 2");
}

TEST_F(RoomMover, RequestsForARoomThatIsGoingAreAnsweredMoved)
{
    s.send(ann, 1, "hi");
    s.end_turn();
    s.chat_server_comes("s2");

    s.send(ann, 2, "too late");

    EXPECT_EQ(s.says(), lines{"c1: #4 moved"});
    EXPECT_EQ(s.count("room.moved"), 1U);
}

TEST_F(RoomMover, RequestsForForeignRoomsAreAnsweredMoved)
{
    s.chat_server_comes("s2");
    (void)s.says();

    s.send(ann, 1, "hi");
    s.enter(room_stage::who("cid", "c1", 2));
    s.sync("c1", {});

    EXPECT_EQ(s.says(), (lines{"c1: #3 moved", "c1: #4 moved", "c1: #5 moved"}));
    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(RoomMover, NotifiesForForeignRoomsAreForwardedToTheOwner)
{
    s.chat_server_comes("s2");
    (void)s.says();

    s.kick(bob);

    EXPECT_EQ(s.says(), lines{to_room("forwarded chat.chatRemote.kick")});
}

TEST_F(RoomMover, ARoomThatStaysGoesOnServing)
{
    s.rid = room_stage::room_of("s1");
    s.enter(ann);
    s.turn();
    (void)s.says();

    s.chat_server_comes("s2");
    s.send(ann, 1, "hi");
    s.turn();

    const auto said = s.says();
    ASSERT_EQ(said.size(), 4U);
    EXPECT_EQ(said[0], to_room("last 1.2 e1@0, ann bob"));
    EXPECT_EQ(said[1], "done 2");
    EXPECT_EQ(said[2], R"(c1: #4 ok {"offset":1,"epoch":"e2","time":1000})");
}

TEST_F(RoomMover, TheHistoryOfARoomWithoutMembersGoesToo)
{
    say(1, "hi");
    s.kick(ann);
    s.kick(bob);
    (void)s.says();

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), (lines{to_room("part, messages 1"), to_room("last 1.0 e1@1"), "done 2"}));
}

TEST_F(RoomMover, NothingBeginsBeforeTheBrokerKnowsWhoIsThere)
{
    s.view.ready = false;
    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), lines{});
    EXPECT_EQ(s.server.channels().size(), 1U);
}

TEST_F(RoomMover, RoomsStayWhereThereIsNobodyToTakeThem)
{
    s.drains("s1");

    EXPECT_EQ(s.says(), lines{"done 2"});
    EXPECT_EQ(s.server.channels().members(), 2U);
}

// ---- until it is settled

TEST_F(RoomMover, ARoomIsHandedOverAgainWhenAnotherGenerationComesFirst)
{
    say(1, "hi");
    s.chat_server_comes("s2");
    const auto first = s.says();

    s.comes_back("s2");

    auto expected = first;
    expected.back() = "done 3";
    EXPECT_EQ(s.says(), expected);
}

TEST_F(RoomMover, ARoomIsHandedOverAgainWhenItsOwnLinkWasLost)
{
    s.chat_server_comes("s2");
    s.lose_line();

    s.new_line(false);

    EXPECT_EQ(s.says(), (lines{to_room("last 1.2 e1@0, ann bob"), "done 3"}));
}

TEST_F(RoomMover, ARoomIsForgottenOnceSettled)
{
    s.chat_server_comes("s2");
    (void)s.says();
    s.settle();

    s.comes_back("s2");

    EXPECT_EQ(s.says(), lines{"done 3"});
}

TEST_F(RoomMover, ASettlingOfAnEarlierGenerationForgetsNothing)
{
    s.chat_server_comes("s2");
    s.settle(1);
    (void)s.says();

    s.comes_back("s2");

    EXPECT_EQ(s.says().size(), 2U);
}

TEST_F(RoomMover, ARoomThatIsOursAgainBeforeItWentStaysOpen)
{
    s.send(ann, 1, "hi");
    s.end_turn();
    s.chat_server_comes("s2");
    s.goes("s2");
    (void)s.says();

    s.turn();
    s.ask(bob, "chat.chatHandler.users", "{}");

    const auto said = s.says();
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000})");
    EXPECT_EQ(said[2], R"(c2: #4 ok {"users":["ann","bob"]})");
}

TEST_F(RoomMover, ARoomThatIsOursAgainBeforeItSettledOpensAgain)
{
    say(1, "hi");
    s.chat_server_comes("s2");
    (void)s.says();
    s.goes("s2");
    EXPECT_EQ(s.says(), lines{"done 3"});
    s.settle();

    s.enroll("c1", {ann}, s.at(1, 3, 1));
    s.enroll("c2", {bob}, s.at(1, 3, 1));
    s.turn();

    EXPECT_EQ(s.says(),
              (lines{"c1: " + room + " at 2.0 e1@1, [ann bob]", "c2: " + room + " at 2.0 e1@1, [ann bob]"}));
}

// ---- a room that was not open yet

TEST_F(RoomMover, WhoWaitsForARoomThatMovesMustAskThere)
{
    const auto cid = room_stage::who("cid", "c1", 9);
    s.comes_back("c2"); // has to enroll first
    s.kick(ann);
    s.kick(bob);
    (void)s.says();
    s.enter(cid);
    s.kick(cid);

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), (lines{"c1: #3 moved", to_room("forwarded chat.chatRemote.kick"),
                               to_room("last 1.0 e1@0"), "done 3"}));
}

TEST_F(RoomMover, ARoomThatMovesWhileItOpensIsHandedOverOnceTheStoreHasAnswered)
{
    s.kick(ann);
    s.kick(bob);
    (void)s.says();
    s.enter(ann);
    s.end_turn();
    s.chat_server_comes("s2");
    EXPECT_EQ(s.says(), lines{});

    s.turn();

    EXPECT_EQ(s.says(), (lines{"c1: #3 moved", to_room("last 2.0 e1@0"), "done 2"}));
}

TEST_F(RoomMover, ARoomThatWasTurnedAwayAndIsOursAgainInOneTurnOpensWithWhatCameWithIt)
{
    room_stage t;
    t.rid = room;
    t.hand_over({.last = true,
                 .at = {.term = 5, .rev = 8, .epoch = "old", .offset = 2},
                 .members = {ann, bob},
                 .messages = {},
                 .answers = {}});
    t.chat_server_comes("s2");
    t.goes("s2");
    (void)t.says();

    t.settle();
    t.enroll("c1", {ann});
    t.enroll("c2", {bob});
    t.turn();

    EXPECT_EQ(t.says(),
              (lines{"c1: " + room + " at 6.0 e1@2, [ann bob]", "c2: " + room + " at 6.0 e1@2, [ann bob]"}));
    EXPECT_EQ(t.count("room.member_reenrolled"), 0U);
}

// ---- drain

TEST_F(RoomMover, DrainingSaysSoAndHandsOver)
{
    s.chat_server_comes("s2");
    (void)s.says();
    s.settle();
    s.rid = room_stage::room_of("s1");
    s.enroll("c1", {ann});
    s.enroll("c2");
    s.turn();
    (void)s.says();

    s.server.drain(s.now);
    EXPECT_EQ(s.says(), lines{"drain"});
    EXPECT_FALSE(s.server.drained());
    s.drains("s1");
    EXPECT_EQ(s.says(), (lines{s.rid + ": last 1.0 e2@0, ann", "done 3"}));
    EXPECT_FALSE(s.server.drained());
    s.settle();

    EXPECT_TRUE(s.server.drained());
}

TEST_F(RoomMover, DrainedAtOnceWhereThereIsNobodyToTakeTheRooms)
{
    s.server.drain(s.now);
    EXPECT_FALSE(s.server.drained());

    s.drains("s1");

    EXPECT_TRUE(s.server.drained());
}

} // namespace
} // namespace citron::backend
