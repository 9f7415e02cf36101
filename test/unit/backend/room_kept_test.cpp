// Rooms that went and come back, rooms that were not open yet, and drain.
#include "test/unit/backend/departures.hpp"

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::room_stage;
using test::RoomMover;

TEST_F(RoomMover, ARoomIsHandedOverAgainWhenAnotherGenerationComesFirst)
{
    say(1, "hi");
    s.chat_server_comes("s2");
    const auto first = s.says();

    s.comes_back("s2");

    EXPECT_EQ(s.says(), first);
    EXPECT_EQ(taken(), lines{"done 3"});
}

TEST_F(RoomMover, ARoomThatWasTakenIsHandedOverAgainToo)
{
    say(1, "hi");
    s.chat_server_comes("s2");
    const auto first = s.says();
    EXPECT_EQ(taken(), lines{"done 2"});

    s.comes_back("s2");

    EXPECT_EQ(s.says(), first);
    EXPECT_EQ(taken(), lines{"done 3"});
}

TEST_F(RoomMover, ARoomIsHandedOverAgainWhenItsOwnLinkWasLost)
{
    s.chat_server_comes("s2");
    s.lose_line();

    s.new_line(false);

    EXPECT_EQ(s.says(), lines{to_room("last 1.2 e1@0, ann bob")});
    EXPECT_EQ(taken(), lines{"done 3"});
}

TEST_F(RoomMover, ARoomIsForgottenOnceSettled)
{
    s.chat_server_comes("s2");
    (void)s.says();
    (void)taken();
    s.settle();

    s.comes_back("s2");

    EXPECT_EQ(s.says(), lines{"done 3"});
}

TEST_F(RoomMover, ASettlingOfAnEarlierGenerationForgetsNothing)
{
    s.chat_server_comes("s2");
    (void)s.says();
    (void)taken();
    s.settle(1);

    s.comes_back("s2");

    EXPECT_EQ(s.says(), lines{to_room("last 1.2 e1@0, ann bob")});
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

    EXPECT_EQ(s.says(), (lines{"c1: " + room + " at 3/1.0 e1@1, [ann bob]",
                               "c2: " + room + " at 3/1.0 e1@1, [ann bob]"}));
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

    EXPECT_EQ(s.says(),
              (lines{"c1: #3 moved", to_room("forwarded chat.chatRemote.kick"), to_room("last 1.0 e1@0")}));
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

    EXPECT_EQ(s.says(), (lines{"c1: #3 moved", to_room("last 2.0 e1@0")}));
}

TEST_F(RoomMover, ARoomThatWasTurnedAwayAndIsOursAgainInOneTurnOpensWithWhatCameWithIt)
{
    room_stage t;
    t.rid = room;
    t.hand_over(
        {.last = true, .at = {.term = 5, .rev = 8, .epoch = "old", .offset = 2}, .members = {ann, bob}});
    t.chat_server_comes("s2");
    t.goes("s2");
    (void)t.says();

    t.settle();
    t.enroll("c1", {ann});
    t.enroll("c2", {bob});
    t.turn();

    EXPECT_EQ(t.says(), (lines{"c1: " + room + " at 3/1.0 e1@2, [ann bob]",
                               "c2: " + room + " at 3/1.0 e1@2, [ann bob]"}));
    EXPECT_EQ(t.count("room.member_reenrolled"), 0U);
}

TEST_F(RoomMover, ARoomThatMovesWhileItOpensAndIsOursAgainOpensWithWhatCameWithIt)
{
    room_stage t;
    t.rid = room;
    t.hand_over(
        {.last = true, .at = {.term = 5, .rev = 8, .epoch = "old", .offset = 2}, .members = {ann, bob}});
    t.settle();
    t.enroll("c1", {ann});
    t.enroll("c2", {bob});
    t.end_turn();
    t.chat_server_comes("s2");
    t.store.complete();
    t.goes("s2");
    (void)t.says();

    t.settle();
    t.enroll("c1", {ann});
    t.enroll("c2", {bob});
    t.turn();

    EXPECT_EQ(t.says(), (lines{"c1: " + room + " at 3/1.0 e1@2, [ann bob]",
                               "c2: " + room + " at 3/1.0 e1@2, [ann bob]"}));
    EXPECT_EQ(t.count("room.member_reenrolled"), 0U);
}

// ---- drain

TEST_F(RoomMover, DrainingSaysSoAndHandsOver)
{
    s.chat_server_comes("s2");
    (void)s.says();
    (void)taken();
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
    EXPECT_EQ(s.says(), lines{s.rid + ": last 2/1.0 e2@0, ann"});
    EXPECT_EQ(taken(), lines{"done 3"});
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

TEST_F(RoomMover, IsNeverDrainedWithoutALine)
{
    s.server.drain(s.now);
    s.drains("s1");
    ASSERT_TRUE(s.server.drained());

    s.lose_line();

    EXPECT_FALSE(s.server.drained());
}

TEST_F(RoomMover, IsNotDrainedWhileTheBrokerDoesNotKnowWhoIsThere)
{
    s.server.drain(s.now);
    s.view.ready = false;

    s.drains("s1");

    EXPECT_FALSE(s.server.drained());
}

TEST_F(RoomMover, IsDrainedOnceWhoTookTheRoomsIsGoneToo)
{
    s.chat_server_comes("s2");
    s.server.drain(s.now);
    s.drains("s1");
    EXPECT_FALSE(s.server.drained());

    s.goes("s2");

    EXPECT_TRUE(s.server.drained());
}

} // namespace
} // namespace citron::backend
