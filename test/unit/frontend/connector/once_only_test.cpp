// Calls that must not be carried out twice: repeated only where it is certain that nobody has dealt with
// them.
#include "test/unit/frontend/connector/calls_stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

struct OnceOnly : testing::Test, test::calls_stage
{
};

// ---- an unknown outcome

TEST_F(OnceOnly, WithoutAnswerItIsGivenUp)
{
    ask_owner_once("a");

    pass(3s);

    EXPECT_EQ(ended, strings{"a unavailable"});
    EXPECT_EQ(asked(), strings{});
}

TEST_F(OnceOnly, ALostLineLeavesTheOutcomeUnknown)
{
    calls.go({"s1"}, line.now);
    call("repeatable");
    call_once("once");
    (void)asked();

    calls.hold();
    rpc.on_down(line.now);
    calls.go({"s1"}, line.now);

    EXPECT_EQ(asked(), strings{"repeatable"});
    EXPECT_EQ(ended, strings{"once unavailable"});
}

TEST_F(OnceOnly, CallsThatALostLineEndsMayEndOneAnother)
{
    calls.go({"s1"}, line.now);
    room_calls::call_id victim = 0;
    calls.start(
        {.room = "lobby",
         .route = "a.b.c",
         .body = "killer",
         .deadline = line.now + 10s,
         .repeatable = false},
        [&](const cluster::answer&, instant) { calls.cancel(victim); }, line.now);
    victim = call_once("victim");

    lose_line();

    EXPECT_EQ(ended, strings{});
    EXPECT_EQ(calls.size(), 0U);
}

// ---- a try under way

TEST_F(OnceOnly, NewOwnersAreNotAskedWhileItsTryIsUnderWay)
{
    ask_owner_once("tried");
    calls.hold();
    call_once("waiting");

    calls.go({"s1"}, line.now);
    pass(150ms);

    EXPECT_EQ(asked(), strings{"waiting"});
    EXPECT_EQ(ended, strings{});
}

TEST_F(OnceOnly, TheAnswerToATryFromBeforeNewOwnersCounts)
{
    ask_owner_once("a");
    calls.hold();
    calls.go({"s1"}, line.now);

    answer(0, errc::ok, "done");

    EXPECT_EQ(ended, strings{"a ok done"});
}

// ---- nobody has dealt with it

TEST_F(OnceOnly, ARoomThatMovedIsAskedAgain)
{
    ask_owner_once("a");

    answer(0, errc::moved);
    pass(150ms);

    EXPECT_EQ(asked(), strings{"a"});
    EXPECT_EQ(ended, strings{});
}

TEST_F(OnceOnly, WhatTheBrokerCouldNotDeliverIsAskedAgain)
{
    ask_owner_once("a");

    answer(0, errc::unavailable, {}, "broker");
    pass(150ms);

    EXPECT_EQ(asked(), strings{"a"});
    EXPECT_EQ(ended, strings{});
}

TEST_F(OnceOnly, WhatMovedWhileCallsWereHeldIsAskedOfTheNewOwner)
{
    ask_owner_once("a");
    calls.hold();
    answer(0, errc::moved);
    pass(1s);
    ASSERT_EQ(asked(), strings{});

    calls.go({"s1"}, line.now);

    EXPECT_EQ(asked(), strings{"a"});
}

TEST_F(OnceOnly, WhatTheLineRefusedIsAskedAgain)
{
    calls.go({"s1"}, line.now);
    line.peer.on_lost(line.now);
    call_once("a");
    pass(50ms); // the line has not taken it: certain
    line.pass(500ms);
    line.up();

    pass(150ms);

    EXPECT_EQ(asked(), strings{"a"});
    EXPECT_EQ(ended, strings{});
}

TEST_F(OnceOnly, ASecondTryWithoutAnswerIsTheLast)
{
    ask_owner_once("a");
    answer(0, errc::moved);
    pass(150ms);
    ASSERT_EQ(asked(), strings{"a"});

    pass(3s);

    EXPECT_EQ(ended, strings{"a unavailable"});
    EXPECT_EQ(asked(), strings{});
}

} // namespace
} // namespace citron::frontend
