// Members whose connector has told them to come back by another one.
#include "test/unit/backend/arrivals.hpp"
#include "test/unit/backend/departures.hpp"
#include "test/unit/backend/two_in_the_lobby.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::Handover;
using test::lines;
using test::on_add;
using test::on_leave;
using test::room_stage;
using test::RoomMover;

/// ann (c1) and bob (c2, with a key) are in the lobby, which stands at 1.2; bob was told to move.
struct ChannelAway : test::two_in_the_lobby
{
    ChannelAway()
    {
        s.kick(bob);
        bob.key = "key";
        s.enter(bob);
        s.send_away(bob);
        s.turn();
        (void)s.says();
    }
};

TEST_F(ChannelAway, NobodyIsToldAndTheNameStaysInTheList)
{
    s.pass(4'900ms);

    EXPECT_EQ(users(), (lines{R"(c1: #4 ok {"users":["bob","ann"]})"}));
}

TEST_F(ChannelAway, TheHolderOfTheKeyTakesThePlaceUnseen)
{
    s.enter(room_stage::who("bob", "c1", 5, "key"));

    EXPECT_EQ(s.says(), (lines{"c1: #4 ok 1.4 e1@0 [ann bob]"}));
    s.pass(10s);
    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelAway, AnybodyElseOfThatNameGetsItAsOfOneWhoHasLeft)
{
    s.enter(room_stage::who("bob", "c1", 5));

    EXPECT_EQ(s.says(), (lines{on_leave("c1: lobby 1.5 e1@0", "bob"), on_add("c1: lobby 1.6 e1@0", "bob"),
                               "c1: #4 ok 1.6 e1@0 [ann bob]"}));
}

TEST_F(ChannelAway, WhoDoesNotComeBackLeavesAfterTheGrace)
{
    s.pass(4'900ms);
    (void)s.says();

    s.pass(100ms);

    EXPECT_EQ(s.says().at(0), on_leave("c1: lobby 1.5 e1@0", "bob"));
    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(ChannelAway, NothingIsDeliveredToIt)
{
    s.ask(ann, "chat.chatHandler.send", R"({"content":"psst","target":"bob"})", 1);

    EXPECT_EQ(s.says(), lines{"c1: #4 no_such_user"});
}

TEST_F(ChannelAway, ItStaysWhenItsConnectorEnrollsWithoutIt)
{
    s.comes_back("c2");
    (void)s.says();

    s.enroll("c2");

    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelAway, ItStaysWhenItsConnectorGoes)
{
    s.loses_its_link("c2");

    s.enter(room_stage::who("bob", "c1", 5, "key"));

    EXPECT_EQ(s.says(), (lines{"c1: #4 ok 1.4 e1@0 [ann bob]"}));
}

TEST_F(ChannelAway, TheEndOfItsConnectorDoesNotShortenItsTime)
{
    s.loses_its_link("c2");

    s.pass(4'900ms);

    EXPECT_EQ(s.server.channels().members(), 2U);
    s.pass(100ms);
    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(ChannelAway, OneThatHasComeBackToTheRoomSinceIsNotAway)
{
    auto cid = room_stage::who("cid", "c2", 9);
    cid.stay = 2;
    s.enter(cid);
    cid.stay = 1;
    (void)s.says();

    s.send_away(cid);
    s.enter(room_stage::who("cid", "c1", 5));

    EXPECT_EQ(s.says(), lines{"c1: #5 duplicate_user"});
}

TEST_F(ChannelAway, ARoomWhereNobodyElseIsIsForgottenAfterTheGrace)
{
    s.kick(ann);

    s.pass(5s);

    EXPECT_EQ(s.server.channels().size(), 0U);
}

// ---- rooms that move meanwhile

TEST_F(RoomMover, WhoIsAwayTravelsAsSuch)
{
    s.send_away(bob);

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), lines{to_room("last 1.2 e1@0, ann bob, away c2/7/1")});
}

TEST_F(RoomMover, WhoIsAwayStillLeavesWhenTheRoomStaysAfterAll)
{
    s.send_away(bob);
    s.pass(4'900ms);
    s.send(ann, 1, "hi");
    s.end_turn();
    s.chat_server_comes("s2"); // the room waits for the store before it goes
    s.now += 200ms;
    s.server.on_tick(s.now, s.clock);
    s.goes("s2");
    s.turn();
    EXPECT_EQ(s.server.channels().members(), 2U);

    s.pass(5s);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, WhoIsAwayIsSeatedThoughItsConnectorDoesNotListIt)
{
    auto all = last(0, {ann, bob});
    all.away = {key_of(bob)};
    s.hand_over(all);
    (void)s.says();

    enrolls({ann}, {});

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann bob]"));
    s.enter(room_stage::who("bob", "c1", 5));
    EXPECT_EQ(s.says().back(), "c1: #1 ok 2/1.2 e1@2 [ann bob]");
}

TEST_F(Handover, WhoWasToldToMoveWhileTheRoomWasClosedIsSeatedThoughItsConnectorDoesNotListIt)
{
    s.hand_over(last(0, {ann, bob}));
    s.send_away(bob);
    (void)s.says();

    enrolls({ann}, {});

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann bob]"));
    s.pass(5s);
    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, WhoIsAwayLeavesAfterTheGraceThereToo)
{
    auto all = last(0, {ann, bob});
    all.away = {key_of(bob)};
    s.hand_over(all);
    enrolls({ann}, {});

    s.pass(5s);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

} // namespace
} // namespace citron::backend
