#include "common/cluster/rpc.hpp"

#include "test/unit/cluster/line.hpp"

#include <gtest/gtest.h>

namespace citron::cluster {
namespace {

using namespace std::chrono_literals;
using test::errc;
using test::kind;
using test::line;

/// An rpc on a line that is up, and what its calls ended with.
struct caller : line
{
    caller() { up(); }

    void call(const std::string& name, protocol::milliseconds patience = 1s)
    {
        rpc.call_room("lobby", "a.b.c", "question", now + patience, remember(name));
    }
    cluster::rpc::callback remember(const std::string& name)
    {
        return [this, name](const answer& a, instant) {
            ended.push_back(name + ": " + std::string(reason(a.code)) + " " + std::string(a.body));
        };
    }
    void answer_to(std::uint64_t id, errc code, std::string_view body, const std::string& from = "s2")
    {
        rpc.on_reply({.kind = kind::reply, .from = from, .id = id, .code = code, .body = body}, now);
    }

    cluster::rpc rpc{peer, counters};
    std::vector<std::string> ended;
};

using lines = std::vector<std::string>;

TEST(Rpc, CallsARoom)
{
    caller c;
    c.call("x");

    const auto frame = c.next();

    EXPECT_EQ(frame.e.kind, kind::call);
    EXPECT_TRUE(frame.e.to.empty());
    EXPECT_EQ(frame.e.room, "lobby");
    EXPECT_EQ(frame.e.route, "a.b.c");
    EXPECT_EQ(frame.e.body, "question");
    EXPECT_NE(frame.e.id, 0U);
}

TEST(Rpc, CallsAServer)
{
    caller c;
    c.rpc.call_server("s2", "lobby", "a.b.c", "question", c.now + 1s, c.remember("x"));

    const auto frame = c.next();

    EXPECT_EQ(frame.e.to, protocol::addressees{"s2"});
    EXPECT_EQ(frame.e.room, "lobby");
}

TEST(Rpc, TheAnswerFindsItsCall)
{
    caller c;
    c.call("one");
    c.call("two");
    const auto one = c.next(), two = c.next();

    c.answer_to(two.e.id, errc::ok, "second");
    c.answer_to(one.e.id, errc::moved, "");

    EXPECT_EQ(c.ended, (lines{"two: ok second", "one: unavailable "}));
}

TEST(Rpc, SaysWhetherTheAddresseeItselfAnswered)
{
    caller c;
    std::vector<speaker> heard;
    const auto note = [&](const answer& a, instant) { heard.push_back(a.who); };
    for (int i = 0; i < 3; ++i)
        c.rpc.call_room("lobby", "a.b.c", "", c.now + 1s, note);
    const auto one = c.next(), two = c.next();

    c.answer_to(one.e.id, errc::ok, "");
    c.answer_to(two.e.id, errc::unavailable, "", "broker");
    c.pass(1s);
    c.rpc.on_tick(c.now);

    EXPECT_EQ(heard, (std::vector{speaker::addressee, speaker::broker, speaker::nobody}));
}

TEST(Rpc, WhatTheLineDidNotTakeHasReachedNobodyAndWhatItLostMayHave)
{
    caller c;
    std::vector<speaker> heard;
    const auto note = [&](const answer& a, instant) { heard.push_back(a.who); };
    c.rpc.call_room("lobby", "a.b.c", "", c.now + 1s, note);
    c.peer.on_lost(c.now);

    c.rpc.on_down(c.now);
    c.rpc.call_room("lobby", "a.b.c", "", c.now + 1s, note);
    c.rpc.on_tick(c.now);

    EXPECT_EQ(heard, (std::vector{speaker::nobody, speaker::broker}));
}

TEST(Rpc, EndsAtItsDeadline)
{
    caller c;
    c.call("slow", 1s);
    c.call("patient", 2s);

    c.pass(999ms);
    c.rpc.on_tick(c.now);
    EXPECT_EQ(c.ended, lines{});
    c.pass(1ms);
    c.rpc.on_tick(c.now);

    EXPECT_EQ(c.ended, lines{"slow: timeout "});
    EXPECT_EQ(c.counters.at("rpc.timeout"), 1U);
}

TEST(Rpc, ALateAnswerIsCountedAndNothingElse)
{
    caller c;
    c.call("x");
    const auto frame = c.next();
    c.pass(1s);
    c.rpc.on_tick(c.now);

    c.answer_to(frame.e.id, errc::ok, "late");

    EXPECT_EQ(c.ended, lines{"x: timeout "});
    EXPECT_EQ(c.counters.at("rpc.late"), 1U);
}

TEST(Rpc, EndsExactlyOnceWhenAnsweredTwice)
{
    caller c;
    c.call("x");
    const auto frame = c.next();

    c.answer_to(frame.e.id, errc::ok, "1");
    c.answer_to(frame.e.id, errc::ok, "2");
    c.pass(10s);
    c.rpc.on_tick(c.now);

    EXPECT_EQ(c.ended, lines{"x: ok 1"});
}

TEST(Rpc, ALostLineEndsAllCallsOldestFirst)
{
    caller c;
    c.call("one");
    c.call("two");
    c.call("three", 500ms);

    c.rpc.on_down(c.now);
    c.pass(10s);
    c.rpc.on_tick(c.now);

    EXPECT_EQ(c.ended, (lines{"one: unavailable ", "two: unavailable ", "three: unavailable "}));
}

TEST(Rpc, ACallThatCannotBeSentEndsWithTheNextTickNotAtOnce)
{
    caller c;
    c.peer.on_lost(c.now);

    c.call("x");
    EXPECT_EQ(c.ended, lines{});
    c.rpc.on_tick(c.now);

    EXPECT_EQ(c.ended, lines{"x: unavailable "});
    EXPECT_EQ(c.counters.at("rpc.timeout"), 0U);
}

TEST(Rpc, ACallbackThatCallsAgainWithoutALineGetsItsAnswerInTheNextTick)
{
    caller c;
    c.peer.on_lost(c.now);
    int tries = 0;
    rpc::callback again = [&](const answer&, instant now) {
        ++tries;
        c.rpc.call_room("lobby", "a.b.c", "", now + 1s, again);
    };
    c.rpc.call_room("lobby", "a.b.c", "", c.now + 1s, again);

    c.rpc.on_tick(c.now);
    EXPECT_EQ(tries, 1);
    c.rpc.on_tick(c.now);

    EXPECT_EQ(tries, 2);
}

TEST(Rpc, ACallMadeWhileTheLineGoesDownIsNotEndedTwice)
{
    caller c;
    c.rpc.call_room("lobby", "a.b.c", "", c.now + 1s, [&](const answer&, instant) { c.call("again"); });
    c.peer.on_lost(c.now);

    c.rpc.on_down(c.now);
    c.rpc.on_tick(c.now);
    c.rpc.on_tick(c.now);

    EXPECT_EQ(c.ended, lines{"again: unavailable "});
}

TEST(Rpc, NotifiesAndReplies)
{
    caller c;

    EXPECT_TRUE(c.rpc.notify_server("s2", "lobby", "a.b.c", "1"));
    EXPECT_TRUE(c.rpc.notify_room("lobby", "a.b.c", "2"));
    EXPECT_TRUE(c.rpc.reply("s3", 5, "lobby", errc::no_such_user, "3"));

    const auto server = c.next(), room = c.next(), reply = c.next();
    EXPECT_EQ(server.e.kind, kind::notify);
    EXPECT_EQ(server.e.to, protocol::addressees{"s2"});
    EXPECT_EQ(room.e.room, "lobby");
    EXPECT_TRUE(room.e.to.empty());
    EXPECT_EQ(reply.e.kind, kind::reply);
    EXPECT_EQ(reply.e.to, protocol::addressees{"s3"});
    EXPECT_EQ(reply.e.id, 5U);
    EXPECT_EQ(reply.e.code, errc::no_such_user);
}

TEST(Rpc, IdsOfAnotherLifeOfTheServerAreOthers)
{
    caller c;
    c.call("x");

    EXPECT_EQ(c.next().e.id >> 32U, 77U) << "boot";
}

} // namespace
} // namespace citron::cluster
