// What somebody who has just joined is shown: all that is beyond its own position, and nothing else.
#include "frontend/connector/room_feed.hpp"

#include "common/protocol/package.hpp"
#include "test/unit/frontend/connector/feed_stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using protocol::head;
using test::feed_stage;
using test::strings;

head at(std::uint64_t rev, std::uint64_t offset)
{
    return feed_stage::at(rev, offset);
}

TEST(Newcomer, IsShownNothingAtOrBelowItsPosition)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, at(12, 6));

    s.chat(at(11, 6));
    s.add(at(12, 6), "bob");
    s.chat(at(13, 7));

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onAdd bob", "onChat 7"}));
    EXPECT_EQ(s.hears(bob), strings{"onChat 7"});
}

TEST(Newcomer, IsShownRightAfterItsAnswerWhatCameBefore)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.add(at(11, 5), "bob");
    s.chat(at(12, 6));
    EXPECT_EQ(s.hears(bob), strings{});

    s.admit(bob, at(11, 5));
    s.chat(at(13, 7));

    EXPECT_EQ(s.hears(bob), (strings{"onChat 6", "onChat 7"}));
}

TEST(Newcomer, EachGetsWhatIsBeyondItsOwnPosition)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.chat(at(11, 6));
    auto& cid = s.joining("cid");
    s.chat(at(12, 7));

    s.admit(cid, at(11, 6));
    s.admit(bob, at(10, 5));

    EXPECT_EQ(s.hears(cid), strings{"onChat 7"});
    EXPECT_EQ(s.hears(bob), (strings{"onChat 6", "onChat 7"}));
}

TEST(Newcomer, TheFirstInARoomIsShownWhatCameBeforeItsAnswer)
{
    feed_stage s;
    auto& ann = s.joining("ann");
    s.chat(at(10, 5));
    s.chat(at(11, 6));
    EXPECT_EQ(s.hears(ann), strings{});

    s.admit(ann, at(10, 5));

    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
    EXPECT_EQ(s.asked(), strings{});
}

TEST(Newcomer, TheFirstInARoomFindsAHoleToo)
{
    feed_stage s;
    auto& ann = s.joining("ann");
    s.chat(at(12, 7));

    s.admit(ann, at(10, 5));

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(s.asked(), strings{"1.10"});
}

TEST(Newcomer, WhatWaitsBehindAHoleIsShownInItsTurn)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.chat(at(12, 7));
    (void)s.asked();
    s.admit(bob, at(10, 5));
    EXPECT_EQ(s.hears(bob), strings{});

    s.answer({.at = at(11, 6), .messages = {s.message(6)}});

    EXPECT_EQ(s.hears(bob), (strings{"onChat 6", "onChat 7"}));
}

TEST(Newcomer, NothingIsKeptWhileNobodyIsJoining)
{
    feed_stage s;
    s.member("ann", at(10, 5));

    s.chat(at(11, 6));

    EXPECT_TRUE(s.lobby().recent.empty());
}

// ---- an answer that is too old

/// So many bytes are kept for those who are joining: three messages.
feed_options with_little_memory()
{
    feed_options small;
    small.recent_bytes = 3 * websocket_frame(protocol::encode_push("onChat", "6")).size();
    return small;
}

TEST(Newcomer, CanJoinWhereverTheRoomStoodSinceItAsked)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    s.joining("bob");
    s.chat(at(11, 6));
    s.chat(at(12, 7));

    EXPECT_FALSE(s.can_join(at(9, 4)));
    EXPECT_TRUE(s.can_join(at(10, 5)));
    EXPECT_TRUE(s.can_join(at(12, 7)));
    EXPECT_TRUE(s.can_join(at(13, 8)));
}

TEST(Newcomer, CanJoinAnywhereInARoomThatNobodyIsIn)
{
    feed_stage s;
    s.joining("ann");
    s.chat(at(12, 7));

    EXPECT_TRUE(s.can_join(at(10, 5)));
    EXPECT_TRUE(s.can_join({}));
}

