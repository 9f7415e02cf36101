#include "common/runtime/pace.hpp"

#include <gtest/gtest.h>

namespace citron::runtime {
namespace {

using protocol::duration;
using protocol::instant;
using namespace std::chrono_literals;

constexpr instant start{std::chrono::hours(1)};

TEST(Pace, QuietLoopsNeverRest)
{
    pace quiet({.rest = 6ms, .free_per_second = 1'000, .burst = 8});
    for (int n = 0; n < 1000; ++n)
        EXPECT_EQ(quiet.after_turn({}, start + n * 1ms), 0ms) << n;
}

TEST(Pace, ABurstGoesThroughAtOnce)
{
    pace p({.rest = 1ms, .burst = 8});
    for (int n = 0; n < 8; ++n)
        EXPECT_EQ(p.after_turn({}, start), 0ms) << n;
    EXPECT_EQ(p.after_turn({}, start), 1ms);
}

TEST(Pace, ATurnCountsByWhatItDid)
{
    pace p({.rest = 1ms, .burst = 100});
    EXPECT_EQ(p.after_turn({.pieces = 100}, start), 0ms);
    EXPECT_EQ(p.after_turn({.pieces = 0}, start), 0ms);
    EXPECT_EQ(p.after_turn({.pieces = 1}, start), 1ms);
}

TEST(Pace, ABusyLoopTurnsOncePerRest)
{
    pace p({.rest = 1ms, .free_per_second = 500, .burst = 4});
    instant now = start;
    int turns = 0;
    for (; now < start + 100ms; ++turns)
        now += 100us + p.after_turn({.pieces = 5}, now); // 100 us of work in each turn
    EXPECT_GE(turns, 90);
    EXPECT_LE(turns, 94);
}

TEST(Pace, ItIsQuietAgainSoonAfterTheWorkHasEnded)
{
    pace p({.rest = 5ms, .free_per_second = 1'000, .burst = 10});
    EXPECT_EQ(p.after_turn({.pieces = 1'000'000}, start), 5ms);
    EXPECT_EQ(p.after_turn({}, start + 9ms), 5ms);
    EXPECT_EQ(p.after_turn({}, start + 21ms), 0ms);
}

TEST(Pace, AnswersAreNotKeptWaitingForAWholeRest)
{
    pace p({.rest = 6ms, .short_rest = 1ms, .burst = 1});
    (void)p.after_turn({.pieces = 9}, start);
    instant now = start + 6ms;
    EXPECT_EQ(p.after_turn({.pieces = 9, .asked = true}, now), 1ms);
    now += 1200us; // the answers have been passed on
    EXPECT_EQ(p.after_turn({.pieces = 9, .asked = true}, now), 4800us) << "the pair is one rest";
    now += 4800us;
    EXPECT_EQ(p.after_turn({.pieces = 9, .asked = true}, now), 1ms);
}

TEST(Pace, LateAnswersShortenTheRest)
{
    pace p({.rest = 6ms, .short_rest = 1ms, .burst = 1});
    EXPECT_EQ(p.after_turn({.pieces = 9, .asked = true}, start), 1ms);
    EXPECT_EQ(p.after_turn({.pieces = 9}, start + 20ms), 0ms);
}

TEST(Pace, AQuietLoopThatAsksDoesNotRest)
{
    pace p({.rest = 6ms, .short_rest = 1ms, .burst = 8});
    EXPECT_EQ(p.after_turn({.pieces = 1, .asked = true}, start), 0ms);
}

TEST(Pace, NoRestIsLongerThanAskedFor)
{
    pace p({.rest = 2ms, .short_rest = 5ms, .burst = 1});
    for (int n = 0; n < 100; ++n)
        EXPECT_LE(p.after_turn({.pieces = 7, .asked = n % 2 == 0}, start), 2ms);
}

TEST(Pace, ZeroMeansNever)
{
    pace p({.rest = duration::zero()});
    for (int n = 0; n < 100; ++n)
        EXPECT_EQ(p.after_turn({}, start), 0ms);
}

} // namespace
} // namespace citron::runtime
