#include "test/bench/load/histogram.hpp"

#include <gtest/gtest.h>

namespace citron::bench {
namespace {

TEST(Histogram, EmptyHasZeros)
{
    const histogram h;
    EXPECT_EQ(h.total(), 0);
    EXPECT_EQ(h.percentile(50), 0);
    EXPECT_EQ(h.highest(), 0);
}

TEST(Histogram, SmallValuesAreExact)
{
    histogram h;
    for (std::uint64_t us = 1; us <= 100; ++us)
        h.record(us % 50);
    EXPECT_EQ(h.percentile(50), 24);
    EXPECT_EQ(h.percentile(100), 49);
}

TEST(Histogram, LargeValuesAreWithinOneSixtyFourth)
{
    for (std::uint64_t us = 100; us < 10'000'000'000; us = us * 3 + 7) {
        histogram h;
        h.record(us);
        h.record(us * 2);
        EXPECT_GE(h.percentile(50), us);
        EXPECT_LE(h.percentile(50), us + us / 64 + 1);
        EXPECT_EQ(h.highest(), us * 2);
    }
}

TEST(Histogram, ThePercentileIsTheFirstThatCoversTheRank)
{
    histogram h;
    for (int i = 0; i < 99; ++i)
        h.record(10);
    h.record(5'000'000);
    EXPECT_EQ(h.percentile(99), 10);
    EXPECT_EQ(h.percentile(99.1), 5'000'000);
}

TEST(Histogram, BeyondItsRangeTheLastBucketCounts)
{
    histogram h;
    h.record(std::uint64_t{1} << 50);
    EXPECT_EQ(h.total(), 1);
    EXPECT_EQ(h.highest(), std::uint64_t{1} << 50);
    EXPECT_GE(h.percentile(50), std::uint64_t{1} << 35);
}

TEST(Histogram, AddsAnother)
{
    histogram a, b;
    a.record(1);
    b.record(1000);
    b.record(1000);
    a.add(b);
    EXPECT_EQ(a.total(), 3);
    EXPECT_EQ(a.percentile(1), 1);
    EXPECT_GE(a.percentile(99), 1000);
}

} // namespace
} // namespace citron::bench
