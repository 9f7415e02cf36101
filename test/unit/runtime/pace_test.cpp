#include "common/runtime/pace.hpp"

#include <gtest/gtest.h>

namespace citron::runtime {
namespace {

using protocol::duration;
using protocol::instant;
using protocol::milliseconds;
using namespace std::chrono_literals;

constexpr instant start{std::chrono::hours(1)};

TEST(Pace, QuietLoopsNeverRest)
{
    pace quiet(1ms, 8);
    for (int n = 0; n < 1000; ++n)
        EXPECT_EQ(quiet.after_turn(start + n * 1ms), 0ms) << n;
}

TEST(Pace, ABurstGoesThroughAtOnce)
{
    pace p(1ms, 8);
    for (int n = 0; n < 8; ++n)
        EXPECT_EQ(p.after_turn(start), 0ms) << n;
    EXPECT_EQ(p.after_turn(start), 1ms);
}

TEST(Pace, ABusyLoopTurnsOncePerRest)
{
    pace p(1ms, 4);
    instant now = start;
    int turns = 0;
    for (; now < start + 100ms; ++turns)
        now += 100us + p.after_turn(now); // 100 us of work in each turn
    EXPECT_GE(turns, 100);
    EXPECT_LE(turns, 106);
}

TEST(Pace, WhoWorksLongerThanTheRestDoesNotRest)
{
    pace p(1ms, 4);
    for (int n = 0; n < 100; ++n)
        EXPECT_EQ(p.after_turn(start + n * 3ms), 0ms) << n;
}

TEST(Pace, NoRestIsLongerThanAskedFor)
{
    pace p(2ms, 1);
    for (int n = 0; n < 100; ++n)
        EXPECT_LE(p.after_turn(start), 2ms);
}

TEST(Pace, ZeroMeansNever)
{
    pace p(duration::zero());
    for (int n = 0; n < 100; ++n)
        EXPECT_EQ(p.after_turn(start), 0ms);
}

} // namespace
} // namespace citron::runtime
