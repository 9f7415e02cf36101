#include "frontend/drain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using ids = std::vector<session_id>;

/// Clients 1 to `count` of a server that was told to end; ticks of 100 ms. Who is told closes at once.
struct Drain : testing::Test
{
    explicit Drain(drain_options options = {.span = 5s}) : d(options, now) {}

    void there_are(session_id count)
    {
        for (session_id id = 1; id <= count; ++id)
            s.clients.push_back({id});
        s.connections = count;
    }
    /// The gates know, another server is there, and the door is closed.
    void begin(session_id count)
    {
        there_are(count);
        s.announced = s.elsewhere = true;
        EXPECT_EQ(tick().tell, ids{});
    }
    drain::step tick()
    {
        auto step = d.next(s, now);
        for (const auto id : step.tell) {
            std::erase_if(s.clients, [id](const auto& one) { return one.id == id; });
            --s.connections;
        }
        now += 100ms;
        return step;
    }
    std::size_t told_within(milliseconds time)
    {
        std::size_t told = 0;
        for (const auto end = now + time; now < end;)
            told += tick().tell.size();
        return told;
    }
    void wait_for_answers(const std::set<session_id>& who)
    {
        for (auto& one : s.clients)
            one.waiting = who.contains(one.id);
    }

    instant now{1h};
    drain::scene s;
    drain d;
};

TEST_F(Drain, NobodyIsToldBeforeTheGatesKnow)
{
    there_are(1);

    for (int i = 0; i < 5; ++i) {
        const auto step = tick();
        EXPECT_FALSE(step.close_door);
        EXPECT_EQ(step.tell, ids{});
    }
}

TEST_F(Drain, GatesThatDoNotAnswerAreWaitedForHalfASecond)
{
    there_are(1);
    now += 500ms;

    EXPECT_TRUE(tick().close_door);
}

TEST_F(Drain, TheDoorClosesBeforeTheFirstIsTold)
{
    there_are(1);
    s.announced = s.elsewhere = true;

    const auto step = tick();

    EXPECT_TRUE(step.close_door);
    EXPECT_EQ(step.tell, ids{});
}

TEST_F(Drain, ManyAreToldSpreadEvenlyOverTheSpan)
{
    begin(10'000);

    EXPECT_EQ(told_within(1s), 2'000U);
    EXPECT_EQ(told_within(1s), 2'000U);
    EXPECT_EQ(told_within(2'900ms), 5'800U);
    EXPECT_EQ(told_within(100ms), 200U);
}

TEST_F(Drain, TheFirstToComeAreTheFirstToGo)
{
    begin(1'000);

    auto told = tick().tell;
    const auto more = tick().tell;
    told.insert(told.end(), more.begin(), more.end());

    ids expected(told.size());
    std::iota(expected.begin(), expected.end(), 1);
    EXPECT_EQ(told, expected);
    EXPECT_EQ(told.size(), 40U);
}

TEST_F(Drain, FewDoNotWaitForTheSpan)
{
    begin(100);

    EXPECT_EQ(told_within(500ms), 100U);
}

TEST_F(Drain, OneIsToldWithTheNextStep)
{
    begin(1);

    EXPECT_EQ(tick().tell, ids{1});
}

TEST_F(Drain, AllAreToldAtOnceWhenThereIsNowhereToGo)
{
    there_are(10'000);
    s.announced = true;

    EXPECT_EQ(tick().tell.size(), 10'000U);
}

TEST_F(Drain, AllTheRestAreToldWhenTheLastOtherServerGoes)
{
    begin(10'000);
    EXPECT_EQ(told_within(100ms), 200U);
    s.elsewhere = false;

    EXPECT_EQ(tick().tell.size(), 9'800U);
}

TEST_F(Drain, WhoGoesByThemselvesGivesOthersTime)
{
    begin(10'000);
    s.clients.resize(4'000);

    EXPECT_EQ(told_within(3s), 0U);
    EXPECT_EQ(told_within(2s), 4'000U);
}

TEST_F(Drain, WhoWaitsForAnswersIsToldWhenTheyHaveCome)
{
    begin(3);
    wait_for_answers({2});
    EXPECT_EQ(tick().tell, (ids{1, 3}));
    EXPECT_EQ(tick().tell, ids{});

    wait_for_answers({});

    EXPECT_EQ(tick().tell, ids{2});
}

TEST_F(Drain, WhoWaitsForAnswersInVainIsToldAfterTwoSeconds)
{
    begin(1);
    wait_for_answers({1});

    EXPECT_EQ(told_within(2s), 0U);
    EXPECT_EQ(tick().tell, ids{1});
}

TEST_F(Drain, IsOverWhenTheLastConnectionHasEnded)
{
    begin(2);
    s.connections = 5; // three are closing already
    EXPECT_FALSE(tick().over);

    s.connections = 0;

    EXPECT_TRUE(tick().over);
}

TEST_F(Drain, IsNotOverWhileSomebodyHasNotBeenTold)
{
    begin(1);
    wait_for_answers({1});
    s.connections = 0; // cannot be, and must not matter

    EXPECT_FALSE(tick().over);
}

TEST_F(Drain, WithoutClientsIsOverAtOnce)
{
    s.announced = true;

    EXPECT_TRUE(tick().over);
}

TEST_F(Drain, ClientsThatNeverCloseAreCutThreeSecondsLater)
{
    begin(1);
    s.connections = 2;
    (void)tick();

    for (int i = 0; i < 29; ++i)
        EXPECT_FALSE(tick().over) << i;
    EXPECT_TRUE(tick().over);
}

TEST_F(Drain, IsOverInTimeWhateverHappens)
{
    there_are(10'000);
    s.elsewhere = true;
    for (auto& one : s.clients)
        one.waiting = true;
    s.connections = 20'000;
    const auto begun = now;

    while (!tick().over)
        ASSERT_LE(now - begun, drain_options{.span = 5s}.longest());

    EXPECT_GE(now - begun, 10s);
}

struct DrainAtOnce : Drain
{
    DrainAtOnce() : Drain(drain_options{}) {}
};

TEST_F(DrainAtOnce, WithoutASpanAllAreToldWithTheFirstStep)
{
    there_are(1'000);
    s.announced = s.elsewhere = true;

    EXPECT_EQ(tick().tell.size(), 1'000U);
}

// ---- when they come back

TEST_F(Drain, ThoseWhoAreToldOneAfterAnotherComeBackAtOnce)
{
    begin(1000);

    for (int i = 0; i < 60; ++i)
        EXPECT_EQ(tick().spread, 0ms);
}

TEST_F(Drain, ThoseWhoAreToldAllAtOnceComeBackAtItsPace)
{
    there_are(2000);
    s.announced = true;

    const auto step = tick();

    EXPECT_EQ(step.tell.size(), 2000U);
    EXPECT_EQ(step.spread, 10s) << "200 a second";
}

TEST_F(Drain, FewComeBackWithinASecond)
{
    there_are(10);
    s.announced = true;

    EXPECT_EQ(tick().spread, 1s);
}

} // namespace
} // namespace citron::frontend
