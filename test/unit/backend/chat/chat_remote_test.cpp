// The doors of a room: entering and leaving it, with and without a position to resume from.
#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using test::lines;
using test::room_stage;

/// ann is in the lobby and has said 1, 2, 3; it stands at 1.4.
struct ChatRemote : testing::Test
{
    room_stage s;
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 4, "key");

    explicit ChatRemote(channel_options options = {}) : s(options)
    {
        s.serve();
        s.enter(ann);
        for (std::uint64_t number = 1; number <= 3; ++number)
            s.send(ann, number, "x");
        s.turn();
        (void)s.says();
    }
    lines enters(const protocol::add& request)
    {
        s.enter(request);
        s.turn();
        auto said = s.says();
        std::erase_if(said, [](const auto& line) { return line.find("onAdd") != std::string::npos; });
        return said;
    }
    lines resumes(std::uint64_t offset)
    {
        return enters({.who = bob, .resume = true, .since_epoch = s.epoch(1), .since_offset = offset});
    }
};

struct ChatRemoteSmall : ChatRemote
{
    ChatRemoteSmall() : ChatRemote({.resume = {.count = 2, .bytes = 1U << 20U}}) {}
};

TEST_F(ChatRemote, ANewcomerHearsWhereTheRoomStandsAndNothingOfBefore)
{
    EXPECT_EQ(enters({.who = bob}), lines{"c2: #5 ok 1.5 e1@3 [ann bob]"});
}

TEST_F(ChatRemote, ATakenNameIsRefused)
{
    EXPECT_EQ(enters({.who = room_stage::who("ann", "c2", 9)}), lines{"c2: #5 duplicate_user"});
}

TEST_F(ChatRemote, AReplacedSessionIsEvicted)
{
    s.enter(bob);
    (void)s.says();

    EXPECT_EQ(enters({.who = room_stage::who("bob", "c1", 7, "key")}),
              (lines{"c2: lobby evict 4 replaced", "c1: #6 ok 1.5 e1@3 [ann bob]"}));
}

TEST_F(ChatRemote, LeavingTwiceIsLeavingOnce)
{
    s.enter(bob);
    (void)s.says();

    s.kick(bob);
    s.kick(bob);

    EXPECT_EQ(s.says(), lines{R"(c1: lobby 1.6 e1@3 {"route":"onLeave","user":"bob","rid":"lobby"})"});
}

TEST_F(ChatRemote, ALateLeavingOfAnEarlierStayIsNothing)
{
    s.enter(bob);
    auto again = bob;
    again.stay = 2;
    s.enter(again);
    (void)s.says();

    s.kick(bob);

    EXPECT_EQ(s.says(), lines{});
    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChatRemote, AConnectionThatWasGivenUpTakesNoPlace)
{
    auto late = bob, early = room_stage::who("bob", "c1", 7, "key");
    late.opened = 2000;
    early.opened = 1000;
    s.enter(late);
    (void)s.says();

    EXPECT_EQ(enters({.who = early}), lines{"c1: #6 duplicate_user"});
}

TEST_F(ChatRemote, ResumingBringsExactlyWhatWasMissed)
{
    EXPECT_EQ(resumes(1), lines{"c2: #5 ok 1.5 e1@3 [ann bob], recovered, messages 2 3"});
}

TEST_F(ChatRemote, ResumingFromTheHeadMissesNothing)
{
    EXPECT_EQ(resumes(3), lines{"c2: #5 ok 1.5 e1@3 [ann bob], recovered"});
}

TEST_F(ChatRemote, ResumingInAnotherEpochBringsTheNewestPageInstead)
{
    EXPECT_EQ(enters({.who = bob, .resume = true, .since_epoch = "other", .since_offset = 2}),
              lines{"c2: #5 ok 1.5 e1@3 [ann bob], messages 1 2 3"});
}

TEST_F(ChatRemote, ResumingFromBeyondTheHeadBringsTheNewestPageInstead)
{
    EXPECT_EQ(resumes(4), lines{"c2: #5 ok 1.5 e1@3 [ann bob], messages 1 2 3"});
}

TEST_F(ChatRemote, WhatIsBeingStoredComesAsABroadcastAndNotTwice)
{
    s.send(ann, 4, "under way");
    s.end_turn();

    const auto said = resumes(1);

    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[2], "c2: #6 ok 1.5 e1@3 [ann bob], recovered, messages 2 3");
    EXPECT_TRUE(said[1].starts_with("c1,c2: lobby 1.6 e1@4 "));
}

TEST_F(ChatRemoteSmall, WhoMissedTooMuchGetsTheNewestPageInstead)
{
    EXPECT_EQ(resumes(0), lines{"c2: #5 ok 1.5 e1@3 [ann bob], messages 1 2 3"});
}

TEST_F(ChatRemoteSmall, WhoMissedAsMuchAsAllowedGetsIt)
{
    EXPECT_EQ(resumes(1), lines{"c2: #5 ok 1.5 e1@3 [ann bob], recovered, messages 2 3"});
}

TEST_F(ChatRemote, ResumingBehindWhatWasTrimmedBringsTheNewestPageInstead)
{
    auto content = s.store.extract("lobby");
    content.messages.erase(content.messages.begin(), content.messages.begin() + 2);
    s.store.adopt("lobby", content);

    EXPECT_EQ(resumes(1), lines{"c2: #5 ok 1.5 e1@3 [ann bob], messages 3"});
}

} // namespace
} // namespace citron::backend
