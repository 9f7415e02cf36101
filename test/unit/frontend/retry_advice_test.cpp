#include "frontend/retry_advice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;

struct RetryAdvice : testing::Test
{
    /// What a thousand clients are told.
    template <typename Ask>
    std::vector<milliseconds> told(Ask&& ask)
    {
        std::vector<milliseconds> all;
        for (int i = 0; i < 1000; ++i)
            all.push_back(ask());
        return all;
    }
    /// The most that fall into one second.
    static std::size_t busiest_second(const std::vector<milliseconds>& all)
    {
        std::map<std::int64_t, std::size_t> seconds;
        for (const auto one : all)
            ++seconds[one / 1s];
        return std::ranges::max_element(seconds, {}, [](const auto& s) { return s.second; })->second;
    }

    std::mt19937_64 dice{7};
    retry_advice advice{[this] { return dice(); }};
    retry_advice no_chance{{}};
};

TEST_F(RetryAdvice, WhoAsksTooFastWaitsAtLeastAsLongAsTheLimitSays)
{
    const auto all = told([&] { return advice.after_refusal(errc::rate_limited, 2s); });

    EXPECT_GE(std::ranges::min(all), 2s);
    EXPECT_LE(std::ranges::max(all), 4s);
    EXPECT_GT(std::set(all.begin(), all.end()).size(), 500U);
    EXPECT_EQ(no_chance.after_refusal(errc::rate_limited, 2s), 2s);
}

TEST_F(RetryAdvice, AnOverloadIsTriedAgainSoon)
{
    const auto all = told([&] { return advice.after_refusal(errc::overloaded, 0ms); });

    EXPECT_GE(std::ranges::min(all), 500ms);
    EXPECT_LE(std::ranges::max(all), 2s);
    EXPECT_EQ(no_chance.after_refusal(errc::overloaded, 0ms), 0ms);
}

TEST_F(RetryAdvice, WhatTimeDoesNotHealIsNotTriedAgain)
{
    for (const auto why : {errc::bad_request, errc::no_such_route, errc::duplicate_user, errc::too_large})
        EXPECT_EQ(advice.after_refusal(why, 0ms), 0ms);
    for (const auto* reason : {"protocol", "replaced", "name_taken"})
        EXPECT_EQ(advice.after_kick(reason, 5s), 0ms);
}

TEST_F(RetryAdvice, AWholeServersClientsDoNotComeBackInOneSecond)
{
    const auto all = told([&] { return advice.after_kick("drain", 10s); });

    EXPECT_LE(std::ranges::max(all), 10s);
    EXPECT_LT(busiest_second(all), 150U);
    EXPECT_EQ(advice.after_kick("drain", 0ms), 0ms) << "they were told one after another";
}

TEST_F(RetryAdvice, WhoAbusedWaitsLong)
{
    const auto all = told([&] { return advice.after_kick("abuse", 0ms); });

    EXPECT_GE(std::ranges::min(all), 30s);
    EXPECT_LT(busiest_second(all), 75U);
}

TEST_F(RetryAdvice, AtTheDoorItIsSecondsAndNotAllTheSame)
{
    std::set<std::chrono::seconds> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(advice.at_the_door());

    EXPECT_GE(*seen.begin(), 1s);
    EXPECT_LE(*seen.rbegin(), 10s);
    EXPECT_GE(seen.size(), 9U);
    EXPECT_EQ(no_chance.at_the_door(), 1s);
}

} // namespace
} // namespace citron::frontend
