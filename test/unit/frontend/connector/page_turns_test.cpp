#include "frontend/connector/page_turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace citron::frontend {
namespace {

using ids = std::vector<page_turns::call_id>;

struct PageTurns : testing::Test
{
    /// All that may go now, which are then on their way.
    ids go(page_turns& turns)
    {
        ids gone;
        while (auto t = turns.next()) {
            gone.push_back(t->call);
            out.push_back(*t);
        }
        return gone;
    }
    void end(page_turns& turns, page_turns::call_id call)
    {
        const auto found = std::ranges::find(out, call, &page_turns::turn::call);
        ASSERT_NE(found, out.end());
        turns.end(*found);
        out.erase(found);
    }

    page_turns two{2}, many{100};
    std::vector<page_turns::turn> out;
};

TEST_F(PageTurns, SoManyAreOnTheirWayAtATime)
{
    for (page_turns::call_id i = 1; i <= 4; ++i)
        two.ask("s1", i, i);

    EXPECT_EQ(go(two), (ids{1, 2}));
    end(two, 2);
    EXPECT_EQ(go(two), ids{3});
    EXPECT_EQ(go(two), ids{});
}

TEST_F(PageTurns, AClientHasOneAtATime)
{
    many.ask("s1", 7, 1);
    many.ask("s1", 7, 2);
    many.ask("s1", 7, 3);

    EXPECT_EQ(go(many), ids{1});
    end(many, 1);
    EXPECT_EQ(go(many), ids{2});
}

TEST_F(PageTurns, ClientsTakeTurnsHoweverMuchOneAsksFor)
{
    for (page_turns::call_id i = 1; i <= 3; ++i)
        two.ask("s1", 7, i);
    for (page_turns::call_id i = 11; i <= 13; ++i)
        two.ask("s1", 8, i);
    two.ask("s1", 9, 21);

    ASSERT_EQ(go(two), (ids{1, 11}));
    end(two, 1);
    EXPECT_EQ(go(two), ids{21}) << "who has had none yet comes first";
    end(two, 11);
    EXPECT_EQ(go(two), ids{2});
}

TEST_F(PageTurns, OneOwnersCallsDoNotWaitForAnothers)
{
    for (page_turns::call_id i = 1; i <= 3; ++i)
        two.ask("s1", i, i);
    ASSERT_EQ(go(two), (ids{1, 2}));

    two.ask("s2", 1, 11);

    EXPECT_EQ(go(two), ids{11});
}

TEST_F(PageTurns, OfAClientThatIsGoneNothingMoreGoes)
{
    two.ask("s1", 7, 1);
    two.ask("s1", 7, 2);
    two.ask("s1", 8, 3);
    two.ask("s1", 9, 4);
    ASSERT_EQ(go(two), (ids{1, 3}));

    two.drop(9);
    two.drop(7);
    EXPECT_EQ(go(two), ids{}) << "what is on its way counts until it ends";
    end(two, 1);
    two.ask("s1", 10, 5);

    EXPECT_EQ(go(two), ids{5});
}

TEST_F(PageTurns, WhatWasOnItsWayBeforeWeBeganAnewCountsNoMore)
{
    for (page_turns::call_id i = 1; i <= 3; ++i)
        two.ask("s1", i, i);
    ASSERT_EQ(go(two), (ids{1, 2}));

    two.begin_anew();
    EXPECT_EQ(go(two), ids{});
    for (page_turns::call_id i = 1; i <= 3; ++i)
        two.ask("s1", i, 10 + i);
    EXPECT_EQ(go(two), (ids{11, 12}));
    end(two, 1);
    EXPECT_EQ(go(two), ids{});
    end(two, 11);
    EXPECT_EQ(go(two), ids{13});
}

} // namespace
} // namespace citron::frontend
