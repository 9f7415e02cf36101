#include "frontend/connector/room_feed.hpp"

#include "test/unit/frontend/connector/feed_stage.hpp"

#include <gtest/gtest.h>

#include <array>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::head;
using test::feed_stage;
using test::strings;

head at(std::uint64_t rev, std::uint64_t offset)
{
    return feed_stage::at(rev, offset);
}

head in_term(std::uint64_t term, std::uint64_t rev, std::uint64_t offset)
{
    return {.term = term, .rev = rev, .epoch = "e", .offset = offset};
}

// ---- in order

TEST(RoomFeed, MembersAreShownEveryEventInOrder)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.chat(at(11, 6));
    s.add(at(12, 6), "bob");
    s.chat(at(13, 7));

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onAdd bob", "onChat 7"}));
}

TEST(RoomFeed, ARepeatedEventIsShownOnce)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.chat(at(11, 6));
    s.chat(at(11, 6));
    s.chat(at(10, 5));

    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
    EXPECT_EQ(s.asked(), strings{});
}

TEST(RoomFeed, EventsOfARoomWithoutMembersGoNowhere)
{
    feed_stage s;

    s.chat(at(11, 6));

    EXPECT_EQ(s.asked(), strings{});
    EXPECT_EQ(s.line.counters.at("feed.strays"), 1U);
}

// ---- runs

TEST(RoomFeed, WhatComesInOneTurnIsOneFrameThatMembersShare)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.member("bob", at(10, 5));

    s.chat(at(11, 6));
    s.chat(at(12, 7));
    EXPECT_TRUE(ann.client->out.empty());
    s.feed.show_runs();

    std::array<std::string_view, 2> told_ann, told_bob;
    ASSERT_EQ(ann.client->out.gather(told_ann), 1U);
    ASSERT_EQ(bob.client->out.gather(told_bob), 1U);
    EXPECT_EQ(told_ann[0].data(), told_bob[0].data());
    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7"}));
    EXPECT_EQ(s.hears(bob), (strings{"onChat 6", "onChat 7"}));
    s.feed.show_runs();
    EXPECT_EQ(s.hears(ann), strings{}) << "once";
}

TEST(RoomFeed, WhoBecomesAMemberIsNotShownTheRunBeforeIt)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(11, 6));
    auto& bob = s.member("bob", at(11, 6));
    s.chat(at(12, 7));

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7"}));
    EXPECT_EQ(s.hears(bob), strings{"onChat 7"});
}

TEST(RoomFeed, WhatWasMissedComesAfterTheRun)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(11, 6));
    s.chat(at(13, 8));
    EXPECT_EQ(s.asked(), strings{"1.11"});

    s.answer({.at = at(13, 8), .messages = {feed_stage::message(7), feed_stage::message(8)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7", "onChat 8"}));
}

TEST(RoomFeed, ALongRunIsPushedAtOnce)
{
    feed_stage s({.run_bytes = 30});
    auto& ann = s.member("ann", at(10, 5));

    s.chat(at(11, 6));
    EXPECT_TRUE(ann.client->out.empty());
    s.chat(at(12, 7));
    EXPECT_FALSE(ann.client->out.empty());

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7"}));
}

// ---- holes

TEST(RoomFeed, WhatIsBehindAHoleWaitsForTheOwnersWord)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.chat(at(12, 7));

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(s.asked(), strings{"1.10"});
}

TEST(RoomFeed, WithTheOwnersAnswerTheRestIsShownInItsPlace)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(12, 7));
    s.chat(at(13, 8));
    (void)s.asked();

    s.answer({.at = at(11, 6), .messages = {s.message(6)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7", "onChat 8"}));
    EXPECT_EQ(s.asked(), strings{});
}

TEST(RoomFeed, TheOwnerIsAskedOnceHoweverMuchWaits)
{
    feed_stage s;
    s.member("ann", at(10, 5));

    s.chat(at(12, 7));
    s.chat(at(13, 8));
    s.chat(at(15, 9));
    s.heads({{"lobby", at(15, 9)}});

    EXPECT_EQ(s.asked(), strings{"1.10"});
}

TEST(RoomFeed, WhatTheAnswerCoversIsNotShownAgain)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(12, 7));
    (void)s.asked();

    s.answer({.at = at(12, 7), .messages = {s.message(6), s.message(7)}});
    s.chat(at(13, 8));

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7", "onChat 8"}));
}

