// Who is alive, as the peers hear it.
#include "test/unit/broker/stage.hpp"

#include <gtest/gtest.h>

namespace citron::broker::test {
namespace {

using namespace std::chrono_literals;
using protocol::kind;
using protocol::server_kind;

TEST(Registry, WelcomesWithAViewThatShowsTheNewcomer)
{
    stage s;
    auto gate = s.make("g1", server_kind::gate);

    s.hello(gate);

    EXPECT_EQ(s.hears(gate), "welcome 1.1 g1");
}

TEST(Registry, TellsTheOthersOfANewcomer)
{
    stage s;
    auto gate = s.gate("g1");

    auto chat = s.make("s1", server_kind::chat);
    s.hello(chat);

    EXPECT_EQ(s.hears(gate), "view 2.2 g1,s1");
    EXPECT_EQ(s.hears(chat), "welcome 2.2 g1,s1");
}

TEST(Registry, AConnectorIsLiveOnlyWithItsSubscription)
{
    stage s;
    auto gate = s.gate("g1");
    auto connector = s.make("c1", server_kind::connector);

    s.hello(connector);
    EXPECT_EQ(s.hears(connector), "welcome 1.1 g1");
    EXPECT_EQ(s.hears(gate), "");

    s.subscribe(connector);
    EXPECT_EQ(s.hears(connector), "view 2.1 c1,g1");
    EXPECT_EQ(s.hears(gate), "view 2.1 c1,g1");
}

TEST(Registry, ASubscriptionMayArriveBeforeItsHello)
{
    stage s;
    auto connector = s.make("c1", server_kind::connector);

    s.subscribe(connector);
    s.hello(connector);

    EXPECT_EQ(s.hears(connector), "welcome 1.1 c1");
}

TEST(Registry, TheSubscriptionOfAnEarlierLinkDoesNotCount)
{
    stage s;
    auto connector = s.connector("c1");

    s.reopen(connector);

    EXPECT_EQ(s.hears(connector), "welcome 3.1 -");
    s.subscribe(connector);
    EXPECT_EQ(s.hears(connector), "view 4.1 c1");
}

TEST(Registry, AConnectorThatUnsubscribesIsNotLive)
{
    stage s;
    auto connector = s.connector("c1");

    s.subscribe(connector, false);

    EXPECT_EQ(s.now_alive(), "3.1 -");
    EXPECT_TRUE(s.board.peers().view().dropped.empty());
}

TEST(Registry, RefusesTopicsThatNoConnectorCouldHave)
{
    stage s;

    for (const auto* topic : {"", "c1", "c1#0000000000000001"})
        EXPECT_FALSE(s.board.on_subscription(topic, true, s.now)) << topic;
    EXPECT_FALSE(s.board.on_subscription(std::string("\0aaaaaaaa", 9), true, s.now));
    EXPECT_FALSE(s.board.on_subscription(std::string("c1\0aaaaaaaab", 12), true, s.now));

    EXPECT_EQ(s.count("broker.bad_topic"), 5U);
}

TEST(Registry, ManyForgottenSubscriptionsDoNotKeepALaterOneOut)
{
    stage s;
    for (int i = 0; i < 10'000; ++i)
        (void)s.board.on_subscription(protocol::topic_of("x", static_cast<std::uint64_t>(i)), true, s.now);

    auto connector = s.connector("c1");

    EXPECT_EQ(s.now_alive(), "2.1 c1");
}

// ---- death

TEST(Registry, TwoSecondsOfSilenceAreDeath)
{
    stage s;
    auto gate = s.gate("g1");
    (void)s.gate("s1");

    s.pass(2000ms, {&gate});
    EXPECT_EQ(s.now_alive(), "2.1 g1,s1");
    s.pass(100ms, {&gate});

    EXPECT_EQ(s.hears(gate), "view 2.1 g1,s1; view 3.1 g1");
    EXPECT_EQ(s.board.peers().view().dropped, (std::vector<protocol::incarnation>{{"s1", 1}}));
    EXPECT_EQ(s.count("broker.deaths"), 1U);
}

TEST(Registry, WhoBeatsLives)
{
    stage s;
    auto gate = s.gate("g1");

    s.pass(60s, {&gate});

    EXPECT_EQ(s.now_alive(), "1.1 g1");
}

TEST(Registry, APauseOfOurOwnLoopGrantsFreshTime)
{
    stage s;
    auto gate = s.gate("g1");

    s.stand_still(10s);
    s.pass(2000ms);
    EXPECT_EQ(s.now_alive(), "1.1 g1");
    s.pass(200ms);

    EXPECT_EQ(s.now_alive(), "2.1 -");
    EXPECT_EQ(s.count("broker.stalls"), 1U);
}

TEST(Registry, TheDeadAreToldWhenTheySpeak)
{
    stage s;
    auto gate = s.gate("g1");
    s.pass(2100ms);

    s.say(gate, kind::beat);

    EXPECT_EQ(s.hears(gate), "refused unknown");
}

TEST(Registry, OneWhoWasDeclaredDeadStartsEmpty)
{
    stage s;
    auto chat = s.chat("s1");
    s.pass(2100ms);

    s.reopen(chat);

    EXPECT_EQ(s.hears(chat), "welcome fresh 2.2 -");
}

TEST(Registry, OneWhoReturnsIsInTheViewOnceItKnowsThatItIsFresh)
{
    stage s;
    auto chat = s.chat("s1");
    s.pass(2100ms);
    s.reopen(chat);
    EXPECT_EQ(s.now_alive(), "2.2 -");
    (void)s.hears(chat);

    s.say(chat, kind::beat);

    EXPECT_EQ(s.hears(chat), "view 3.3 s1");
    EXPECT_TRUE(s.board.peers().view().dropped.empty());
}

TEST(Registry, AWelcomeThatWasLostIsSaidAgain)
{
    stage s;
    auto chat = s.chat("s1");
    s.pass(2100ms);
    s.reopen(chat); // its link breaks before the welcome arrives

    s.reopen(chat);

    EXPECT_EQ(s.hears(chat), "welcome fresh 2.2 -");
}

TEST(Registry, ANewLifeOfADeadServerIsNotFresh)
{
    stage s;
    (void)s.chat("s1");
    s.pass(2100ms);

    auto again = s.make("s1", server_kind::chat, 2);
    s.hello(again);

    EXPECT_EQ(s.hears(again), "welcome 3.3 s1");
}

TEST(Registry, OneForgottenAmongTheDeadStartsEmptyAllTheSame)
{
    stage s({.remember_max = 1});
    auto lost = s.chat("s1");
    s.reopen(lost);
    (void)s.hears(lost); // it knows the view that shows it
    (void)s.chat("s2");
    s.pass(2100ms);
    ASSERT_EQ(s.board.peers().view().dropped, (std::vector<protocol::incarnation>{{"s2", 1}}));

    s.reopen(lost);

    EXPECT_TRUE(s.hears(lost).starts_with("welcome fresh"));
}

TEST(Registry, ByeIsNoDeath)
{
    stage s;
    auto gate = s.gate("g1");
    auto chat = s.chat("s1");

    s.say(chat, kind::bye);

    EXPECT_EQ(s.hears(gate), "view 2.2 g1,s1; view 3.3 g1");
    EXPECT_TRUE(s.board.peers().view().dropped.empty());
    s.say(chat, kind::beat);
    EXPECT_EQ(s.hears(chat), "refused unknown");
}

// ---- links and lives

TEST(Registry, ASecondProcessWithALivingIdIsRefused)
{
    stage s;
    auto first = s.chat("s1");
    auto second = s.make("s1", server_kind::chat, 2);

    s.hello(second);

    EXPECT_EQ(s.hears(second), "refused duplicate_id");
    EXPECT_EQ(s.hears(first), "");
    EXPECT_EQ(s.count("broker.refused.duplicate_id"), 1U);
}

TEST(Registry, ARestartedProcessGetsInWhenItsFormerLifeIsSilent)
{
    stage s;
    auto first = s.chat("s1");
    s.done(first, 1);
    s.pass(1900ms);
    s.now += 150ms; // before the tick that would judge it
    auto second = s.make("s1", server_kind::chat, 2);

    s.hello(second);

    EXPECT_EQ(s.hears(second), "welcome 2.2 s1");
    EXPECT_EQ(s.board.peers().view().dropped, (std::vector<protocol::incarnation>{{"s1", 1}}));
}

TEST(Registry, ANewLinkReplacesTheOldOne)
{
    stage s;
    auto chat = s.chat("s1");
    const auto old = chat;

    s.reopen(chat);
    EXPECT_EQ(s.hears(chat), "welcome 2.2 s1");
    s.say(old, kind::beat);

    auto listener = old;
    EXPECT_EQ(s.hears(listener), "refused stale");
    EXPECT_EQ(s.hears(chat), "");
}

TEST(Registry, ALateHelloOfAnOldLinkIsStale)
{
    stage s;
    auto chat = s.chat("s1");
    auto old = chat;
    s.reopen(chat);

    s.hello(old);

    EXPECT_EQ(s.hears(old), "refused stale");
    EXPECT_EQ(s.board.peers().find("s1")->identity.view(), chat.identity());
}

TEST(Registry, TheSameHelloTwiceIsAnsweredTwice)
{
    stage s;
    auto chat = s.chat("s1");

    s.hello(chat);

    EXPECT_EQ(s.hears(chat), "welcome 1.1 s1");
}

TEST(Registry, RefusesHellosThatMakeNoSense)
{
    stage s;
    std::uint64_t expected = 0;
    const auto refuses = [&](actor who, std::string_view why) {
        s.hello(who);
        EXPECT_EQ(s.hears(who), "refused bad_hello") << why;
        EXPECT_EQ(s.count("broker.refused.bad_hello"), ++expected);
    };

    refuses(s.make("", server_kind::chat), "no id");
    refuses(s.make("broker", server_kind::chat), "our id");
    refuses(s.make(std::string(300, 'x'), server_kind::chat), "long id");
    refuses(s.make("a\nb", server_kind::chat), "control character");
    refuses(s.make("x", server_kind::broker), "a second broker");
    refuses(s.make("x", static_cast<server_kind>(77)), "no such kind");
}

TEST(Registry, AnIncredibleNumberLeavesRoomForOthers)
{
    stage s;
    auto honest = s.make("s1", server_kind::chat), liar = s.make("s2", server_kind::chat);
    s.hello(honest);
    const auto before = s.board.peers().view().number;

    liar.known.number = ~0ULL;
    s.hello(liar);

    EXPECT_GT(s.board.peers().view().number, before);
    EXPECT_LE(s.board.peers().view().number, before + (1ULL << 32U) + 1);
}

TEST(Registry, AnIncredibleNumberThatAFreshBrokerHearsShutsNobodyOut)
{
    stage s({.expected = {"s1", "s2"}});
    auto liar = s.make("s2", server_kind::chat), honest = s.make("s1", server_kind::chat);
    liar.known.number = ~0ULL;
    s.hello(liar);
    const auto before = s.board.peers().view().number;

    honest.known.number = before;
    s.hello(honest);

    EXPECT_TRUE(s.hears(honest).starts_with("welcome"));
    EXPECT_GT(s.board.peers().view().number, before);
}

TEST(Registry, NobodyTakesAServersIdForAnotherKind)
{
    stage s;
    auto chat = s.make("s1", server_kind::chat);
    s.hello(chat);
    auto tool = s.make("s1", server_kind::tool);
    tool.self.boot = chat.self.boot;

    s.hello(tool);

    EXPECT_EQ(s.hears(tool), "refused duplicate_id");
    EXPECT_EQ(s.board.peers().find("s1")->info.type(), server_kind::chat);
}

TEST(Registry, AnIdOfConfIsKeptForItsKind)
{
    stage s({.kinds = {{"s1", server_kind::chat}}});
    auto tool = s.make("s1", server_kind::tool), chat = s.make("s1", server_kind::chat);

    s.hello(tool);
    s.hello(chat);

    EXPECT_EQ(s.hears(tool), "refused reserved_id");
    EXPECT_TRUE(s.hears(chat).starts_with("welcome"));
}

TEST(Registry, AHelloOfMegabytesIsNotEvenDecoded)
{
    stage s;
    auto who = s.make("s1", server_kind::chat);
    protocol::hello hello{who.self, {}, 1};
    hello.newest.servers.resize(40'000);

    s.raw(who.identity(),
          protocol::encode({.kind = kind::hello, .from = "s1", .body = protocol::pack(hello)}));

    EXPECT_EQ(s.hears(who), "refused bad_hello");
}

TEST(Registry, AHelloMustMatchItsSocket)
{
    stage s;
    auto who = s.make("s1", server_kind::chat);
    const auto body = protocol::pack(protocol::hello{who.self, {}, 1});

    s.raw("s1#0000000000000001", protocol::encode({.kind = kind::hello, .from = "s1", .body = body}));
    s.raw(who.identity(), protocol::encode({.kind = kind::hello, .from = "s2", .body = body}));

    EXPECT_EQ(s.count("broker.refused.bad_hello"), 2U);
    EXPECT_EQ(s.now_alive(), "!0.0 -");
}

TEST(Registry, ALinkThatWasCutOffMustSayHelloAgain)
{
    stage s;
    auto connector = s.connector("c1");

    s.board.on_overflow(connector.identity(), s.now);
    EXPECT_EQ(s.now_alive(), "3.1 -");
    EXPECT_EQ(s.board.take_ended(), (std::vector<std::string>{connector.identity(), connector.topic()}));
    s.say(connector, kind::beat);
    EXPECT_EQ(s.hears(connector), "refused unknown");

    s.reopen(connector);
    s.subscribe(connector);
    EXPECT_EQ(s.hears(connector), "welcome 3.1 -; view 4.1 c1");
}

TEST(Registry, AFullTopicCutsItsConnectorOff)
{
    stage s;
    auto connector = s.connector("c1");

    s.board.on_topic_overflow(connector.topic(), s.now);

    EXPECT_EQ(s.now_alive(), "3.1 -");
    EXPECT_EQ(s.count("broker.cut_off"), 1U);
}

// ---- views

TEST(Registry, NothingIsPushedWhenNothingChanged)
{
    stage s;
    auto gate = s.gate("g1");

    s.pass(5000ms, {&gate});
    s.hello(gate);

    EXPECT_EQ(s.hears(gate), "welcome 1.1 g1");
    EXPECT_EQ(s.count("broker.views"), 1U);
}

TEST(Registry, OnlyAChangeOfOwnersIsANewGeneration)
{
    stage s;
    auto chat = s.chat("s1");
    EXPECT_EQ(s.now_alive(), "1.1 s1");

    auto connector = s.connector("c1");
    EXPECT_EQ(s.now_alive(), "2.1 c1,s1");
    s.say(connector, kind::drain);
    EXPECT_EQ(s.now_alive(), "3.1 c1*,s1");
    s.reopen(chat);
    EXPECT_EQ(s.now_alive(), "4.4 c1*,s1") << "a new link of an owner";
    s.say(chat, kind::drain);
    EXPECT_EQ(s.now_alive(), "5.5 c1*,s1*");
    s.reopen(chat);
    EXPECT_EQ(s.now_alive(), "6.5 c1*,s1*") << "still draining, and no owner";
}

TEST(Registry, AToolIsInNoViewButHearsEach)
{
    stage s;
    auto gate = s.gate("g1");
    auto tool = s.make("t1", server_kind::tool);

    s.hello(tool);
    EXPECT_EQ(s.hears(tool), "welcome 1.1 g1");
    auto chat = s.chat("s1");
    EXPECT_EQ(s.hears(tool), "view 2.2 g1,s1");
    s.say(chat, kind::bye);
    EXPECT_EQ(s.hears(tool), "view 3.3 g1");
    EXPECT_EQ(s.hears(gate), "view 2.2 g1,s1; view 3.3 g1");
}

TEST(Registry, AToolIsForgottenInSilence)
{
    stage s;
    auto gate = s.gate("g1");
    auto tool = s.make("t1", server_kind::tool);
    s.hello(tool);
    auto chat = s.chat("s1");
    s.pass(2100ms, {&gate, &chat});

    EXPECT_EQ(s.board.peers().find("t1"), nullptr);
    EXPECT_EQ(s.hears(gate), "view 2.2 g1,s1");
    EXPECT_EQ(s.count("broker.deaths"), 0U);
}

// ---- a fresh broker

/// `who` comes from an earlier broker, whose view `number` showed these living and those dropped.
void knew(actor& who, std::uint64_t number, std::vector<protocol::server_info> living,
          std::vector<protocol::incarnation> dropped = {})
{
    who.known = {.broker = 9,
                 .number = number,
                 .generation = 1,
                 .ready = true,
                 .servers = std::move(living),
                 .dropped = std::move(dropped)};
}

TEST(FreshBroker, CountsOnAboveTheHighestReportedView)
{
    stage s;
    auto gate = s.make("g1", server_kind::gate);
    knew(gate, 50, {gate.self});

    s.hello(gate);

    EXPECT_EQ(s.hears(gate), "welcome 51.51 g1");
}

TEST(FreshBroker, GathersThoseWhomConfNames)
{
    stage s({.expected = {"g1", "s1"}});
    auto gate = s.gate("g1");
    EXPECT_EQ(s.now_alive(), "!1.0 g1");

    (void)s.chat("s1");

    EXPECT_EQ(s.now_alive(), "2.2 g1,s1");
}

TEST(FreshBroker, GathersThoseWhomTheNewestViewShows)
{
    stage s;
    auto one = s.make("s1", server_kind::chat), two = s.make("s2", server_kind::chat);
    knew(one, 50, {one.self, two.self});

    s.hello(one);
    EXPECT_EQ(s.hears(one), "welcome !51.0 s1");
    s.hello(two);

    EXPECT_EQ(s.hears(one), "view 52.52 s1,s2");
}

TEST(FreshBroker, WaitsNoLongerThanItsPatienceAfterTheFirstHello)
{
    stage s({.expected = {"s2"}});
    s.pass(10s);
    auto one = s.chat("s1");

    s.pass(1400ms, {&one});
    EXPECT_EQ(s.now_alive(), "!1.0 s1");
    s.pass(100ms, {&one});

    EXPECT_EQ(s.now_alive(), "2.2 s1");
}

TEST(FreshBroker, WhoDoesNotComeInTimeIsDropped)
{
    stage s;
    auto one = s.make("s1", server_kind::chat), two = s.make("s2", server_kind::chat);
    knew(one, 50, {one.self, two.self});
    s.hello(one);
    s.pass(1500ms, {&one});
    EXPECT_EQ(s.board.peers().view().dropped, (std::vector<protocol::incarnation>{{"s2", 1}}));

    s.hello(two);

    EXPECT_TRUE(s.hears(two).starts_with("welcome fresh")) << "its rooms have been opened without it";
}

TEST(FreshBroker, ALateConnectorThatIsThereButNotSubscribedIsNotDropped)
{
    stage s;
    auto one = s.make("c1", server_kind::connector), two = s.make("c2", server_kind::connector);
    knew(one, 50, {one.self, two.self});
    s.hello(one);
    s.hello(two);

    s.pass(1500ms, {&one, &two});

    EXPECT_TRUE(s.board.peers().view().ready);
    EXPECT_TRUE(s.board.peers().view().dropped.empty());
}

TEST(FreshBroker, WhatItSaidItselfMakesNobodyForgetWhoHadBeenDropped)
{
    stage s({.expected = {"s1"}});
    auto two = s.make("s2", server_kind::chat);
    knew(two, 48, {two.self});
    s.hello(two); // it stood still, and knows nothing of its death
    EXPECT_EQ(s.hears(two), "welcome !49.0 s2");
    auto gate = s.make("g1", server_kind::gate);
    knew(gate, 50, {gate.self}, {{"s2", 1}});
    s.hello(gate);

    s.reopen(two);

    EXPECT_TRUE(s.hears(two).starts_with("welcome fresh")) << "its rooms have been opened without it";
}

TEST(FreshBroker, WhoHasStartedEmptyIsNotSentBackByThoseWhoComeLater)
{
    stage s({.expected = {"s1"}});
    auto two = s.make("s2", server_kind::chat);
    auto gate = s.make("g1", server_kind::gate), other = s.make("g2", server_kind::gate);
    for (auto* one : {&gate, &other})
        knew(*one, 50, {one->self}, {{"s2", 1}});
    s.hello(gate);
    s.hello(two);
    EXPECT_EQ(s.hears(two), "welcome fresh !51.0 g1");
    s.say(two, protocol::kind::beat);

    s.hello(other);

    EXPECT_TRUE(s.now_alive().ends_with("g1,g2,s2")) << s.now_alive();
}

TEST(FreshBroker, KnowsFromTheNewestViewWhoHadBeenDropped)
{
    stage s({.expected = {"s1", "s2"}});
    auto one = s.make("s1", server_kind::chat), two = s.make("s2", server_kind::chat);
    knew(one, 50, {one.self}, {{"s2", 1}});
    knew(two, 40, {one.self, two.self});
    s.hello(one);

    s.hello(two);

    EXPECT_TRUE(s.hears(two).starts_with("welcome fresh"));
}

TEST(FreshBroker, SendsBackOneWhoCameBeforeItsDeathWasKnown)
{
    stage s({.expected = {"s1", "s2", "s3"}});
    auto one = s.make("s1", server_kind::chat), two = s.make("s2", server_kind::chat);
    knew(two, 40, {one.self, two.self});
    s.hello(two);
    (void)s.hears(two);

    knew(one, 50, {one.self}, {{"s2", 1}});
    s.hello(one);
    EXPECT_EQ(s.hears(one), "welcome !51.0 s1");
    s.say(two, kind::beat);
    EXPECT_EQ(s.hears(two), "refused unknown");
    s.reopen(two);

    EXPECT_TRUE(s.hears(two).starts_with("welcome fresh"));
}

TEST(FreshBroker, AnOlderReportOfADeathIsOverruledByANewerOne)
{
    stage s({.expected = {"s1", "s2", "s3"}});
    auto one = s.make("s1", server_kind::chat), two = s.make("s2", server_kind::chat);
    knew(one, 40, {one.self}, {{"s2", 1}});
    knew(two, 50, {one.self, two.self}); // it had been let in again
    s.hello(one);

    s.hello(two);

    EXPECT_TRUE(s.hears(two).starts_with("welcome !"));
}

// ---- settling

TEST(Settling, WaitsForEveryChatServer)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    (void)s.hears(one);

    s.done(one, 2);
    EXPECT_EQ(s.hears(one), "");
    s.done(two, 2);

    EXPECT_EQ(s.hears(one), "settled 2");
    EXPECT_EQ(s.hears(two), "settled 2");
}

TEST(Settling, ADrainingServerIsWaitedForToo)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    s.say(two, kind::drain);
    (void)s.hears(one);

    s.done(one, 3);
    EXPECT_EQ(s.hears(one), "");
    s.done(two, 3);

    EXPECT_EQ(s.hears(one), "settled 3");
}

TEST(Settling, DoneWithAnEarlierGenerationDoesNotCount)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    (void)s.hears(one);

