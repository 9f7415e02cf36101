#include "common/protocol/dispatcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace citron::protocol {
namespace {

constexpr int rooms = 60'000;
const std::vector<std::string> three{"chat-server-1", "chat-server-2", "chat-server-3"};
const std::vector<std::string> four{"chat-server-1", "chat-server-2", "chat-server-3", "chat-server-4"};

std::string room(int i)
{
    return "room-" + std::to_string(i);
}

/// Computed by an independent implementation of XXH64. Changing them splits rooms between builds.
TEST(Dispatcher, WeightsAreFixedForEver)
{
    EXPECT_EQ(weight("lobby", "chat-server-1"), 0xbf9b3613a05bc85eU);
    EXPECT_EQ(weight("lobby", "chat-server-2"), 0x7c7733956609cb6cU);
    EXPECT_EQ(weight("lobby", "chat-server-3"), 0xd70ffb69be2cca63U);
    EXPECT_EQ(weight("", "chat-server-1"), 0xdf8800c614dc05b3U);
    EXPECT_EQ(weight("房间", "chat-server-1"), 0x49f22ca16894ee7dU);
    EXPECT_EQ(weight("a room name of more than thirty-two bytes", "chat-server-1"), 0x73105ab79f0300dcU);
}

TEST(Dispatcher, PicksTheHighestWeight)
{
    EXPECT_EQ(pick("lobby", three), 2U);
    EXPECT_EQ(pick("r1", three), 1U);
    EXPECT_EQ(pick("r2", three), 0U);
    EXPECT_EQ(pick("r3", three), 2U);
    EXPECT_EQ(pick("房间", three), 1U);
}

TEST(Dispatcher, NobodyOwnsARoomWithoutServers)
{
    EXPECT_EQ(pick("lobby", {}), npos);
}

TEST(Dispatcher, TheOrderOfTheListDoesNotMatter)
{
    auto reversed = three;
    std::ranges::reverse(reversed);
    for (int i = 0; i < 1'000; ++i)
        EXPECT_EQ(three[pick(room(i), three)], reversed[pick(room(i), reversed)]);
}

TEST(Dispatcher, RoomsAreSpreadEvenly)
{
    std::map<std::size_t, int> owned;
    for (int i = 0; i < rooms; ++i)
        ++owned[pick(room(i), three)];

    for (const auto& [server, count] : owned)
        EXPECT_NEAR(count, rooms / 3, rooms / 3 * 0.03) << three[server];
}

TEST(Dispatcher, AFourthServerTakesAQuarterAndNothingMovesBetweenTheOthers)
{
    int moved = 0;
    for (int i = 0; i < rooms; ++i) {
        const auto before = pick(room(i), three), after = pick(room(i), four);
        moved += after != before;
        EXPECT_TRUE(after == before || after == 3) << room(i);
    }

    EXPECT_GE(moved, rooms * 23 / 100);
    EXPECT_LE(moved, rooms * 27 / 100);
}

} // namespace
} // namespace citron::protocol
