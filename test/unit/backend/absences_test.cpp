#include "backend/absences.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;

const protocol::incarnation c1{"c1", 7}, c1_again{"c1", 8};
constexpr protocol::instant start{std::chrono::hours(1)};

TEST(Absences, AreOverAtTheirTime)
{
    absences a;
    a.note(c1, start + 3s);

    EXPECT_FALSE(a.over(c1, start + 2'999ms));
    EXPECT_TRUE(a.over(c1, start + 3s));
    EXPECT_EQ(a.until(c1), start + 3s);
}

TEST(Absences, AreNotProlonged)
{
    absences a;
    a.note(c1, start + 3s);

    a.note(c1, start + 9s);
    EXPECT_EQ(a.until(c1), start + 3s);
    a.note(c1, start + 1s);

    EXPECT_EQ(a.until(c1), start + 1s);
}

TEST(Absences, TellOnceWhenOneHasRunOut)
{
    absences a;
    a.note(c1, start + 3s);

    EXPECT_FALSE(a.run_out(start + 2s));
    EXPECT_TRUE(a.run_out(start + 3s));
    EXPECT_FALSE(a.run_out(start + 4s));
}

TEST(Absences, TellTheNextOneToo)
{
    absences a;
    a.note(c1, start + 3s);
    a.note(c1_again, start + 5s);
    (void)a.run_out(start + 3s);

    EXPECT_TRUE(a.run_out(start + 5s));
}

TEST(Absences, AreRememberedForRoomsThatOpenLate)
{
    absences a;
    a.note(c1, start + 3s);

    (void)a.run_out(start + 60s);
    EXPECT_TRUE(a.over(c1, start + 60s));
    (void)a.run_out(start + 64s);

    EXPECT_FALSE(a.over(c1, start + 64s));
}

TEST(Absences, AreForgottenOfThoseWhoAreBack)
{
    absences a;
    a.note(c1, start + 3s);
    a.note(c1_again, start + 3s);

    a.forget([](const protocol::incarnation& who) { return who == c1; });

    EXPECT_FALSE(a.over(c1, start + 4s));
    EXPECT_TRUE(a.over(c1_again, start + 4s));
}

TEST(Absences, OfAStrangerAreNotOverAndHaveNoEnd)
{
    absences a;
    a.note(c1, start);

    EXPECT_FALSE(a.over(c1_again, start + 9s));
    EXPECT_EQ(a.until(c1_again), std::nullopt);
    a.clear();
    EXPECT_EQ(a.until(c1), std::nullopt);
}

} // namespace
} // namespace citron::backend
