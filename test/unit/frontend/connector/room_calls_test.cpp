#include "frontend/connector/room_calls.hpp"

#include "test/unit/cluster/line.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

/// Calls over a line that is up. A call's body is its name.
class RoomCalls : public testing::Test
{
protected:
    RoomCalls() { line.up(); }

    room_calls::call_id call(const std::string& name, milliseconds patience = 10s, bool repeatable = true)
    {
        const auto done = [this, name](const cluster::answer& a, instant) {
            ended.push_back(name + " " + std::string(reason(a.code)) +
                            (a.body.empty() ? "" : " " + std::string(a.body)));
        };
        return calls.start("lobby", "a.b.c", name, line.now + patience, repeatable, done, line.now);
    }
    room_calls::call_id call_once(const std::string& name) { return call(name, 10s, false); }
    /// A call that has gone out.
    room_calls::call_id ask_owner(const std::string& name, milliseconds patience = 10s)
    {
        calls.go(line.now);
        const auto id = call(name, patience);
        (void)asked();
        return id;
    }

    /// Names of the calls that went out since the last question, in order.
    strings asked()
    {
        strings names;
        while (line.peer.outgoing()) {
            const auto frame = line.next();
            if (frame.e.kind != protocol::kind::call)
                continue;
            names.emplace_back(frame.e.body);
            tries.emplace_back(frame.e.id);
        }
        return names;
    }
    /// Answers a try: they are counted from 0, in the order they went out.
    void answer(std::size_t which, errc code, std::string_view body = {}, const std::string& from = "s1")
    {
        rpc.on_reply(
            {.kind = protocol::kind::reply, .from = from, .id = tries.at(which), .code = code, .body = body},
            line.now);
    }
    /// Time as the connector sees it: ticks of 50 ms.
    void pass(milliseconds time)
    {
        for (const auto until = line.now + time; line.now < until;) {
            line.pass(50ms);
            rpc.on_tick(line.now);
            calls.on_tick(line.now);
        }
    }

    cluster::test::line line{protocol::server_kind::connector};
    cluster::rpc rpc{line.peer, line.counters};
    room_calls calls{{.try_for = 3s, .retry = 150ms}, rpc, line.counters};
    std::vector<std::uint64_t> tries;
    strings ended;
};

// ---- held

TEST_F(RoomCalls, NothingIsAskedBeforeWeMayGo)
{
    call("a");
    pass(5s);

    EXPECT_EQ(asked(), strings{});
    EXPECT_EQ(ended, strings{});
}

TEST_F(RoomCalls, WhatWaitedIsAskedInTheOrderItWasStarted)
{
    call("c");
    call("a");
    call("b");

    calls.go(line.now);

    EXPECT_EQ(asked(), (strings{"c", "a", "b"}));
}

