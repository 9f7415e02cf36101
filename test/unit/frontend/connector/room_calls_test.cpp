#include "frontend/connector/room_calls.hpp"

#include "test/unit/frontend/connector/calls_stage.hpp"

#include <gtest/gtest.h>

#include <map>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

struct RoomCalls : testing::Test, test::calls_stage
{
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

    calls.go({"s1"}, line.now);

    EXPECT_EQ(asked(), (strings{"c", "a", "b"}));
}

TEST_F(RoomCalls, OnceWeMayGoCallsAreAskedAtOnce)
{
    calls.go({"s1"}, line.now);

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
    calls.go({"s1"}, line.now);
    call("a");
    call("b");
    call("c");
    (void)asked();
    answer(1, errc::ok);
    calls.hold();
    call("d");

    calls.go({"s1"}, line.now);

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
    calls.go({"s1"}, line.now);
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
    calls.go({"s1"}, line.now);
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

    pass(2900ms);
    EXPECT_EQ(asked(), strings{});
    pass(100ms);
    EXPECT_EQ(asked(), strings{"a"});
    pass(2900ms);
    EXPECT_EQ(asked(), strings{});
    pass(100ms);
    EXPECT_EQ(asked(), strings{"a"});
    EXPECT_EQ(ended, strings{});
}

TEST_F(RoomCalls, TheFirstAnswerToAnyTryCounts)
{
    ask_owner("a");
    pass(3s);
    ASSERT_EQ(asked(), strings{"a"});

    answer(0, errc::ok, "first");
    answer(1, errc::ok, "second");

    EXPECT_EQ(ended, strings{"a ok first"});
}

TEST_F(RoomCalls, OnlyTheFirstOfSeveralAnswersCounts)
{
    calls.go({"s1"}, line.now);
    call("a");
    calls.go({"s1"}, line.now);
    ASSERT_EQ(asked(), (strings{"a", "a"}));

    answer(0, errc::ok, "first");
    answer(1, errc::ok, "second");

    EXPECT_EQ(ended, strings{"a ok first"});
}

TEST_F(RoomCalls, AtItsDeadlineACallEndsAndIsNotAskedAgain)
{
    calls.go({"s1"}, line.now);
    call("a", 4s);

    pass(4s);
    (void)asked();
    pass(4s);

    EXPECT_EQ(ended, strings{"a timeout"});
    EXPECT_EQ(asked(), strings{});
}

// ---- holes

