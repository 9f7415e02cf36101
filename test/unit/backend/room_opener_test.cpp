// Rooms open, once everybody has said who is in them.
#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::room_stage;

struct RoomOpener : testing::Test
{
    room_stage s;
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);

    /// ann and bob are in the lobby; nobody asks how that was told.
    void both_in()
    {
        s.serve();
        s.enter(ann);
        s.enter(bob);
        s.turn();
        (void)s.says();
    }
};

TEST_F(RoomOpener, OpensNoRoomBeforeTheGenerationIsSettled)
{
    s.enroll("c1");
    s.enroll("c2");
    (void)s.says();

    s.enter(ann);
    s.turn();
    EXPECT_EQ(s.says(), lines{});
    s.settle();
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: #1 ok 1.1 e1@0 [ann]"});
}

TEST_F(RoomOpener, OpensNoRoomBeforeEveryConnectorHasEnrolled)
{
    s.settle();
    s.enroll("c1");
    (void)s.says();

    s.enter(ann);
    s.turn();
    EXPECT_EQ(s.says(), lines{});
    s.enroll("c2");
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: #1 ok 1.1 e1@0 [ann]"});
}

TEST_F(RoomOpener, AnUnfinishedListIsNoEnrolling)
{
    s.settle();
    s.enroll("c1");
    s.enter(ann);
    (void)s.says();

    s.enroll_part("c2", {.generation = 1, .first = true, .last = false, .rooms = {}});
    s.turn();
    EXPECT_EQ(s.says(), lines{});
    s.enroll_part("c2", {.generation = 1, .first = false, .last = true, .rooms = {}});
    s.turn();

    EXPECT_EQ(s.says().size(), 1U);
}

TEST_F(RoomOpener, AListOfAnEarlierGenerationDoesNotCount)
{
    s.settle();
    s.enroll("c1");
    s.enter(ann);
    (void)s.says();

    s.enroll_part("c2", {.generation = 0, .first = true, .last = true, .rooms = {}});
    s.turn();

    EXPECT_EQ(s.says(), lines{});
}

TEST_F(RoomOpener, AConnectorOnANewLinkMustEnrollAgain)
{
    s.serve();
    s.comes_back("c2");

    s.enter(ann);
    s.turn();
    EXPECT_EQ(s.says(), lines{});
    s.enroll("c2");
    s.turn();

    EXPECT_EQ(s.says().size(), 1U);
}

TEST_F(RoomOpener, DoesNotWaitForAConnectorThatDied)
{
    s.settle();
    s.enroll("c1");
    s.enter(ann);
    (void)s.says();

    s.goes("c2");
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: #1 ok 1.1 e1@0 [ann]"});
}

TEST_F(RoomOpener, ASettlingOfAnotherGenerationDoesNotCount)
{
    s.enroll("c1");
    s.enroll("c2");
    s.enter(ann);
    (void)s.says();

    s.settle(7);
    s.turn();

    EXPECT_EQ(s.says(), lines{});
}

TEST_F(RoomOpener, TellsEveryConnectorThatEnrolledMembersWhereTheRoomStands)
{
    s.settle();
    s.enroll("c1", {ann});
    s.enroll("c2", {bob});
    (void)s.says();

    s.turn();

    EXPECT_EQ(s.says(), (lines{"c1: lobby at 1.0 e1@0, [ann bob]", "c2: lobby at 1.0 e1@0, [ann bob]"}));
    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(RoomOpener, OpensAboveEveryTermThatMembersHaveSeen)
{
    s.settle();
    s.enroll("c1", {ann}, {.term = room_stage::term(1, 4), .rev = 2, .epoch = "gone", .offset = 9});
    s.enroll("c2", {bob}, {.term = room_stage::term(1, 6), .rev = 1, .epoch = "gone", .offset = 8});
    (void)s.says();

    s.turn();

    EXPECT_EQ(s.says(),
              (lines{"c1: lobby at 7.0 e1@0, lost, [ann bob]", "c2: lobby at 7.0 e1@0, lost, [ann bob]"}));
}

TEST_F(RoomOpener, OpensAboveEveryTermOfEarlierGenerations)
{
    both_in();
    s.kick(ann);
    s.kick(bob);
    s.chat_server_comes("s2");
    s.goes("s2");
    s.serve();

    s.enter(ann); // a connector that is away may have seen a term of generation 1 that nobody here knows
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: #3 ok 3/1.1 e1@0 [ann]"});
}

TEST_F(RoomOpener, ATermOfALaterGenerationIsHigherToo)
{
    s.settle();
    s.enroll("c1", {ann}, {.term = room_stage::term(5, 2), .rev = 2, .epoch = "gone", .offset = 9});
    s.enroll("c2");
    (void)s.says();

    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: lobby at 5/3.0 e1@0, lost, [ann]"});
}

TEST_F(RoomOpener, WhatTheStoreWasAskedBeforeWeWereDeclaredDeadOpensNothing)
{
    s.serve();
    s.enter(ann);
    s.end_turn();
    s.lose_line();
    s.new_line(true);
    s.settle();
    s.enroll("c1", {ann});
    s.enroll("c2");
    (void)s.says();

    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: lobby at 2/1.0 e1@0, [ann]"});
    EXPECT_EQ(s.count("room.opened"), 1U);
}

TEST_F(RoomOpener, AnAnswerOfTheStoreForARoomThatIsGoneIsNothing)
{
    s.serve();
    s.enter(ann);
    s.end_turn();
    s.lose_line();
    s.new_line(true);

    s.turn();

    EXPECT_EQ(s.server.channels().size(), 0U);
    EXPECT_EQ(s.count("room.opened"), 0U);
}

TEST_F(RoomOpener, OfTwoListsOfAConnectorTheLaterOneCounts)
{
    s.enroll("c1", {ann});
    s.enroll("c2", {bob});
    s.comes_back("c2");
    s.enroll("c2");
    s.settle();
    (void)s.says();

    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: lobby at 1.0 e1@0, [ann]"});
}

} // namespace
} // namespace citron::backend
