// Rooms whose history is on a disk that others write to: another owner raises the term, or the disk takes
// nothing.
#include "test/unit/backend/room_stage.hpp"

#include "backend/history/history_error.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using protocol::member;
using test::lines;
using test::room_stage;

/// The lobby with ann and bob in it.
struct RoomFenced : testing::Test
{
    RoomFenced()
    {
        s.serve();
        s.enter(ann);
        s.enter(bob);
        s.send(ann, 1, "one");
        s.turn();
        (void)s.says();
    }
    /// A send that finds the room taken, and the tick that ends the line.
    void is_fenced()
    {
        s.send(ann, 2, "two");
        s.turn();
        s.pass(milliseconds(100));
    }
    /// As another chat server does that takes the room for its own.
    void taken_by_another() { (void)disk.take_over(std::vector<store::opening>{{"lobby", 0, 0, "other"}}); }

    database disk{{.path = ":memory:"}};
    room_stage s{{}, &disk};
    member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 2);
};

TEST_F(RoomFenced, WhatWasOnItsWayToTheStoreIsToBeAskedOfTheNextOwner)
{
    taken_by_another();

    s.send(ann, 2, "two");
    s.send(ann, 3, "three");
    s.turn();
    s.pass(milliseconds(100));

    EXPECT_EQ(s.count("room.fenced"), 1U);
    EXPECT_FALSE(s.server.line().up()) << "a new hello tells whether we were given up";
    EXPECT_EQ(disk.read_after("lobby", 0, {}).messages.size(), 1U);
}

/// A join that its connector has given up before it enrolled again: the room opens only then.
TEST(RoomFencedWaiting, WhatAConnectorSentBeforeItEnrolledAgainCountsNoMore)
{
    room_stage s;
    const auto ann = room_stage::who("ann", "c1", 1);
    s.enter(ann);
    s.comes_back("c1");
    s.settle();
    s.enroll("c1");
    s.enroll("c2");
    s.turn();

    EXPECT_EQ(s.server.channels().members(), 0U);
    EXPECT_EQ(s.says(), (lines{"c1: #1 moved", "done 1"}));

    s.enter(ann);
    s.turn();
    EXPECT_EQ(s.server.channels().members(), 1U);
}

/// History in memory: two brokers have died, and the last one did not hear of the view of the one between.
TEST(RoomFencedInMemory, AConnectorThatHasSeenALaterTermTellsThatAnotherOwnedTheRoom)
{
    room_stage s;
    s.serve();
    const auto ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 2);
    s.enter(ann);
    s.enter(bob);
    s.turn();
    (void)s.says();
    s.comes_back("c2");

    s.enroll("c2", {bob}, s.at(7, 3, 0));
    s.pass(milliseconds(100));
    EXPECT_EQ(s.count("room.fenced"), 1U);
    EXPECT_FALSE(s.server.line().up());

    s.new_line(false);
    s.settle();
    s.enroll("c1", {ann}, s.at(1, 2, 0));
    (void)s.says();
    s.enroll("c2", {bob}, s.at(7, 3, 0));
    s.turn();
    EXPECT_EQ(s.server.channels().members(), 2U);
    EXPECT_EQ(s.says(), (lines{"c1: lobby at 3/1.0 e2@0, lost, [ann bob]",
                               "c2: lobby at 3/1.0 e2@0, lost, [ann bob]"}));
}

TEST_F(RoomFenced, ARoomThatIsOursStillIsOpenedAnewWithItsMembersAndTakesTheSameSends)
{
    taken_by_another();
    is_fenced();
    (void)s.says();

    s.new_line(false);
    s.settle();
    s.enroll("c1", {ann});
    s.enroll("c2", {bob});
    s.turn();
    (void)s.says();
    s.send(ann, 2, "two");
    s.send(ann, 3, "three");
    s.turn();

    const auto stored = disk.read_after("lobby", 0, {}).messages;
    ASSERT_EQ(stored.size(), 3U);
    EXPECT_NE(stored[1].push.data.find("two"), std::string::npos);
    EXPECT_NE(stored[2].push.data.find("three"), std::string::npos);
    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(RoomFenced, WhoLeftMeanwhileIsNotInTheRoomThatIsOpenedAnew)
{
    taken_by_another();
    is_fenced();

    s.new_line(false);
    s.settle();
    s.enroll("c1", {ann});
    s.enroll("c2");
    s.turn();

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(RoomFenced, WhoWasGivenUpStartsEmpty)
{
    taken_by_another();
    is_fenced();

    s.new_line(true);

    EXPECT_EQ(s.server.channels().size(), 0U);
}

// ---- frozen before it opened its rooms

/// Settled, and everybody has said who is where; ann is in the lobby, which is about to be opened.
struct RoomOutdated : testing::Test
{
    RoomOutdated()
    {
        s.settle();
        s.enroll("c1", {ann});
        s.enroll("c2");
        (void)s.says();
    }
    /// Another server has opened a room in a later generation.
    void opened_elsewhere(std::uint64_t later = 1)
    {
        (void)disk.take_over(
            std::vector<store::opening>{{"lobby", 0, 0, "other", s.view.generation + later}});
    }

    database disk{{.path = ":memory:"}};
    room_stage s{{}, &disk};
    member ann = room_stage::who("ann", "c1", 1);
};

TEST_F(RoomOutdated, ARoomIsNotTakenFromANewerOwner)
{
    opened_elsewhere();

    s.send(ann, 1, "one");
    s.turn();
    s.pass(milliseconds(300));

    EXPECT_EQ(s.says(), lines{}) << "who asks us will ask the newer owner";
    EXPECT_GE(s.count("room.not_opened"), 1U);
    EXPECT_TRUE(disk.read_after("lobby", 0, {}).messages.empty());
}

TEST_F(RoomOutdated, ItIsOpenedWhenTheNewerViewSaysThatItIsOurs)
{
    opened_elsewhere();
    s.send(ann, 1, "one");
    s.turn();

    s.chat_server_comes("s2");
    s.goes("s2");
    s.settle();
    s.enroll("c1", {ann});
    s.enroll("c2");
    s.turn();
    s.send(ann, 1, "one"); // it was told `moved` while the room was another's
    s.turn();

    EXPECT_EQ(disk.read_after("lobby", 0, {}).messages.size(), 1U);
}

/// The broker that numbered that view has died, and its follower has not heard of it.
TEST_F(RoomOutdated, IfNoNewerViewComesTheBrokerIsToldHowHighToCount)
{
    opened_elsewhere(40);
    s.send(ann, 1, "one");
    s.turn();

    s.pass(milliseconds(1'900));
    EXPECT_TRUE(s.server.line().up()) << "it may be on its way";
    s.pass(milliseconds(400));
    ASSERT_FALSE(s.server.line().up());

    for (s.now += milliseconds(1'000); !s.server.line().take_open(s.now);)
        s.pass(milliseconds(100));
    const auto first = protocol::decode(*s.server.line().outgoing());
    EXPECT_EQ(protocol::unpack<protocol::hello>(first->body)->floor, s.view.generation + 40);
}

TEST_F(RoomOutdated, TheFirstHelloTellsWhatTheHistoryKnows)
{
    opened_elsewhere(40);

    room_stage other{{}, &disk};
    other.lose_line();
    for (other.now += milliseconds(1'000); !other.server.line().take_open(other.now);)
        other.pass(milliseconds(100));

    const auto first = protocol::decode(*other.server.line().outgoing());
    EXPECT_EQ(protocol::unpack<protocol::hello>(first->body)->floor, s.view.generation + 40);
}

} // namespace
} // namespace citron::backend