    s.done(one, 1);
    s.done(two, 2);

    EXPECT_EQ(s.hears(one), "");
}

TEST(Settling, TheDeathOfTheMissingOneSettlesANewGeneration)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    (void)s.hears(one);
    s.done(one, 2);

    s.say(two, kind::bye);
    EXPECT_EQ(s.hears(one), "view 3.3 s1");
    s.done(one, 3);

    EXPECT_EQ(s.hears(one), "settled 3");
}

TEST(Settling, TheEndOfADrainingServerSettlesTheSameGeneration)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    s.say(two, kind::drain);
    (void)s.hears(one);
    s.done(one, 3);

    s.say(two, kind::bye);

    EXPECT_EQ(s.hears(one), "view 4.3 s1; settled 3");
}

TEST(Settling, AServerThatHoldsEverybodyUpInSilenceIsDroppedSooner)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    s.done(one, 2);

    s.pass(1500ms, {&one});
    EXPECT_EQ(s.now_alive(), "2.2 s1,s2");
    s.pass(100ms, {&one});

    EXPECT_EQ(s.now_alive(), "3.3 s1");
}

TEST(Settling, OneThatIsDoneHasTheWholeTwoSeconds)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    s.done(one, 2);
    s.done(two, 2);

    s.pass(1900ms, {&one});

    EXPECT_EQ(s.now_alive(), "2.2 s1,s2");
}

TEST(Settling, ALateDoneIsAnsweredByItself)
{
    stage s;
    auto one = s.chat("s1"), two = s.chat("s2");
    s.say(two, kind::drain);
    s.done(one, 3);
    s.done(two, 3);
    s.reopen(two);
    (void)s.hears(one);
    (void)s.hears(two);

    s.done(two, 3);

    EXPECT_EQ(s.hears(two), "settled 3");
    EXPECT_EQ(s.hears(one), "");
}

TEST(Settling, NothingSettlesWhileTheBrokerGathers)
{
    stage s({.expected = {"s1", "s2"}});
    auto one = s.chat("s1");

    s.done(one, 0);
    s.done(one, 1);

    EXPECT_EQ(s.hears(one), "");
}

} // namespace
} // namespace citron::broker::test
