#include "frontend/token_bucket.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;

struct TokenBucket : testing::Test
{
    /// How many of `tries` at once are let through.
    int passed(const rate& r, int tries)
    {
        int count = 0;
        for (int i = 0; i < tries; ++i) {
            if (bucket.wait_for(r, 1, now) > 0ns)
                continue;
            bucket.take(r, 1, now);
            ++count;
        }
        return count;
    }

    protocol::instant now{1h};
    token_bucket bucket;
};

TEST_F(TokenBucket, LetsABurstThroughAndThenItsRate)
{
    const rate r{.amount = 10, .burst = 2s};

    EXPECT_EQ(passed(r, 100), 20);
    EXPECT_EQ(bucket.wait_for(r, 1, now), 100ms);
    now += 100ms;
    EXPECT_EQ(passed(r, 100), 1);
    now += 1s;
    EXPECT_EQ(passed(r, 100), 10);
}

TEST_F(TokenBucket, APauseIsMadeUpForUpToTheBurst)
{
    const rate r{.amount = 10, .burst = 2s};
    EXPECT_EQ(passed(r, 100), 20);

    now += 1h;

    EXPECT_EQ(passed(r, 100), 20);
}

TEST_F(TokenBucket, ARefusalTakesNothing)
{
    const rate r{.amount = 1, .burst = 1s};
    EXPECT_EQ(passed(r, 1000), 1);

    now += 1s;

    EXPECT_EQ(passed(r, 1000), 1);
}

TEST_F(TokenBucket, OneAtATimeIsAlwaysPossible)
{
    const rate r{.amount = 1, .burst = 100ms};

    EXPECT_EQ(passed(r, 10), 1);
    EXPECT_EQ(bucket.wait_for(r, 1, now), 1s);
}

TEST_F(TokenBucket, MoreThanABurstMayBeTakenOnceNothingIsOwed)
{
    const rate r{.amount = 1'000, .burst = 1s};

    EXPECT_EQ(bucket.wait_for(r, 5'000, now), 0s);
    bucket.take(r, 5'000, now);

    EXPECT_EQ(bucket.wait_for(r, 0, now), 4s);
    EXPECT_EQ(bucket.wait_for(r, 5'000, now), 5s);
}

TEST_F(TokenBucket, NobodyOwesForEver)
{
    const rate r{.amount = 1'000, .burst = 1s};
    for (int i = 0; i < 1'000; ++i)
        bucket.take(r, 60'000, now);

    EXPECT_EQ(bucket.wait_for(r, 0, now), token_bucket::patience);
}

TEST_F(TokenBucket, ARateMayBeOfAnotherSpan)
{
    const rate r{.amount = 5, .burst = 60s, .per = 60s};

    EXPECT_EQ(passed(r, 100), 5);
    EXPECT_EQ(bucket.wait_for(r, 1, now), 12s);
}

TEST_F(TokenBucket, WithoutARateEverythingPassesAndNothingIsKept)
{
    EXPECT_EQ(passed({}, 1000), 1000);
    EXPECT_TRUE(bucket.full(now));
}

TEST_F(TokenBucket, IsFullWhenAllIsMadeUpFor)
{
    const rate r{.amount = 10, .burst = 2s};
    EXPECT_TRUE(bucket.full(now));
    EXPECT_EQ(passed(r, 10), 10);

    now += 999ms;
    EXPECT_FALSE(bucket.full(now));
    now += 1ms;
    EXPECT_TRUE(bucket.full(now));
}

} // namespace
} // namespace citron::frontend
