#include "frontend/wheel.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::instant;
using ids = std::vector<protocol::session_id>;

const instant start{1h};

TEST(Wheel, NobodyIsDueBeforeTheDeadline)
{
    wheel w(20s, 100ms);
    w.add(1, start + 1s, start);

    EXPECT_EQ(w.take_due(start + 999ms), ids{});
}

TEST(Wheel, ComesDueOnceAtMostAStepLate)
{
    wheel w(20s, 100ms);
    w.add(1, start + 1s, start);

    EXPECT_EQ(w.take_due(start + 1100ms), ids{1});
    EXPECT_EQ(w.take_due(start + 30s), ids{});
}

TEST(Wheel, ALongPauseMissesNobody)
{
    wheel w(1s, 100ms);
    w.add(1, start + 300ms, start);
    w.add(2, start + 900ms, start);

    auto due = w.take_due(start + 1h);

    EXPECT_EQ(due.size(), 2U);
}

TEST(Wheel, ADeadlineInThePastIsDueWithTheNextStep)
{
    wheel w(1s, 100ms);
    w.add(1, start - 5s, start);

    EXPECT_EQ(w.take_due(start + 100ms), ids{1});
}

TEST(Wheel, ADeadlineBeyondTheRingComesEarly)
{
    wheel w(1s, 100ms);
    w.add(1, start + 1h, start);

    EXPECT_EQ(w.take_due(start + 2s), ids{1});
}

} // namespace
} // namespace citron::frontend
