// Who gets which envelope.
#include "test/unit/broker/stage.hpp"

#include "common/protocol/dispatcher.hpp"

#include <gtest/gtest.h>

namespace citron::broker::test {
namespace {

using namespace std::chrono_literals;
using protocol::envelope;
using protocol::errc;
using protocol::kind;
using protocol::server_kind;

/// Two chat servers, a connector and a gate, who have heard everything so far.
struct Switchboard : testing::Test
{
    stage s;
    actor s1 = s.chat("s1"), s2 = s.chat("s2"), c1 = s.connector("c1"), g1 = s.gate("g1");
    Switchboard() { quiet(); }
    void quiet()
    {
        for (auto* who : {&s1, &s2, &c1, &g1})
            (void)s.hears(*who);
    }
    actor& owner(std::string_view room)
    {
        return protocol::pick(room, std::vector<std::string>{"s1", "s2"}) == 0 ? s1 : s2;
    }
    actor& other(std::string_view room) { return &owner(room) == &s1 ? s2 : s1; }
    static envelope call(protocol::addressees to, std::string_view room = {}, std::uint64_t id = 7)
    {
        return {
            .kind = kind::call, .to = std::move(to), .room = room, .id = id, .route = "a.b.c", .body = {}};
    }
};

TEST_F(Switchboard, ACallToAServerReachesIt)
{
    s.say(c1, call({"s2"}));

    EXPECT_EQ(s.hears(s2), "call 7 from c1");
    EXPECT_EQ(s.hears(s1), "");
}

TEST_F(Switchboard, ACallToARoomReachesItsOwner)
{
    for (const auto* room : {"lobby", "r1", "r2", "r3"}) {
        s.say(c1, call({}, room));

        EXPECT_EQ(s.hears(owner(room)), "call 7 from c1") << room;
        EXPECT_EQ(s.hears(other(room)), "") << room;
    }
}

TEST_F(Switchboard, CountsItsWorkAndTellsWhetherAnOwnerWasAsked)
{
    (void)s.board.take_work();
    EXPECT_EQ(s.board.take_work().pieces, 0U);

    s.say(c1, kind::beat);
    s.say(c1, call({"s2"}));
    const auto quiet = s.board.take_work();
    EXPECT_EQ(quiet.pieces, 2U);
    EXPECT_FALSE(quiet.asked) << "no room's owner";

    s.say(c1, call({}, "lobby"));
    EXPECT_TRUE(s.board.take_work().asked);
    EXPECT_FALSE(s.board.take_work().asked);
}

TEST_F(Switchboard, ForwardsTheVeryBytesThatItGot)
{
    auto bytes = protocol::encode({.kind = kind::call, .from = "c1", .to = {"s1"}, .id = 1, .body = "xyz"});
    bytes[0] = '\x9c'; // one element more than we know
    bytes.push_back('\x2a');

    s.raw(c1.identity(), bytes);

    EXPECT_EQ(s.frames(s1), std::vector<std::string>{bytes});
}

TEST_F(Switchboard, ADrainingServerOwnsNoRoomButIsReachedByName)
{
    s.say(s1, kind::drain);
    quiet();

    s.say(c1, call({}, "a"));
    s.say(c1, call({}, "b"));
    s.say(c1, call({"s1"}, "a"));

    EXPECT_EQ(s.hears(s2), "call 7 from c1; call 7 from c1");
    EXPECT_EQ(s.hears(s1), "call 7 from c1");
}

TEST_F(Switchboard, RepliesAndNotifiesReachTheirAddressee)
{
    s.say(s1, {.kind = kind::reply, .to = {"c1"}, .id = 9});
    s.say(c1, {.kind = kind::notify, .room = "lobby"});

    EXPECT_EQ(s.hears(c1), "reply 9 ok from s1");
    EXPECT_EQ(s.hears(owner("lobby")), "notify from c1");
}

TEST_F(Switchboard, ACallToNobodyIsAnsweredAtOnce)
{
    s.say(c1, call({"s9"}, "lobby", 12));

    const auto frames = s.frames(c1);
    ASSERT_EQ(frames.size(), 1U);
    const auto reply = protocol::decode(frames[0]).value();
    EXPECT_EQ(reply.kind, kind::reply);
    EXPECT_EQ(reply.code, errc::unavailable);
    EXPECT_EQ(reply.from, "broker");
    EXPECT_EQ(reply.id, 12U);
    EXPECT_EQ(reply.room, "lobby");
    EXPECT_EQ(s.count("broker.undeliverable.call"), 1U);
}

TEST_F(Switchboard, ACallToARoomWithoutAnyOwnerIsAnsweredAtOnce)
{
    s.say(s1, kind::bye);
    s.say(s2, kind::bye);
    quiet();

    s.say(c1, call({}, "lobby"));

    EXPECT_EQ(s.hears(c1), "reply 7 unavailable from broker");
}

TEST(SwitchboardGathering, RoutesNoRoomYet)
{
    stage s({.expected = {"s1", "s2"}});
    auto chat = s.chat("s1");
    auto connector = s.connector("c1");
    (void)s.hears(chat);

    s.say(connector, {.kind = kind::call, .room = "lobby", .id = 1});
    s.say(connector, {.kind = kind::notify, .room = "lobby"});

    EXPECT_EQ(s.hears(connector), "reply 1 unavailable from broker");
    EXPECT_EQ(s.hears(chat), "");
    EXPECT_EQ(s.count("broker.undeliverable.notify"), 1U);
}

TEST_F(Switchboard, ACallToSeveralIsABadRequest)
{
    s.say(c1, call({"s1", "s2"}));

    EXPECT_EQ(s.hears(c1), "reply 7 bad_request from broker");
    EXPECT_EQ(s.hears(s1), "");
}

TEST_F(Switchboard, WhatNobodyWaitsForIsCounted)
{
    s.say(s1, {.kind = kind::reply, .to = {"c9"}, .id = 9});
    s.say(s1, {.kind = kind::notify, .to = {"c9"}});

    EXPECT_EQ(s.hears(s1), "");
    EXPECT_EQ(s.count("broker.undeliverable.reply"), 1U);
    EXPECT_EQ(s.count("broker.undeliverable.notify"), 1U);
}

TEST_F(Switchboard, AFrameThatTheSocketDidNotTakeIsAnsweredToItsCaller)
{
    s.say(c1, call({"s1"}));
    const auto bytes = s.frames(s1).back();

    s.board.on_undeliverable(s1.identity(), bytes, s.now);

    EXPECT_EQ(s.hears(c1), "reply 7 unavailable from broker");
}

TEST_F(Switchboard, AnAnswerThatTheSocketDidNotTakeIsCountedOnly)
{
    s.board.on_undeliverable(c1.identity(),
                             protocol::encode({.kind = kind::reply, .from = "s1", .to = {"c1"}}), s.now);
    s.board.on_undeliverable(c1.identity(), "garbage", s.now);

    EXPECT_EQ(s.hears(s1), "");
    EXPECT_EQ(s.count("broker.undeliverable.reply"), 1U);
}

TEST_F(Switchboard, ACallWhoseCallerIsGoneTooEndsThere)
{
    s.say(c1, kind::bye);

    s.board.on_undeliverable(s1.identity(),
                             protocol::encode({.kind = kind::call, .from = "c1", .to = {"s1"}}), s.now);

    EXPECT_EQ(s.count("broker.undeliverable.reply"), 1U);
}

TEST_F(Switchboard, NobodyMayCarryAnotherName)
{
    s.raw(c1.identity(), protocol::encode({.kind = kind::call, .from = "s1", .to = {"s2"}, .id = 1}));

    EXPECT_EQ(s.hears(c1), "refused bad_from");
    EXPECT_EQ(s.hears(s2), "");
    EXPECT_EQ(s.count("broker.refused.bad_from"), 1U);
}

TEST_F(Switchboard, AStrangerIsToldOnceATick)
{
    auto stranger = s.make("s9", server_kind::chat);
    s.say(stranger, kind::beat);
    s.say(stranger, call({"s1"}));
    EXPECT_EQ(s.hears(stranger), "refused unknown");

    s.pass(100ms);
    s.say(stranger, kind::beat);

    EXPECT_EQ(s.hears(stranger), "refused unknown");
    EXPECT_EQ(s.count("broker.refused.unknown"), 3U);
    EXPECT_EQ(s.hears(s1), "");
}

TEST_F(Switchboard, GarbageIsCountedAndSaidOnce)
{
    (void)s.board.take_notes();
    auto wrong_version = protocol::encode({.kind = kind::beat, .from = "c1"});
    wrong_version[1] = 99;

    for (const auto& bytes : {std::string("garbage"), std::string(), wrong_version})
        s.raw(c1.identity(), bytes);

    EXPECT_EQ(s.count("broker.undecodable"), 3U);
    EXPECT_EQ(s.board.take_notes().size(), 1U);
    EXPECT_EQ(s.hears(c1), "");
}

TEST_F(Switchboard, GarbageIsNoSignOfLife)
{
    for (int i = 0; i < 21; ++i) {
        s.raw(c1.identity(), "garbage");
        s.pass(100ms);
    }

    EXPECT_EQ(s.board.peers().find("c1"), nullptr);
}

TEST_F(Switchboard, AFreshHelloIsAnsweredThoughTheStrangerWasToldBefore)
{
    auto stranger = s.make("s9", server_kind::chat);
    s.say(stranger, kind::beat);
    auto copy = stranger;
    copy.self.kind = 77;

    s.hello(copy);

    EXPECT_EQ(s.hears(stranger), "refused unknown; refused bad_hello");
}

TEST_F(Switchboard, OnlyChatServersBroadcastAndOnlyConnectorsEnroll)
{
    s.say(c1, {.kind = kind::broadcast, .to = {"c1"}});
    s.say(s1, {.kind = kind::enroll});
    s.say(g1, kind::done);
    s.say(c1, kind::view);

    EXPECT_EQ(s.count("broker.forbidden"), 4U);
    EXPECT_EQ(s.hears_on_topic(c1), "");
}

TEST_F(Switchboard, AToolMayAskForCountersAndGetsItsAnswer)
{
    auto tool = s.make("t1", server_kind::tool);
    s.hello(tool);
    (void)s.hears(tool);

    s.say(tool, {.kind = kind::call, .to = {"s1"}, .id = 7, .route = protocol::stats_route});
    EXPECT_EQ(s.hears(s1), "call 7 from t1");
    s.say(s1, {.kind = kind::reply, .to = {"t1"}, .id = 7});

    EXPECT_EQ(s.hears(tool), "reply 7 ok from s1");
}

TEST_F(Switchboard, AToolMayDoNothingToServersOrRooms)
{
    auto tool = s.make("t1", server_kind::tool);
    s.hello(tool);
    (void)s.hears(tool);

    s.say(tool, call({"s1"}));
    s.say(tool, call({}, "lobby", 8));
    s.say(tool, {.kind = kind::notify, .to = {"s1"}, .route = "a.b.c"});
    s.say(tool, {.kind = kind::reply, .to = {"c1"}, .id = 1});

    EXPECT_EQ(s.hears(tool), "reply 7 forbidden from broker; reply 8 forbidden from broker");
    EXPECT_EQ(s.hears(s1), "");
    EXPECT_EQ(s.hears(c1), "");
    EXPECT_EQ(s.count("broker.forbidden"), 4U);
}

TEST_F(Switchboard, AGateHasNothingToDoWithRooms)
{
    s.say(g1, call({}, "lobby", 8));
    s.say(g1, {.kind = kind::call, .to = {"c1"}, .id = 9, .route = "connector.channelRemote.deliver"});
    s.say(g1, {.kind = kind::notify, .to = {"c1"}, .route = "connector.channelRemote.evict"});

    EXPECT_EQ(s.hears(g1), "reply 8 forbidden from broker; reply 9 forbidden from broker");
    EXPECT_EQ(s.hears(s1), "");
    EXPECT_EQ(s.hears(c1), "");
    EXPECT_EQ(s.count("broker.forbidden"), 3U);
}

TEST_F(Switchboard, AConnectorHasNothingToDoWithOthersNorWithHandOvers)
{
    s.say(c1, {.kind = kind::notify, .to = {"c1"}, .route = "connector.channelRemote.evict"});
    s.say(c1, {.kind = kind::call, .room = "lobby", .id = 9, .route = protocol::handover::route});

    EXPECT_EQ(s.hears(c1), "reply 9 forbidden from broker");
    EXPECT_EQ(s.hears(s1), "");
    EXPECT_EQ(s.count("broker.forbidden"), 2U);
}

TEST_F(Switchboard, TellsItsCountersToWhoeverAsks)
{
    for (const auto* to : {"broker", "b1"}) {
        stage fresh({.id = "b1"});
        auto gate = fresh.gate("g1");
        fresh.say(gate, {.kind = kind::call, .to = {to}, .id = 3, .route = protocol::stats_route});

        const auto frames = fresh.frames(gate);
        ASSERT_EQ(frames.size(), 1U);
        EXPECT_NE(protocol::decode(frames[0])->body.find("\"broker.views\":1"), std::string_view::npos);
    }
}

TEST_F(Switchboard, TellsWhatTheShellProvides)
{
    s.board.serve_stats([] { return std::string(R"({"x":1})"); });

    s.say(c1, {.kind = kind::call, .to = {"broker"}, .id = 3, .route = protocol::stats_route});

    EXPECT_EQ(protocol::decode(s.frames(c1).at(0))->body, R"({"x":1})");
}

TEST_F(Switchboard, HasNoOtherRoutes)
{
    s.say(c1, call({"broker"}));

    EXPECT_EQ(s.hears(c1), "reply 7 no_such_route from broker");
}

// ---- broadcasts

TEST_F(Switchboard, ABroadcastIsPublishedOncePerConnector)
{
    auto c2 = s.connector("c2");

    s.say(s1, {.kind = kind::broadcast, .to = {"c1", "c2"}, .room = "lobby"});

    EXPECT_EQ(s.hears_on_topic(c1), "broadcast from s1");
    EXPECT_EQ(s.hears_on_topic(c2), "broadcast from s1");
    EXPECT_EQ(s.count("broker.published"), 2U);
}

TEST_F(Switchboard, ABroadcastToOneWhoIsNotLiveIsCounted)
{
    auto c2 = s.make("c2", server_kind::connector);
    s.hello(c2);

    s.say(s1, {.kind = kind::broadcast, .to = {"c2", "c9", "s2", "c1"}});

    EXPECT_EQ(s.hears_on_topic(c2), "");
    EXPECT_EQ(s.hears_on_topic(c1), "broadcast from s1");
    EXPECT_EQ(s.count("broker.undeliverable.broadcast"), 3U);
}

TEST_F(Switchboard, BeatsToEveryPeerAndTopic)
{
    auto tool = s.make("t1", server_kind::tool);
    s.hello(tool);
    auto unsubscribed = s.make("c2", server_kind::connector);
    s.hello(unsubscribed);
    const auto beats = [&](const actor& who) {
        std::size_t n = 0;
        for (const auto& bytes : s.frames(who))
            n += protocol::decode(bytes)->kind == kind::beat;
        return n;
    };

    s.pass(1000ms, {&s1, &s2});

    for (const auto* who : {&s1, &c1, &g1, &tool, &unsubscribed})
        EXPECT_EQ(beats(*who), 2U) << who->self.id;
    EXPECT_EQ(s.hears_on_topic(c1), "beat from broker; beat from broker");
    EXPECT_EQ(s.hears_on_topic(unsubscribed), "");
}

// ---- enroll

std::string enrolling(std::uint64_t generation, bool first, bool last, const std::vector<std::string>& rooms)
{
    protocol::enroll list{generation, first, last, {}};
    for (const auto& rid : rooms)
        list.rooms.push_back({rid, {"opaque " + rid}});
    return protocol::pack(list);
}

TEST_F(Switchboard, AnEnrollListIsSplitByOwner)
{
    const std::vector<std::string> rooms{"r1", "r2", "r3", "r4", "r5", "r6"};
    std::string mine, theirs;
    for (const auto& room : rooms)
        (&owner(room) == &s1 ? mine : theirs) += " " + room;
    ASSERT_FALSE(mine.empty() || theirs.empty());

    const auto body = enrolling(2, true, true, rooms);
    s.say(c1, {.kind = kind::enroll, .body = body});

    EXPECT_EQ(s.hears(s1), "enroll from c1 first last" + mine);
    EXPECT_EQ(s.hears(s2), "enroll from c1 first last" + theirs);
}

TEST_F(Switchboard, EveryOwnerGetsTheFirstAndTheLastPart)
{
    s.say(c1, {.kind = kind::enroll, .body = enrolling(2, true, false, {})});
    s.say(c1, {.kind = kind::enroll, .body = enrolling(2, false, false, {"r1"})});
    s.say(c1, {.kind = kind::enroll, .body = enrolling(2, false, true, {})});

    EXPECT_EQ(s.hears(owner("r1")), "enroll from c1 first; enroll from c1 r1; enroll from c1 last");
    EXPECT_EQ(s.hears(other("r1")), "enroll from c1 first; enroll from c1 last");
}

TEST_F(Switchboard, AnEnrollPartKeepsItsSenderViewAndContents)
{
    c1.known.broker = 77;
    c1.known.number = 5;
    const auto body = enrolling(2, true, true, {"r1"});

    s.say(c1, {.kind = kind::enroll, .body = body});

    const auto bytes = s.frames(owner("r1")).at(0);
    const auto e = protocol::decode(bytes).value();
    const auto list = protocol::unpack<protocol::enroll>(e.body).value();
    EXPECT_EQ(e.from, "c1");
    EXPECT_EQ(e.view, (protocol::view_id{77, 5}));
    EXPECT_EQ(list.generation, 2U);
    EXPECT_EQ(list.rooms.at(0).room.data, "opaque r1");
}

TEST_F(Switchboard, ADrainingServerGetsNoEnrollList)
{
    s.say(s2, kind::drain);
    quiet();

    const auto body = enrolling(s.board.peers().view().generation, true, true, {"r1", "r2", "r3"});
    s.say(c1, {.kind = kind::enroll, .body = body});

    EXPECT_EQ(s.hears(s1), "enroll from c1 first last r1 r2 r3");
    EXPECT_EQ(s.hears(s2), "");
}

TEST_F(Switchboard, AnEnrollListForAnEarlierGenerationIsLeftOut)
{
    s.say(c1, {.kind = kind::enroll, .body = enrolling(1, true, true, {"r1"})});
    s.say(c1, {.kind = kind::enroll, .body = "garbage"});

    EXPECT_EQ(s.hears(s1), "");
    EXPECT_EQ(s.hears(s2), "");
    EXPECT_EQ(s.count("broker.enroll_outdated"), 1U);
    EXPECT_EQ(s.count("broker.undecodable"), 1U);
}

} // namespace
} // namespace citron::broker::test
