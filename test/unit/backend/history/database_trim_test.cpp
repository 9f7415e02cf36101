// What class database keeps of old messages.
#include "test/unit/backend/history/disk.hpp"

namespace citron::backend {
namespace {

using namespace test;

TEST(DatabaseTrim, KeepsTheNewestMessagesOfEachRoom)
{
    database file({.path = ":memory:", .room_messages = 3, .young_ms = 0});
    open(file, "a");
    open(file, "b");
    fill(file, "a", 10);
    fill(file, "b", 2);

    EXPECT_EQ(file.trim(1000, 100), 7U);
    EXPECT_EQ(all(file, "a"), (offsets{8, 9, 10}));
    EXPECT_EQ(all(file, "b"), (offsets{1, 2}));
    EXPECT_EQ(file.trim(1000, 100), 0U);
}

TEST(DatabaseTrim, DeletesWithinItsBudgetOldestFirst)
{
    database file({.path = ":memory:", .room_messages = 3, .young_ms = 0});
    open(file, "a");
    fill(file, "a", 10);

    EXPECT_EQ(file.trim(1000, 4), 4U);
    EXPECT_EQ(all(file, "a"), (offsets{5, 6, 7, 8, 9, 10}));
    EXPECT_EQ(file.trim(1000, 4), 3U);
    EXPECT_EQ(all(file, "a"), (offsets{8, 9, 10}));
}

TEST(DatabaseTrim, DeletesWhatIsTooOldAndKeepsTheHead)
{
    database file({.path = ":memory:", .room_messages = 0, .age_ms = 100});
    open(file, "a");
    fill(file, "a", 2, 1000);
    fill(file, "a", 2, 1050);

    EXPECT_EQ(file.trim(1100, 100), 0U);
    EXPECT_EQ(file.trim(1101, 100), 2U);
    EXPECT_EQ(all(file, "a"), (offsets{3, 4}));
    EXPECT_EQ(file.trim(5000, 100), 2U);
    EXPECT_EQ(open(file, "a").at.offset, 4U);
    EXPECT_TRUE(file.read_after("a", 0, {}).trimmed);
}

TEST(DatabaseTrim, WhatWasSaidByAClockThatWasFarAheadIsNotYoung)
{
    constexpr std::uint64_t minute = 60'000;
    database file({.path = ":memory:", .room_messages = 3});
    open(file, "a");
    fill(file, "a", 10, 10 * minute);

    EXPECT_EQ(file.trim(10 * minute, 100), 0U);
    EXPECT_EQ(file.trim(9 * minute, 100), 0U);
    EXPECT_EQ(file.trim(9 * minute - 1, 100), 7U);
    EXPECT_EQ(all(file, "a"), (offsets{8, 9, 10}));
}

TEST(DatabaseTrim, WithoutLimitsItKeepsEverything)
{
    database file({.path = ":memory:", .room_messages = 0});
    open(file, "a");
    fill(file, "a", 10);

    EXPECT_EQ(file.trim(1'000'000'000'000, 100), 0U);
}

TEST(DatabaseTrim, RoomsJustWrittenToComeFirst)
{
    const disk d;
    {
        database before(d.file());
        for (const auto* rid : {"a", "b", "c"}) {
            open(before, rid);
            fill(before, rid, 5);
        }
    }
    auto options = d.file();
    options.room_messages = 3;
    database file(options);
    put(file, said("c"));

    EXPECT_EQ(file.trim(1000, 3), 3U);
    EXPECT_EQ(all(file, "c"), (offsets{4, 5, 6}));
    EXPECT_EQ(all(file, "a").size(), 5U);
}

TEST(DatabaseTrim, ComesToEveryRoomInTurn)
{
    const disk d;
    constexpr int rooms = 450; // more than it looks at in one call
    {
        database before(d.file());
        for (int i = 0; i < rooms; ++i) {
            open(before, std::to_string(i));
            fill(before, std::to_string(i), 2);
        }
    }
    auto options = d.file();
    options.room_messages = 1;
    database file(options);

    std::size_t deleted = 0;
    for (int call = 0; call < 10; ++call)
        deleted += file.trim(1000, 120);

    EXPECT_EQ(deleted, static_cast<std::size_t>(rooms));
}

} // namespace
} // namespace citron::backend
