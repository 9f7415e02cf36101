#include "broker/departed.hpp"

#include <gtest/gtest.h>

namespace citron::broker {
namespace {

using std::chrono::minutes;

constexpr instant start{};

TEST(Departed, ForgetsTheOldestBeyondItsLimit)
{
    departed list(minutes(10), 2);

    list.add({"a", 1}, start);
    list.add({"b", 1}, start);
    list.add({"c", 1}, start);

    EXPECT_EQ(list.list(), (std::vector<incarnation>{{"b", 1}, {"c", 1}}));
}

TEST(Departed, ForgetsWhatIsTooOldWhenSomebodyIsAdded)
{
    departed list(minutes(10), 100);
    list.add({"a", 1}, start);

    list.add({"b", 1}, start + minutes(11));

    EXPECT_EQ(list.list(), (std::vector<incarnation>{{"b", 1}}));
}

TEST(Departed, KnowsLivesOfOneServerApart)
{
    departed list(minutes(10), 100);

    list.add({"a", 1}, start);

    EXPECT_TRUE(list.contains({"a", 1}));
    EXPECT_FALSE(list.contains({"a", 2}));
}

TEST(Departed, ListsNobodyTwice)
{
    departed list(minutes(10), 100);

    list.add({"a", 1}, start);
    list.add({"a", 1}, start);

    EXPECT_EQ(list.list().size(), 1U);
}

TEST(Departed, AnImportReplacesTheOneBeforeButNotWhatWeSawOurselves)
{
    departed list(minutes(10), 100);
    list.add({"own", 1}, start);
    list.import({{"a", 1}, {"own", 1}}, start);

    list.import({{"b", 1}}, start);

    EXPECT_EQ(list.list(), (std::vector<incarnation>{{"own", 1}, {"b", 1}}));
}

} // namespace
} // namespace citron::broker
