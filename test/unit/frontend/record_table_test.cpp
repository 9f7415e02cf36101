#include "frontend/record_table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;

struct note
{
    protocol::instant until{};
    [[nodiscard]] bool idle(protocol::instant now) const { return until <= now; }
};

struct RecordTable : testing::Test
{
    void note_and_let_go(const std::string& key, protocol::instant until)
    {
        const auto one = table.hold(key);
        one->second.until = until;
        table.let_go(one);
    }

    protocol::instant now{1h};
    record_table<std::string, note> table{3};
};

TEST_F(RecordTable, ARecordThatIsHeldStays)
{
    const auto one = table.hold("ada");
    one->second.until = now;

    table.sweep(now);

    EXPECT_EQ(table.hold("ada"), one);
}

TEST_F(RecordTable, OneThatSaysSomethingIsRememberedUntilItDoesNot)
{
    note_and_let_go("ada", now + 1s);

    table.sweep(now);
    EXPECT_EQ(table.size(), 1U);
    table.sweep(now + 1s);
    EXPECT_EQ(table.size(), 0U);
}

TEST_F(RecordTable, OneThatIsHeldAgainStaysAndGoesLater)
{
    note_and_let_go("ada", now);
    const auto one = table.hold("ada");

    table.sweep(now);
    EXPECT_EQ(table.size(), 1U);

    table.let_go(one);
    table.sweep(now);
    EXPECT_EQ(table.size(), 0U);
}

TEST_F(RecordTable, WhenFullTheOneThatWasIdleForLongestGoes)
{
    const auto held = table.hold("held");
    note_and_let_go("first", now + 1h);
    note_and_let_go("second", now + 1h);

    (void)table.hold("new");

    EXPECT_EQ(table.size(), 3U);
    EXPECT_EQ(table.hold("second")->second.until, now + 1h);
    EXPECT_EQ(table.hold("held"), held);
    EXPECT_EQ(table.hold("first")->second.until, protocol::instant{}) << "it was forgotten";
}

TEST_F(RecordTable, WhatIsHeldIsNeverForgottenForRoom)
{
    std::vector<record_table<std::string, note>::handle> all;
    for (int i = 0; i < 10; ++i)
        all.push_back(table.hold(std::to_string(i)));

    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(table.hold(std::to_string(i)), all[static_cast<std::size_t>(i)]);
}

TEST_F(RecordTable, AFloodOfStrangersTakesNoMoreRoom)
{
    for (int i = 0; i < 10'000; ++i)
        note_and_let_go(std::to_string(i), now + 1h);

    EXPECT_EQ(table.size(), 3U);
    table.sweep(now + 1h);
    EXPECT_EQ(table.size(), 0U);
}

} // namespace
} // namespace citron::frontend
