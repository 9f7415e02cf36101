#include "test/unit/cluster/line.hpp"

#include <gtest/gtest.h>

#include <set>

namespace citron::cluster {
namespace {

using namespace std::chrono_literals;
using test::kind;
using test::line;
using lines = std::vector<std::string>;
using kinds = std::vector<kind>;
using protocol::server_kind;

TEST(Peer, SaysHelloFirstOnANewSocket)
{
    line l;

    ASSERT_TRUE(l.open());

    const auto first = l.next();
    const auto hello = protocol::unpack<protocol::hello>(first.e.body);
    EXPECT_EQ(first.e.kind, kind::hello);
    EXPECT_EQ(first.e.from, "s1");
    EXPECT_EQ(hello->self.nonce, l.nonce);
    EXPECT_EQ(hello->self.boot, 77U);
    EXPECT_EQ(hello->newest.number, 0U);
    EXPECT_EQ(hello->pid, 4711U);
    EXPECT_FALSE(l.peer.up());
}

TEST(Peer, IsUpAfterTheWelcomeAndKnowsTheView)
{
    line l;
    (void)l.open();

    l.welcome(3);

    EXPECT_TRUE(l.peer.up());
    EXPECT_EQ(l.peer.view().number, 3U);
    EXPECT_EQ(l.heard.take(), (lines{"up", "view 3"}));
}

TEST(Peer, PassesOnThatItHadBeenDeclaredDead)
{
    line l;
    (void)l.open();

    l.welcome(3, true);

    EXPECT_EQ(l.heard.take(), (lines{"up fresh", "view 3"}));
}

TEST(Peer, RefusesToSendWithoutALine)
{
    line l;
    EXPECT_FALSE(l.peer.send({.kind = kind::notify}));

    (void)l.open();
    EXPECT_FALSE(l.peer.send({.kind = kind::notify})) << "not taken in yet";

    EXPECT_EQ(l.counters.at("link.unsent"), 2U);
}

TEST(Peer, FillsInWhoSendsAndTheViewItKnows)
{
    line l;
    l.up();

    ASSERT_TRUE(l.peer.send({.kind = kind::notify, .to = {"s2"}, .route = "a.b.c", .body = "x"}));

    const auto frame = l.next();
    EXPECT_EQ(frame.e.from, "s1");
    EXPECT_EQ(frame.e.view, (protocol::view_id{9, 1}));
    EXPECT_EQ(frame.e.body, "x");
    EXPECT_EQ(l.peer.outgoing(), nullptr);
}

TEST(Peer, BeatsEveryHalfSecondOnceItIsIn)
{
    line l;
    (void)l.open();
    (void)l.sent();
    l.live(600ms);
    EXPECT_EQ(l.sent(), kinds{}) << "nobody to beat for yet";
    l.welcome();

    l.live(1000ms);

    EXPECT_EQ(l.sent(), (kinds{kind::beat, kind::beat}));
}

TEST(Peer, TwoSecondsOfSilenceAreALostLine)
{
    line l;
    l.up();

    l.live(2000ms);
    EXPECT_TRUE(l.peer.up());
    l.live(100ms);

    EXPECT_FALSE(l.peer.up());
    EXPECT_TRUE(l.peer.take_close());
    EXPECT_FALSE(l.peer.take_close()) << "told once";
    EXPECT_EQ(l.heard.take(), lines{"down"});
    EXPECT_EQ(l.peer.outgoing(), nullptr);
    EXPECT_EQ(l.counters.at("link.lost"), 1U);
}

TEST(Peer, AnyFrameIsASignOfLife)
{
    line l;
    l.up();
    for (int i = 0; i < 5; ++i) {
        l.live(1900ms);
        l.hear(kind::beat);
    }

    EXPECT_TRUE(l.peer.up());
}

TEST(Peer, GarbageIsNoSignOfLifeAndIsCounted)
{
    line l;
    l.up();
    l.live(1900ms);

    l.peer.on_frame("garbage", l.now);
    l.live(200ms);

    EXPECT_FALSE(l.peer.up());
    EXPECT_EQ(l.counters.at("link.undecodable"), 1U);
}

TEST(Peer, GarbageInsideAnEnvelopeIsCountedAndChangesNothing)
{
    line l;
    l.up();

    for (const auto k : {kind::welcome, kind::view, kind::settled})
        l.hear(k, "garbage");

    EXPECT_EQ(l.counters.at("link.undecodable"), 3U);
    EXPECT_EQ(l.heard.take(), lines{});
    EXPECT_TRUE(l.peer.up());
}

TEST(Peer, AHelloWithoutAnswerIsALostLineToo)
{
    line l;
    (void)l.open();

    l.live(2100ms);

    EXPECT_TRUE(l.peer.take_close());
    EXPECT_EQ(l.heard.take(), lines{}) << "it never was up";
}

TEST(Peer, AfterAStallOfItsOwnTheBrokerGetsFreshTime)
{
    line l;
    l.up();
    l.live(100ms);

    l.pass(10s); // our loop stood still
    l.peer.on_tick(l.now);
    EXPECT_TRUE(l.peer.up());

    l.live(2000ms);
    EXPECT_TRUE(l.peer.up());
    l.live(100ms);
    EXPECT_FALSE(l.peer.up());
}

TEST(Peer, OpensAgainAfterARandomPauseUnderAFreshNonce)
{
    line l;
    std::set<std::uint64_t> nonces;
    std::set<std::chrono::milliseconds> pauses;
    for (int i = 0; i < 50; ++i) {
        l.up();
        nonces.insert(l.nonce);
        l.peer.on_lost(l.now);
        const auto pause = l.wait_for_open();
        pauses.insert(pause);
        EXPECT_GE(pause, 100ms);
        EXPECT_LE(pause, 500ms);
    }

    EXPECT_EQ(nonces.size(), 50U);
    EXPECT_GT(pauses.size(), 10U);
}

TEST(Peer, TellsTheNewBrokerTheNewestViewItKnew)
{
    line l;
    l.up();
    l.hear(kind::view, protocol::pack(line::view(8)));
    l.peer.on_lost(l.now);
    (void)l.wait_for_open();

    const auto first = l.next();

    EXPECT_EQ(protocol::unpack<protocol::hello>(first.e.body)->newest, line::view(8));
}

TEST(Peer, WhatWasQueuedForALostLineIsGone)
{
    line l;
    l.up();
    ASSERT_TRUE(l.peer.send({.kind = kind::notify}));

    l.peer.on_lost(l.now);

    EXPECT_EQ(l.peer.outgoing(), nullptr);
}

TEST(Peer, LosingTwiceIsLosingOnce)
{
    line l;
    l.up();

    l.peer.on_lost(l.now);
    l.peer.on_lost(l.now);

    EXPECT_EQ(l.heard.take(), lines{"down"});
}

TEST(Peer, FramesOfAClosedLineCountForNothing)
{
    line l;
    l.up();
    l.peer.on_lost(l.now);
    (void)l.heard.take();

    l.welcome();
    l.hear(kind::notify, "x");
    l.hear_published(kind::broadcast, "x");

    EXPECT_EQ(l.heard.take(), lines{});
}

TEST(Peer, ARefusedLineIsOpenedAnew)
{
    line l;
    l.up();

    l.refuse("stale");

    EXPECT_TRUE(l.peer.take_close());
    EXPECT_EQ(l.peer.refusal(), "stale");
    EXPECT_EQ(l.heard.take(), lines{"down"});
    EXPECT_LE(l.wait_for_open(), 500ms);
    EXPECT_EQ(l.peer.refusal(), "");
}

TEST(Peer, GivesUpWhenItsIdIsTakenForFiveSeconds)
{
    line l;
    const auto start = l.now;
    while (!l.peer.refused_for_good()) {
        ASSERT_LT(l.now - start, 7s);
        (void)l.wait_for_open();
        l.refuse("duplicate_id");
    }

    EXPECT_GT(l.now - start, 5s);
    l.pass(10s);
    EXPECT_FALSE(l.open());
}

TEST(Peer, ItsFormerLifeMayTakeAMomentToBeForgotten)
{
    line l;
    for (int i = 0; i < 5; ++i) {
        (void)l.wait_for_open();
        l.refuse("duplicate_id");
    }
    (void)l.wait_for_open();
    l.welcome();
    l.peer.on_lost(l.now);
    l.pass(10s);
    (void)l.wait_for_open();

    l.refuse("duplicate_id");

    EXPECT_FALSE(l.peer.refused_for_good()) << "patience begins anew";
}

TEST(Peer, TimeWithoutABrokerIsNoRefusal)
{
    line l;
    (void)l.open();
    l.refuse("duplicate_id");
    for (int i = 0; i < 20; ++i) {
        (void)l.wait_for_open();
        l.pass(1s);
        l.peer.on_lost(l.now);
    }
    (void)l.wait_for_open();

    l.refuse("duplicate_id");

    EXPECT_FALSE(l.peer.refused_for_good());
}

TEST(Peer, PassesOnWhatServersSay)
{
    line l;
    l.up();

    l.hear(kind::call, "1");
    l.hear(kind::reply, "2");
    l.hear(kind::notify, "3");
    l.hear(kind::enroll, "4");
    l.hear(kind::settled, protocol::pack(protocol::generation_mark{6}));
    l.hear(kind::beat);

    EXPECT_EQ(l.heard.take(), (lines{"call 1", "reply 2", "notify 3", "enroll 4", "settled 6"}));
}

TEST(Peer, OlderViewsOfTheSameBrokerAreIgnored)
{
    line l;
    l.up();
    l.hear(kind::view, protocol::pack(line::view(5)));

    l.hear(kind::view, protocol::pack(line::view(4)));

    EXPECT_EQ(l.peer.view().number, 5U);
    EXPECT_EQ(l.heard.take(), lines{"view 5"});
}

TEST(Peer, AnotherBrokersViewIsTaken)
{
    line l;
    l.up();
    l.hear(kind::view, protocol::pack(line::view(5)));

    l.hear(kind::view, protocol::pack(protocol::view{.broker = 10, .number = 2}));

    EXPECT_EQ(l.peer.view().id(), (protocol::view_id{10, 2}));
}

TEST(Peer, ConnectorsHearBroadcasts)
{
    line l(server_kind::connector);
    l.up();

    l.hear_published(kind::broadcast, "push");
    l.hear_published(kind::beat);

    EXPECT_EQ(l.heard.take(), lines{"broadcast push"});
}

TEST(Peer, AConnectorWithoutBeatsOnItsTopicHasLostItsLine)
{
    line l(server_kind::connector);
    l.up();
    for (int i = 0; i < 4; ++i) {
        l.live(500ms);
        l.hear(kind::beat);
    }
    EXPECT_TRUE(l.peer.up());

    l.live(100ms);

    EXPECT_FALSE(l.peer.up());
}

TEST(Peer, AConnectorWithBothLivesOn)
{
    line l(server_kind::connector);
    l.up();
    for (int i = 0; i < 20; ++i) {
        l.live(500ms);
        l.hear(kind::beat);
        l.hear_published(kind::beat);
    }

    EXPECT_TRUE(l.peer.up());
}

TEST(Peer, QueueIsBoundedInBytes)
{
    line l(server_kind::chat, 10'000);
    l.up();
    const std::string body(1'000, 'x');
    int taken = 0;
    while (l.peer.send({.kind = kind::notify, .body = body}))
        ++taken;

    EXPECT_EQ(taken, 9);
    l.peer.pop_outgoing();
    EXPECT_TRUE(l.peer.send({.kind = kind::notify, .body = body})) << "room again";
    l.live(500ms);
    EXPECT_EQ(l.sent().back(), kind::beat) << "what keeps the line up is never refused";
}

TEST(Peer, RefusesWhatIsLargerThanAnEnvelopeMayBe)
{
    line l;
    l.up();
    const std::string body(protocol::max_envelope - 100, 'x');
    const std::vector<std::string> many(100, "connector-server-1");

    EXPECT_TRUE(l.peer.send({.kind = kind::notify, .body = body}));
    EXPECT_FALSE(l.peer.send({.kind = kind::broadcast, .to = {many.begin(), many.end()}, .body = body}));

    EXPECT_LE(l.peer.outgoing()->size(), protocol::max_envelope);
}

TEST(Peer, DrainIsToldNowAndInEveryFurtherHello)
{
    line l;
    l.up();

    l.peer.drain(l.now);
    EXPECT_EQ(l.sent(), kinds{kind::drain});
    l.peer.on_lost(l.now);
    (void)l.wait_for_open();

    const auto first = l.next();
    EXPECT_TRUE(protocol::unpack<protocol::hello>(first.e.body)->self.draining);
}

TEST(Peer, DrainBetweenHelloAndWelcomeIsNotLost)
{
    line l;
    (void)l.open();
    (void)l.sent();

    l.peer.drain(l.now);
    l.welcome();

    EXPECT_EQ(l.sent(), kinds{kind::drain});
}

TEST(Peer, ByeGoesBehindWhatWaits)
{
    line l;
    l.up();
    ASSERT_TRUE(l.peer.send({.kind = kind::notify}));

    l.peer.bye(l.now);

    EXPECT_EQ(l.sent(), (kinds{kind::notify, kind::bye}));
}

TEST(Peer, AddressIsPartOfTheHello)
{
    line l(server_kind::connector);
    l.peer.set_address("chat.example", 3050);
    (void)l.open();

    const auto first = l.next();
    const auto self = protocol::unpack<protocol::hello>(first.e.body)->self;

    EXPECT_EQ(self.host, "chat.example");
    EXPECT_EQ(self.port, 3050);
}

} // namespace
} // namespace citron::cluster