TEST(RoomFeed, AnotherHoleIsAskedForInItsTurn)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(12, 7));
    s.chat(at(14, 9));
    (void)s.asked();

    s.answer({.at = at(11, 6), .messages = {s.message(6)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7"}));
    EXPECT_EQ(s.asked(), strings{"1.12"});
}

TEST(RoomFeed, AnOwnerThatDoesNotKnowIsAskedAgain)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    s.chat(at(12, 7));
    (void)s.asked();

    s.answer(errc::no_such_route);
    EXPECT_EQ(s.asked(), strings{});
    s.pass(200ms);

    EXPECT_EQ(s.asked(), strings{"1.10"});
}

TEST(RoomFeed, AnEventThatFillsTheHoleBringsTheRest)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(12, 7));
    (void)s.asked();
    s.answer(errc::no_such_route);

    s.chat(at(11, 6));

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7"}));
}

TEST(RoomFeed, AnAnswerThatCannotBeReadIsAskedForAgain)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    s.chat(at(12, 7));
    (void)s.asked();

    s.answer(errc::ok, "no state");
    s.pass(200ms);

    EXPECT_EQ(s.asked(), strings{"1.10"});
}

TEST(RoomFeed, WhatWaitsIsBoundedAndWhatWasDroppedIsAskedForAgain)
{
    feed_options small;
    small.held_bytes = 2 * protocol::encode_push("onChat", "7").size();
    feed_stage s(small);
    auto& ann = s.member("ann", at(10, 5));
    for (std::uint64_t rev = 12; rev <= 14; ++rev)
        s.chat(at(rev, rev - 5));
    (void)s.asked();
    EXPECT_EQ(s.lobby().held.size(), 2U);

    s.answer({.at = at(11, 6), .messages = {s.message(6)}});
    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
    ASSERT_EQ(s.asked(), strings{"1.11"});
    s.answer({.at = at(12, 7), .messages = {s.message(7)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 7", "onChat 8", "onChat 9"}));
}

// ---- heads

TEST(RoomFeed, AHeadBeyondOursIsAskedFor)
{
    feed_stage s;
    s.member("ann", at(10, 5));

    s.heads({{"elsewhere", at(99, 9)}, {"lobby", at(11, 6)}});

    EXPECT_EQ(s.asked(), strings{"1.10"});
}

TEST(RoomFeed, AHeadThatWeHaveIsNot)
{
    feed_stage s;
    s.member("ann", at(10, 5));

    s.heads({{"lobby", at(10, 5)}});
    s.heads({{"lobby", at(9, 5)}});
    s.pass(1s);

    EXPECT_EQ(s.asked(), strings{});
}

TEST(RoomFeed, TheHeadOfANewOwnerWaitsForItsState)
{
    feed_stage s;
    s.member("ann", at(10, 5));

    s.heads({{"lobby", in_term(2, 0, 5)}});

    s.pass(250ms);
    EXPECT_EQ(s.asked(), strings{});
    s.pass(50ms);
    EXPECT_EQ(s.asked(), strings{"1.10"});
}

// ---- a new owner

TEST(RoomFeed, EventsOfANewOwnerWaitForItsState)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.chat(in_term(2, 1, 6));
    EXPECT_EQ(s.hears(ann), strings{});
    s.state({.at = in_term(2, 0, 5)});

    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
    s.pass(1s);
    EXPECT_EQ(s.asked(), strings{});
}

TEST(RoomFeed, ANewOwnerThatTellsNothingIsAsked)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    s.chat(in_term(2, 1, 6));

    s.pass(200ms);
    s.chat(in_term(2, 2, 7)); // does not put it off
    s.pass(50ms);
    EXPECT_EQ(s.asked(), strings{});
    s.pass(50ms);

    EXPECT_EQ(s.asked(), strings{"1.10"});
}

TEST(RoomFeed, AnOldOwnersLateEventsAreDropped)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.state({.at = in_term(2, 0, 5)});

    s.chat(at(11, 6));
    s.chat(in_term(2, 1, 6));

    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
}

} // namespace
} // namespace citron::frontend
