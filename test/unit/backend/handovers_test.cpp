// Rooms on their way: in parts, within a window, until they are taken.
#include "test/unit/backend/ferry.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;
using test::ferry;
using test::generation;
using test::Handovers;
using test::lines;
using test::NarrowHandovers;

const protocol::incarnation c2{"c2", 7};

// ---- parts

TEST_F(Handovers, ASmallRoomGoesInOnePart)
{
    auto b = ferry::baggage(1);
    b.members = {{.user = "ann", .connector = "c1"}};
    b.answers = {{.sender = "c1/1/1", .number = 9}};
    ferry wide({});

    wide.rooms.add("lobby", std::move(b), generation);

    EXPECT_EQ(wide.sends(), lines{"lobby 1.0 last: m1 ann a9"});
    EXPECT_EQ(wide.sent[0].generation, generation);
    EXPECT_EQ(wide.sent[0].time, 900U);
    EXPECT_EQ(wide.sent[0].at, ferry::baggage(1).at);
}

TEST_F(Handovers, ALargeRoomGoesInNumberedPartsOfOneSeries)
{
    add("lobby", 3);

    EXPECT_EQ(f.sends(), (lines{"lobby 1.0: m1", "lobby 1.1: m2", "lobby 1.2 last: m3"}));
    EXPECT_EQ(f.counters.at("handover.parts"), 3U);
}

TEST_F(Handovers, OnlyTheLastPartSaysWhereTheRoomStands)
{
    add("lobby", 2);

    (void)f.sends();

    EXPECT_EQ(f.sent[0].at, protocol::head{});
    EXPECT_EQ(f.sent[0].time, 0U);
    EXPECT_EQ(f.sent[1].at, ferry::baggage(2).at);
}

TEST_F(Handovers, MembersAndAnswersFillPartsToo)
{
    room_baggage b;
    for (const auto* name : {"ann", "bob", "cid"}) {
        b.members.push_back({.user = name, .connector = "c1"});
        b.answers.push_back({.sender = "c1/1/1", .number = b.members.size()});
    }

    f.rooms.add("lobby", std::move(b), generation);

    EXPECT_EQ(f.sends(), (lines{"lobby 1.0: ann bob", "lobby 1.1: cid a1", "lobby 1.2 last: a2 a3"}));
}

TEST_F(Handovers, WhoIsAwayFillsPartsToo)
{
    room_baggage b;
    for (int i = 0; i < 100; ++i)
        b.away.insert("c1/7/" + std::to_string(i));

    f.rooms.add("lobby", std::move(b), generation);
    (void)f.sends();

    EXPECT_GT(f.sent.size(), 10U);
    std::size_t away = 0;
    for (const auto& part : f.sent)
        away += part.away.size();
    EXPECT_EQ(away, 100U);
}

TEST_F(Handovers, RoomsThatSomebodyIsInGoBeforeThoseThatRest)
{
    room_baggage b;
    b.members = {{.user = "ann", .connector = "c1"}};
    f.rooms.add("a", ferry::baggage(1), generation);
    f.rooms.add("b", ferry::baggage(1), generation);
    f.rooms.add("c", std::move(b), generation);

    EXPECT_EQ(f.sends(), (lines{"c 3.0 last: ann", "a 1.0 last: m1", "b 2.0 last: m1"}));
}

TEST_F(Handovers, AMessageLargerThanAPartGoesAlone)
{
    auto b = ferry::baggage(0);
    b.messages = {ferry::message(1, 10), ferry::message(2, 1000), ferry::message(3, 10)};

    f.rooms.add("lobby", std::move(b), generation);

    EXPECT_EQ(f.sends(), (lines{"lobby 1.0: m1", "lobby 1.1: m2", "lobby 1.2 last: m3"}));
}

TEST_F(Handovers, ARoomWithoutAnythingIsOnePart)
{
    add("lobby", 0);

    EXPECT_EQ(f.sends(), lines{"lobby 1.0 last:"});
}

TEST_F(Handovers, RoomsGoOneAfterAnotherInSeriesOfTheirOwn)
{
    add("lobby", 2);
    add("attic", 2);

    EXPECT_EQ(f.sends(),
              (lines{"lobby 1.0: m1", "lobby 1.1 last: m2", "attic 2.0: m1", "attic 2.1 last: m2"}));
}

// ---- the window