TEST_F(RoomCalls, OnceWeMayGoCallsAreAskedAtOnce)
{
    calls.go(line.now);

    call("a");

    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(RoomCalls, HeldCallsAreNotRepeated)
{
    ask_owner("a");
    calls.hold();
    answer(0, errc::moved);
    call("b");

    pass(5s);

    EXPECT_EQ(asked(), strings{});
    EXPECT_EQ(ended, strings{});
}

TEST_F(RoomCalls, GoingAgainAsksEverythingUnansweredAgainInOrder)
{
    calls.go(line.now);
    call("a");
    call("b");
    call("c");
    (void)asked();
    answer(1, errc::ok);
    calls.hold();
    call("d");

    calls.go(line.now);

    EXPECT_EQ(asked(), (strings{"a", "c", "d"}));
}

TEST_F(RoomCalls, AHeldCallEndsAtItsDeadline)
{
    call("a", 1s);

    pass(950ms);
    EXPECT_EQ(ended, strings{});
    pass(50ms);

    EXPECT_EQ(ended, strings{"a timeout"});
}

// ---- answers

TEST_F(RoomCalls, TheOwnersWordEndsACall)
{
    calls.go(line.now);
    call("a");
    call("b");
    (void)asked();

    answer(1, errc::duplicate_user);
    answer(0, errc::ok, "fine");

    EXPECT_EQ(ended, (strings{"b duplicate_user", "a ok fine"}));
    EXPECT_EQ(calls.size(), 0U);
}

TEST_F(RoomCalls, ARoomThatMovedIsAskedAgainAfterAPause)
{
    ask_owner("a");
    answer(0, errc::moved);

    pass(100ms);
    EXPECT_EQ(asked(), strings{});
    pass(50ms);

    EXPECT_EQ(asked(), strings{"a"});
    EXPECT_EQ(ended, strings{});
}

TEST_F(RoomCalls, WhenNobodyWasReachedItIsAskedAgain)
{
    calls.go(line.now);
    call("a");
    call_once("b");
    (void)asked();

    answer(0, errc::unavailable, {}, "broker");
    answer(1, errc::unavailable, {}, "broker");
    pass(150ms);

    EXPECT_EQ(asked(), (strings{"a", "b"}));
    EXPECT_EQ(ended, strings{});
}

TEST_F(RoomCalls, AnOwnerThatIsUnavailableItselfHasSpoken)
{
    ask_owner("a");

    answer(0, errc::unavailable);

    EXPECT_EQ(ended, strings{"a unavailable"});
}

TEST_F(RoomCalls, ATryWithoutAnswerIsFollowedByAnother)
{
    ask_owner("a");

    pass(3s);
    EXPECT_EQ(asked(), strings{});
    pass(150ms);

    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(RoomCalls, OnlyTheFirstOfSeveralAnswersCounts)
{
    calls.go(line.now);
    call("a");
    calls.go(line.now);
    ASSERT_EQ(asked(), (strings{"a", "a"}));

    answer(0, errc::ok, "first");
    answer(1, errc::ok, "second");

    EXPECT_EQ(ended, strings{"a ok first"});
}

TEST_F(RoomCalls, AtItsDeadlineACallEndsAndIsNotAskedAgain)
{
    calls.go(line.now);
    call("a", 4s);

    pass(4s);
    (void)asked();
    pass(4s);

    EXPECT_EQ(ended, strings{"a timeout"});
    EXPECT_EQ(asked(), strings{});
}

// ---- what must not be carried out twice

TEST_F(RoomCalls, WithAnUnknownOutcomeACallOnceOnlyIsGivenUp)
{
    calls.go(line.now);
    call_once("a");

    pass(3s);

    EXPECT_EQ(ended, strings{"a unavailable"});
    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(RoomCalls, NewOwnersAreNotAskedWhatMayHaveBeenDone)
{
    calls.go(line.now);
    call_once("tried");
    (void)asked();
    calls.hold();
    call_once("waiting");

    calls.go(line.now);

    EXPECT_EQ(asked(), strings{"waiting"});
    EXPECT_EQ(ended, strings{"tried unavailable"});
}

TEST_F(RoomCalls, ALostLineLeavesTheOutcomeUnknown)
{
    calls.go(line.now);
    call("repeatable");
    call_once("once");
    (void)asked();

    calls.hold();
    rpc.on_down(line.now);
    calls.go(line.now);

    EXPECT_EQ(asked(), strings{"repeatable"});
    EXPECT_EQ(ended, strings{"once unavailable"});
}

// ---- holes

TEST_F(RoomCalls, AHoleIsToldWithTheNumberWantedAndTheCallWaits)
{
    strings told;
    calls.on_hole([&](room_calls::call_id id, std::uint64_t wanted, instant) {
        told.push_back(std::to_string(id) + " wants " + std::to_string(wanted));
    });
    const auto id = ask_owner("a");

    answer(0, errc::hole, protocol::pack(std::uint64_t{7}));

    EXPECT_EQ(told, strings{std::to_string(id) + " wants 7"});
    EXPECT_EQ(ended, strings{});
    pass(150ms);
    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(RoomCalls, AHoleWithoutANumberIsJustRepeated)
{
    bool told = false;
    calls.on_hole([&](room_calls::call_id, std::uint64_t, instant) { told = true; });
    ask_owner("a");

    answer(0, errc::hole, "no number");
    pass(150ms);

    EXPECT_FALSE(told);
    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(RoomCalls, ResendAsksAtOnce)
{
    const auto id = ask_owner("a");

    calls.resend(id, line.now);

    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(RoomCalls, WhileHeldResendLeavesItToGo)
{
    const auto id = call("a");

    calls.resend(id, line.now);
    EXPECT_EQ(asked(), strings{});
    calls.go(line.now);

    EXPECT_EQ(asked(), strings{"a"});
}

// ---- ended by us

TEST_F(RoomCalls, ACancelledCallIsNeverHeardOfAgain)
{
    const auto id = ask_owner("a", 1s);

    calls.cancel(id);
    answer(0, errc::ok);
    calls.resend(id, line.now);
    calls.go(line.now);
    pass(5s);

    EXPECT_EQ(ended, strings{});
    EXPECT_EQ(asked(), strings{});
}

TEST_F(RoomCalls, AFailedCallEndsNowAndOnce)
{
    const auto id = ask_owner("a");

    calls.fail(id, errc::unavailable, line.now);
    calls.fail(id, errc::timeout, line.now);
    answer(0, errc::ok);

    EXPECT_EQ(ended, strings{"a unavailable"});
}

TEST_F(RoomCalls, ACallbackMayEndOthersAndStartNewOnes)
{
    calls.go(line.now);
    room_calls::call_id victim = 0;
    calls.start(
        "lobby", "a.b.c", "killer", line.now + 1s, true,
        [&](const cluster::answer&, instant) {
            calls.cancel(victim);
            call("heir");
        },
        line.now);
    victim = call("victim", 1s);
    (void)asked();

    pass(1s);

    EXPECT_EQ(ended, strings{});
    EXPECT_EQ(asked(), strings{"heir"});
}

TEST_F(RoomCalls, GivenUpCallsMayEndOneAnother)
{
    calls.go(line.now);
    room_calls::call_id victim = 0;
    calls.start(
        "lobby", "a.b.c", "killer", line.now + 10s, false,
        [&](const cluster::answer&, instant) { calls.cancel(victim); }, line.now);
    victim = call_once("victim");

    calls.go(line.now);

    EXPECT_EQ(ended, strings{});
    EXPECT_EQ(calls.size(), 0U);
}

} // namespace
} // namespace citron::frontend