TEST(Newcomer, WithMoreSinceItsAnswerThanIsKeptItCannotJoin)
{
    feed_stage s(with_little_memory());
    s.member("ann", at(10, 5));
    s.joining("bob");

    for (std::uint64_t rev = 11; rev <= 13; ++rev)
        s.chat(at(rev, rev - 5));
    EXPECT_TRUE(s.can_join(at(10, 5)));
    s.chat(at(14, 9));

    EXPECT_FALSE(s.can_join(at(13, 8)));
    EXPECT_TRUE(s.can_join(at(14, 9)));
}

TEST(Newcomer, WithAFreshAnswerItIsShownWhatCameAfterThat)
{
    feed_stage s(with_little_memory());
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    for (std::uint64_t rev = 11; rev <= 16; ++rev)
        s.chat(at(rev, rev - 5));

    s.admit(bob, at(15, 10));
    s.chat(at(17, 12));

    EXPECT_EQ(s.hears(bob), (strings{"onChat 11", "onChat 12"}));
}

TEST(Newcomer, TheOthersAreShownEverythingAllTheSame)
{
    feed_stage s(with_little_memory());
    auto& ann = s.member("ann", at(10, 5));
    s.joining("bob");

    for (std::uint64_t rev = 11; rev <= 19; ++rev)
        s.chat(at(rev, rev - 5));

    EXPECT_EQ(s.hears(ann).size(), 9U);
}

TEST(Newcomer, WhatWasForgottenForOneIsNoMatterToTheNext)
{
    feed_stage s(with_little_memory());
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    for (std::uint64_t rev = 11; rev <= 14; ++rev)
        s.chat(at(rev, rev - 5));
    s.admit(bob, at(14, 9));

    auto& cid = s.joining("cid");
    s.chat(at(15, 10));
    ASSERT_TRUE(s.can_join(at(14, 9)));
    s.admit(cid, at(14, 9));

    EXPECT_EQ(s.hears(cid), strings{"onChat 10"});
}

TEST(Newcomer, ARepairThatIsMoreThanIsKeptMustBeInItsAnswer)
{
    feed_stage s(with_little_memory());
    s.member("ann", at(10, 5));
    s.joining("bob");

    s.state({.at = at(16, 9), .messages = {s.message(6), s.message(7), s.message(8), s.message(9)}});

    EXPECT_FALSE(s.can_join(at(12, 6)));
    EXPECT_TRUE(s.can_join(at(16, 9)));
}

/// What is forgotten half-way through a repair is not made good by what is kept of the rest.
TEST(Newcomer, ARepairThatIsForgottenHalfWayMustBeInItsAnswerToo)
{
    feed_stage s(with_little_memory());
    s.member("ann", at(10, 5));
    s.joining("bob");

    s.state({.at = at(16, 10),
             .messages = {s.message(6), s.message(7), s.message(8), s.message(9), s.message(10)}});

    EXPECT_FALSE(s.can_join(at(12, 6)));
    EXPECT_TRUE(s.can_join(at(16, 10)));
}

/// It would not be told what is lost to it.
TEST(Newcomer, WhatWasLostMeanwhileMustBeBehindItsAnswer)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    s.joining("bob");

    s.state({.at = at(20, 15), .messages = {s.message(14), s.message(15)}, .lost = true});

    EXPECT_FALSE(s.can_join(at(12, 6)));
    EXPECT_TRUE(s.can_join(at(20, 15)));
}

TEST(Newcomer, SoMustARepairOfWhichMoreIsToCome)
{
    feed_stage s(with_little_memory());
    s.member("ann", at(10, 5));
    s.joining("bob");

    s.state({.at = at(30, 20),
             .messages = {s.message(6), s.message(7), s.message(8), s.message(9), s.message(10)},
             .more = true});

    EXPECT_FALSE(s.can_join(at(12, 6)));
    EXPECT_TRUE(s.can_join(at(30, 20)));
}

} // namespace
} // namespace citron::frontend
