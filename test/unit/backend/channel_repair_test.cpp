// What a connector hears that missed something of a room.
#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using test::lines;
using test::room_stage;

/// ann and bob are in the lobby, ann has said 1, 2, 3; it stands at 1.5.
struct ChannelRepair : testing::Test
{
    room_stage s;
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 4);

    explicit ChannelRepair(channel_options options = {}) : s(options)
    {
        s.serve();
        s.enter(ann);
        s.enter(bob);
        for (std::uint64_t number = 1; number <= 3; ++number)
            s.send(ann, number, "x");
        s.turn();
        (void)s.says();
    }
    lines misses(const protocol::head& seen)
    {
        s.sync("c2", seen);
        s.turn();
        return s.says();
    }
};

struct ChannelRepairSmall : ChannelRepair
{
    ChannelRepairSmall() : ChannelRepair({.repair = {.count = 2, .bytes = 1U << 20U}}) {}
};

TEST_F(ChannelRepair, WhoMissedNothingHearsWhereTheRoomStands)
{
    EXPECT_EQ(misses(s.at(1, 5, 3)), lines{"c2: #6 ok at 1.5 e1@3"});
}

TEST_F(ChannelRepair, WhoMissedMessagesGetsThemAndTheMembers)
{
    EXPECT_EQ(misses(s.at(1, 3, 1)), lines{"c2: #6 ok at 1.5 e1@3, messages 2 3, [ann bob]"});
}

TEST_F(ChannelRepair, WhoMissedPresenceAloneGetsTheMembers)
{
    s.kick(ann);
    (void)s.says();

    EXPECT_EQ(misses(s.at(1, 5, 3)), lines{"c2: #6 ok at 1.6 e1@3, [bob]"});
}

TEST_F(ChannelRepair, WhoKnowsAnEarlierTermGetsTheMembersWhateverTheRev)
{
    EXPECT_EQ(misses(s.at(0, 5, 3)), lines{"c2: #6 ok at 1.5 e1@3, [ann bob]"});
}

TEST_F(ChannelRepair, WhoKnowsAnotherEpochHasLostWhatItMissed)
{
    EXPECT_EQ(misses({.term = 1, .rev = 1, .epoch = "other", .offset = 9}),
              lines{"c2: #6 ok at 1.5 e1@3, lost, [ann bob]"});
}

TEST_F(ChannelRepair, WhoKnowsNothingHasLostNothing)
{
    EXPECT_EQ(misses({}), lines{"c2: #6 ok at 1.5 e1@3, [ann bob]"});
}

TEST_F(ChannelRepair, WhatWasTrimmedIsLost)
{
    auto content = s.store.extract("lobby");
    content.messages.erase(content.messages.begin(), content.messages.begin() + 2);
    s.store.adopt("lobby", content);

    EXPECT_EQ(misses(s.at(1, 3, 1)), lines{"c2: #6 ok at 1.5 e1@3, messages 3, lost, [ann bob]"});
}

TEST_F(ChannelRepair, WhatIsBeingStoredComesAsABroadcast)
{
    s.send(ann, 4, "under way");
    s.end_turn();
    s.sync("c2", s.at(1, 4, 2));
    s.turn();

    EXPECT_EQ(s.says().back(), "c2: #7 ok at 1.5 e1@3, messages 3, [ann bob]");
}

TEST_F(ChannelRepairSmall, ALongRepairComesInPages)
{
    EXPECT_EQ(misses(s.at(1, 2, 0)), lines{"c2: #6 ok at 1.5 e1@3, messages 1 2, more, [ann bob]"});
    EXPECT_EQ(misses(s.at(1, 4, 2)), lines{"c2: #7 ok at 1.5 e1@3, messages 3, [ann bob]"});
}

/// More than a resume may have, stored while the store was slow.
TEST(ChannelResume, WhoMissedNothingIsToldSoHoweverMuchIsBeingStored)
{
    room_stage s({.resume = {.count = 2, .bytes = 1U << 20U}});
    const auto ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 4);
    s.serve();
    s.enter(ann);
    s.send(ann, 1, "x");
    s.turn();
    (void)s.says();
    for (std::uint64_t number = 2; number <= 5; ++number)
        s.send(ann, number, "x");
    s.end_turn();

    s.enter({.who = bob, .resume = true, .since_epoch = s.epoch(1), .since_offset = 1});
    s.turn();

    EXPECT_EQ(s.says().back(), "c2: #7 ok 1.3 e1@1 [ann bob], recovered");
}

TEST_F(ChannelRepair, OneWhoAsksAboutARoomThatNobodyIsInHearsWhereItStands)
{
    s.kick(ann);
    s.kick(bob);
    (void)s.says();

    EXPECT_EQ(misses(s.at(1, 5, 3)), lines{"c2: #6 ok at 2.0 e1@3, []"});
    EXPECT_EQ(s.server.channels().size(), 0U);
}

} // namespace
} // namespace citron::backend
