// Rooms that go to another chat server.
#include "test/unit/backend/departures.hpp"

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::room_stage;
using test::RoomMover;

TEST_F(RoomMover, ARoomThatIsNoLongerOursIsHandedOverThenDone)
{
    say(1, "hi");

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), lines{to_room("last 1.3 e1@1, messages 1, ann bob, answers 1")});
    EXPECT_EQ(s.server.channels().size(), 0U);
    EXPECT_TRUE(s.store.rooms().empty());
    EXPECT_EQ(taken(), lines{"done 2"});
}

TEST_F(RoomMover, ManyMessagesGoInParts)
{
    for (std::uint64_t number = 1; number <= 3; ++number)
        say(number, std::string(400'000, 'x'));

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), (lines{to_room("part, messages 1 2, ann bob, answers 1 2 3"),
                               to_room("last 1.5 e1@3, messages 3")}));
    EXPECT_EQ(taken(), lines{"done 2"});
}

TEST_F(RoomMover, SessionsWhosePlaceOthersHaveTakenAreNamed)
{
    s.enter(room_stage::who("cid", "c1", 5, "key"));
    s.enter(room_stage::who("cid", "c2", 6, "key"));
    s.turn();
    (void)s.says();

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), lines{to_room("last 1.3 e1@0, ann bob cid, replaced c1/7/5")});
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
    EXPECT_TRUE(said.back().starts_with(to_room("last 1.0 e1@0")));
    big.answer_parts();
    EXPECT_EQ(big.says(), lines{"done 2"});
}

TEST_F(RoomMover, WhatWasAcceptedIsStoredAnsweredAndPublishedFirst)
{
    s.send(ann, 1, "hi");
    s.end_turn();
    s.chat_server_comes("s2");
    EXPECT_EQ(s.says(), lines{});

    s.turn();

    const auto said = s.says();
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000})");
    EXPECT_TRUE(said[1].starts_with("c1,c2: " + room + " 1.3 e1@1")) << said[1];
    EXPECT_EQ(said[2], to_room("last 1.3 e1@1, messages 1, ann bob, answers 1"));
    EXPECT_EQ(taken(), lines{"done 2"});
}

TEST_F(RoomMover, ADeliveryUnderWayEndsBeforeTheRoomGoes)
{
    s.ask(ann, "chat.chatHandler.send", R"({"content":"psst","target":"bob"})", 1);
    (void)s.says();

    s.chat_server_comes("s2");
    EXPECT_EQ(s.says(), lines{});
    s.reply(s.calls.at(0), errc::ok);

    EXPECT_EQ(s.says(), (lines{R"(c1: #3 ok {"time":1000})", to_room("last 1.2 e1@0, ann bob, answers 1")}));
}

TEST_F(RoomMover, ADeliveryThatDoesNotEndKeepsNobodyWaitingForLong)
{
    s.ask(ann, "chat.chatHandler.send", R"({"content":"psst","target":"bob"})", 1);
    s.pass(6s);
    (void)s.says();
    s.chat_server_comes("s2");

    s.pass(channel_options{}.last_whispers - 100ms);
    EXPECT_EQ(s.says(), lines{});
    s.pass(100ms);

    const auto said = s.says();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0], "c1: #3 unavailable");
    EXPECT_EQ(said[1], to_room("last 1.2 e1@0, ann bob, answers 1"));
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
    (void)taken();

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
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], to_room("last 1.2 e1@0, ann bob"));
    EXPECT_EQ(said[1], R"(c1: #4 ok {"offset":1,"epoch":"e2","time":1000})");
}

TEST_F(RoomMover, TheHistoryOfARoomWithoutMembersGoesToo)
{
    say(1, "hi");
    s.kick(ann);
    s.kick(bob);
    (void)s.says();

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), lines{to_room("last 1.0 e1@1, messages 1")});
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

// ---- done

TEST_F(RoomMover, DoneIsSaidOnlyWhenEveryPartWasTaken)
{
    for (std::uint64_t number = 1; number <= 3; ++number)
        say(number, std::string(400'000, 'x'));
    s.chat_server_comes("s2");
    EXPECT_EQ(s.says().size(), 2U);

    s.reply(s.calls.at(0), errc::ok, "s2");
    s.pass(1s);
    EXPECT_EQ(s.says(), lines{});
    s.reply(s.calls.at(1), errc::ok, "s2");

    EXPECT_EQ(s.says(), lines{"done 2"});
    s.pass(1s);
    EXPECT_EQ(s.says(), lines{});
}

TEST_F(RoomMover, ARoomThatWasNotTakenIsSentAgainBeforeDoneIsSaid)
{
    s.chat_server_comes("s2");
    const auto first = s.says();
    s.answer_parts(errc::hole);
    EXPECT_EQ(s.says(), lines{});

    s.pass(200ms);

    EXPECT_EQ(s.says(), first);
    EXPECT_EQ(taken(), lines{"done 2"});
}

TEST_F(RoomMover, ARoomThatReachedNobodyIsSentAgain)
{
    s.chat_server_comes("s2");
    const auto first = s.says();

    s.answer_parts(errc::unavailable, "broker");
    s.pass(200ms);

    EXPECT_EQ(s.says(), first);
}

TEST_F(RoomMover, DoneOfAnEarlierGenerationIsNotSaidAnyMore)
{
    s.chat_server_comes("s2");
    (void)s.says();
    const auto first = s.calls.at(0);
    s.comes_back("s2");
    (void)s.says();

    s.reply(first, errc::ok, "s2");
    EXPECT_EQ(s.says(), lines{});

    s.reply(s.calls.at(1), errc::ok, "s2");
    EXPECT_EQ(s.says(), lines{"done 3"});
}

TEST_F(RoomMover, NothingIsSentWhereThereIsNobodyToTakeItAnyMore)
{
    s.chat_server_comes("s2");
    (void)s.says();
    s.answer_parts(errc::hole);

    s.drains("s1");
    s.goes("s2");
    (void)s.says();
    s.pass(1s);

    EXPECT_EQ(s.says(), lines{});
}

TEST_F(RoomMover, TheTimeThatMembersOfASilentConnectorHaveTravels)
{
    s.loses_its_link("c2");
    s.pass(1s);
    (void)s.says();

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), lines{to_room("last 1.2 e1@0, ann bob, c2 has 4000 ms")});
}

TEST_F(RoomMover, TheTimeThatMembersOfADeadConnectorHaveTravels)
{
    s.goes("c2");
    s.pass(1s);
    (void)s.says();

    s.chat_server_comes("s2");

    EXPECT_EQ(s.says(), lines{to_room("last 1.2 e1@0, ann bob, c2 has 2000 ms")});
}

} // namespace
} // namespace citron::backend