TEST_F(NarrowHandovers, NothingIsSentBeyondTheWindowBeforeAnAnswer)
{
    add("lobby", 2);
    add("attic", 1);

    EXPECT_EQ(f.sends(), lines{"lobby 1.0: m1"});
    EXPECT_EQ(f.sends(), lines{});
    f.answer();
    EXPECT_EQ(f.sends(), lines{"lobby 1.1 last: m2"});
    f.answer();
    EXPECT_EQ(f.sends(), lines{"attic 2.0 last: m1"});
}

TEST_F(Handovers, AWindowIsOfBytes)
{
    ferry wide({.part_bytes = 300, .window_bytes = 1000, .part_overhead = 0});
    wide.rooms.add("lobby", ferry::baggage(30), generation);

    (void)wide.sends();

    const auto on_the_way = std::accumulate(wide.bytes.begin(), wide.bytes.end(), std::size_t{0});
    EXPECT_GE(on_the_way, 1000U);
    EXPECT_LT(on_the_way - wide.bytes.back(), 1000U);
}

TEST_F(Handovers, ManySmallPartsFillAWindowToo)
{
    ferry wide({.window_bytes = 10'000, .part_overhead = 1'000});
    for (int room = 0; room < 30; ++room)
        wide.rooms.add("room" + std::to_string(room), ferry::baggage(0), generation);

    EXPECT_LE(wide.sends().size(), 10U);
}

TEST_F(NarrowHandovers, AnAnswerToWhatWasTakenBackMakesRoomInTheWindow)
{
    add("lobby", 1);
    (void)f.sends();
    (void)f.rooms.take_back();
    add("attic", 1);
    EXPECT_EQ(f.sends(), lines{});

    f.answer();

    EXPECT_EQ(f.sends(), lines{"attic 2.0 last: m1"});
}

// ---- taken

TEST_F(Handovers, ARoomIsTakenWhenItsLastPartIsAnswered)
{
    EXPECT_TRUE(f.rooms.all_taken());
    add("lobby", 2);
    (void)f.sends();

    f.answer();
    EXPECT_FALSE(f.rooms.all_taken());
    f.answer();

    EXPECT_TRUE(f.rooms.all_taken());
    EXPECT_EQ(f.counters.at("handover.repeats"), 0U);
}

TEST_F(Handovers, EveryRoomMustBeTaken)
{
    add("lobby", 1);
    add("attic", 1);
    (void)f.sends();

    f.answer();
    EXPECT_FALSE(f.rooms.all_taken());
    f.answer();

    EXPECT_TRUE(f.rooms.all_taken());
}

TEST_F(Handovers, WhatWasTakenIsNotSentAgain)
{
    add("lobby", 1);
    (void)f.sends();
    f.answer();

    f.pass(10s);

    EXPECT_EQ(f.sends(), lines{});
}

// ---- silent connectors

TEST_F(Handovers, TheTimeThatSilentConnectorsHaveIsWhatIsLeftWhenItIsSent)
{
    auto b = ferry::baggage(1);
    b.absent = {{c2, f.now + 3s}};
    f.rooms.add("lobby", std::move(b), generation);
    f.pass(1s);

    (void)f.sends();

    ASSERT_EQ(f.sent[0].absent.size(), 1U);
    EXPECT_EQ(f.sent[0].absent[0].connector, c2);
    EXPECT_EQ(f.sent[0].absent[0].left_ms, 2'000U);
}

TEST_F(Handovers, ATimeThatIsOverIsNoTime)
{
    auto b = ferry::baggage(1);
    b.absent = {{c2, f.now - 3s}};
    f.rooms.add("lobby", std::move(b), generation);

    (void)f.sends();

    EXPECT_EQ(f.sent[0].absent.at(0).left_ms, 0U);
}

TEST_F(Handovers, NobodyGoesAMillisecondTooEarly)
{
    auto b = ferry::baggage(1);
    b.absent = {{c2, f.now + 1500us}};
    f.rooms.add("lobby", std::move(b), generation);

    (void)f.sends();

    EXPECT_EQ(f.sent[0].absent.at(0).left_ms, 2U);
}

TEST_F(Handovers, OnlyTheLastPartNamesSilentConnectors)
{
    auto b = ferry::baggage(2);
    b.absent = {{c2, f.now + 3s}};
    f.rooms.add("lobby", std::move(b), generation);

    (void)f.sends();

    EXPECT_TRUE(f.sent[0].absent.empty());
    EXPECT_EQ(f.sent[1].absent.size(), 1U);
}

} // namespace
} // namespace citron::backend