TEST_F(RoomCalls, AHoleIsToldWithTheNumberWantedAndTheCallWaits)
{
    strings told;
    calls.on_hole([&](room_calls::call_id id, session_id, std::uint64_t wanted, instant) {
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
    calls.on_hole([&](room_calls::call_id, session_id, std::uint64_t, instant) { told = true; });
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
    calls.go({"s1"}, line.now);

    EXPECT_EQ(asked(), strings{"a"});
}

// ---- ended by us

TEST_F(RoomCalls, ACancelledCallIsNeverHeardOfAgain)
{
    const auto id = ask_owner("a", 1s);

    calls.cancel(id);
    answer(0, errc::ok);
    calls.resend(id, line.now);
    calls.go({"s1"}, line.now);
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
    calls.go({"s1"}, line.now);
    room_calls::call_id victim = 0;
    calls.start(
        {.room = "lobby", .route = "a.b.c", .body = "killer", .deadline = line.now + 1s},
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

// ---- large answers

/// Two pages at a time may be on their way to one owner.
struct Pages : testing::Test, test::calls_stage
{
    Pages() : calls_stage({.pages_at_once = 2}) { calls.go({"s1"}, line.now); }

    void page(const std::string& name, session_id client, milliseconds patience = 10s)
    {
        ids[name] = calls.start({.room = "lobby",
                                 .route = "a.b.c",
                                 .body = name,
                                 .deadline = line.now + patience,
                                 .bulky = true,
                                 .client = client},
                                done(name), line.now);
    }

    std::map<std::string, room_calls::call_id> ids;
};

TEST_F(Pages, WaitForThoseOnTheirWay)
{
    page("a", 1);
    page("b", 2);
    page("c", 3);
    page("d", 4);
    call("small");
    ASSERT_EQ(asked(), (strings{"a", "b", "small"}));

    answer(1, errc::ok, "page");
    EXPECT_EQ(asked(), strings{"c"});
    answer(0, errc::unavailable);
    EXPECT_EQ(asked(), strings{"d"});
    EXPECT_EQ(ended, (strings{"b ok page", "a unavailable"}));
}

TEST_F(Pages, OneThatIsRepeatedWaitsForItsTurnAgain)
{
    page("a", 1);
    page("b", 2);
    page("c", 3);
    (void)asked();

    answer(0, errc::moved);
    EXPECT_EQ(asked(), strings{"c"});
    pass(1s);
    EXPECT_EQ(asked(), strings{});
    answer(1, errc::ok);
    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(Pages, WhoGetsNoAnswerMakesRoom)
{
    page("a", 1);
    page("b", 2);
    page("c", 3, 4s);
    (void)asked();

    pass(3s);
    EXPECT_EQ(asked(), strings{"c"});
    pass(200ms);
    EXPECT_EQ(asked(), strings{"a"}) << "and b waits";
}

TEST_F(Pages, OneWhoseTurnNeverCameEndsAtItsDeadline)
{
    page("a", 1);
    page("b", 2);
    page("c", 3, 1s);
    page("d", 4);
    (void)asked();

    pass(1s);
    EXPECT_EQ(ended, strings{"c timeout"});
    answer(0, errc::ok);
    EXPECT_EQ(asked(), strings{"d"});
}

TEST_F(Pages, OfAClientThatIsGoneNoneIsAskedForAnyMore)
{
    page("a", 1);
    page("b", 2);
    page("c", 3);
    page("d", 4);
    (void)asked();

    calls.drop_pages(3);
    calls.cancel(ids["d"]);
    answer(0, errc::ok);
    answer(1, errc::ok);

    EXPECT_EQ(asked(), strings{});
}

TEST_F(Pages, OfOtherOwnersDoNotWait)
{
    calls.go({"s1", "s2"}, line.now);
    for (int i = 0; i < 32; ++i)
        calls.start({.room = "room " + std::to_string(i),
                     .route = "a.b.c",
                     .body = "x",
                     .deadline = line.now + 10s,
                     .bulky = true,
                     .client = 100U + static_cast<session_id>(i)},
                    done("x"), line.now);

    EXPECT_EQ(asked().size(), 4U);
}

TEST_F(Pages, AreAskedForAnewWhenOwnersChange)
{
    page("a", 1);
    page("b", 2);
    page("c", 3);
    (void)asked();
    calls.hold();
    answer(0, errc::ok);
    EXPECT_EQ(asked(), strings{}) << "nobody can be asked";

    calls.go({"s2"}, line.now);
    EXPECT_EQ(asked(), (strings{"b", "c"}));
    answer(1, errc::ok);
    EXPECT_EQ(ended, (strings{"a ok", "b ok"}));
}

// ---- how much may wait

/// Room for 10 bytes of calls.
struct FullCalls : testing::Test, test::calls_stage
{
    FullCalls() : calls_stage({.total_bytes = 10}) {}
};

TEST_F(FullCalls, WhatWaitsIsCountedInBytes)
{
    EXPECT_FALSE(calls.full(10));
    EXPECT_TRUE(calls.full(11));

    call("four");
    call("four");

    EXPECT_FALSE(calls.full(2));
    EXPECT_TRUE(calls.full(3));
}

TEST_F(FullCalls, WhateverEndsACallMakesRoom)
{
    ask_owner("12345", 1s);
    const auto cancelled = call("1234");
    const auto failed = call("1");
    ASSERT_TRUE(calls.full(1));

    answer(0, errc::ok);
    EXPECT_FALSE(calls.full(5));
    EXPECT_TRUE(calls.full(6));
    calls.cancel(cancelled);
    calls.cancel(cancelled);
    EXPECT_FALSE(calls.full(9));
    EXPECT_TRUE(calls.full(10));
    calls.fail(failed, errc::unavailable, line.now);

    EXPECT_FALSE(calls.full(10));
    EXPECT_TRUE(calls.full(11));
}

TEST_F(FullCalls, ACallThatTimedOutMakesRoomToo)
{
    call("1234567890", 1s);

    pass(1s);

    EXPECT_FALSE(calls.full(10));
}

TEST_F(FullCalls, RepeatingACallTakesNoMoreRoom)
{
    ask_owner("12345");
    answer(0, errc::moved);

    pass(150ms);

    ASSERT_EQ(asked(), strings{"12345"});
    EXPECT_FALSE(calls.full(5));
}

} // namespace
} // namespace citron::frontend
