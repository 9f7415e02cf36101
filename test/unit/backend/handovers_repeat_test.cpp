// Rooms whose parts did not arrive, and rooms that come back.
#include "test/unit/backend/ferry.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;
using test::ferry;
using test::generation;
using test::Handovers;
using test::lines;
using test::NarrowHandovers;

TEST_F(Handovers, APartThatIsRefusedBeginsANewSeriesAfterAPause)
{
    for (const auto code : {errc::hole, errc::moved, errc::bad_request}) {
        ferry g({.part_bytes = 300});
        g.rooms.add("lobby", ferry::baggage(2), generation);
        (void)g.sends();
        g.answer();

        g.answer(code);
        EXPECT_EQ(g.sends(), lines{});
        g.pass(100ms);
        EXPECT_EQ(g.sends(), lines{});
        g.pass(100ms);

        EXPECT_EQ(g.sends(), (lines{"lobby 2.0: m1", "lobby 2.1 last: m2"}));
        EXPECT_FALSE(g.rooms.all_taken());
        EXPECT_EQ(g.counters.at("handover.repeats"), 1U);
    }
}

TEST_F(Handovers, APartThatReachesNobodyIsRepeated)
{
    add("lobby", 1);
    (void)f.sends();

    f.answer(errc::unavailable, "broker");
    f.pass(200ms);

    EXPECT_EQ(f.sends(), lines{"lobby 2.0 last: m1"});
}

TEST_F(Handovers, APartThatIsNotAnsweredIsRepeated)
{
    add("lobby", 1);
    (void)f.sends();

    f.pass(2'900ms);
    EXPECT_EQ(f.sends(), lines{});
    f.pass(300ms);

    EXPECT_EQ(f.sends(), lines{"lobby 2.0 last: m1"});
}

TEST_F(Handovers, WhatWasOnALostLineIsRepeatedOnTheNextOne)
{
    add("lobby", 1);
    (void)f.sends();
    f.line.on_lost(f.now);
    f.pass(1s);

    f.open();

    EXPECT_EQ(f.sends(), lines{"lobby 2.0 last: m1"});
}

TEST_F(Handovers, AnswersToAFormerSeriesCountForNothing)
{
    add("lobby", 2);
    (void)f.sends();

    f.answer(errc::hole);
    f.answer(errc::ok); // the last part, by one who holds the first of another series

    EXPECT_FALSE(f.rooms.all_taken());
    f.pass(200ms);
    EXPECT_EQ(f.sends(), (lines{"lobby 2.0: m1", "lobby 2.1 last: m2"}));
}

TEST_F(Handovers, ManyFailuresOfOneSeriesBeginOneNewSeries)
{
    add("lobby", 2);
    (void)f.sends();

    f.answer(errc::unavailable, "broker");
    f.answer(errc::unavailable, "broker");
    f.pass(200ms);

    EXPECT_EQ(f.sends(), (lines{"lobby 2.0: m1", "lobby 2.1 last: m2"}));
    EXPECT_EQ(f.counters.at("handover.repeats"), 1U);
}

TEST_F(NarrowHandovers, ASeriesThatFailedIsNotContinued)
{
    add("lobby", 3);
    (void)f.sends();
    f.answer();
    (void)f.sends();

    f.answer(errc::hole);
    f.pass(200ms);

    EXPECT_EQ(f.sends(), lines{"lobby 2.0: m1"});
}

TEST_F(NarrowHandovers, AfterAFailureOtherRoomsPauseToo)
{
    add("lobby", 1);
    add("attic", 1);
    (void)f.sends();

    f.answer(errc::unavailable, "broker");
    f.pass(100ms);
    EXPECT_EQ(f.sends(), lines{});
    f.pass(100ms);

    EXPECT_EQ(f.sends().size(), 1U);
}

// ---- kept until settled

TEST_F(Handovers, EverythingComesBackWholeAlsoWhatWasTaken)
{
    add("attic", 2);
    add("lobby", 2);
    (void)f.sends();
    f.answer();
    f.answer();

    const auto all = f.rooms.take_back();

    ASSERT_EQ(all.size(), 2U);
    for (const auto& [rid, b] : all) {
        EXPECT_EQ(b.at, ferry::baggage(2).at) << rid;
        EXPECT_EQ(b.messages.size(), 2U) << rid;
    }
    EXPECT_EQ(f.rooms.size(), 0U);
    EXPECT_TRUE(f.rooms.all_taken());
}

TEST_F(NarrowHandovers, WhatWasTakenBackIsNotSent)
{
    add("lobby", 2);
    (void)f.sends();

    (void)f.rooms.take_back();
    f.answer(errc::hole);
    f.pass(1s);

    EXPECT_EQ(f.sends(), lines{});
    EXPECT_TRUE(f.rooms.all_taken());
}

TEST_F(Handovers, ARoomThatGoesAgainIsNotTakenByAnAnswerFromBefore)
{
    add("lobby", 1);
    (void)f.sends();
    auto all = f.rooms.take_back();

    f.rooms.add("lobby", std::move(all.at("lobby")), generation + 1);
    EXPECT_EQ(f.sends(), lines{"lobby 2.0 last: m1"});
    f.answer();
    EXPECT_FALSE(f.rooms.all_taken());
    f.answer();

    EXPECT_TRUE(f.rooms.all_taken());
    EXPECT_EQ(f.sent.back().generation, generation + 1);
}

TEST_F(Handovers, ARoomThatIsAddedTwiceCountsOnce)
{
    add("lobby", 1);
    add("lobby", 2);

    EXPECT_EQ(f.sends(), (lines{"lobby 2.0: m1", "lobby 2.1 last: m2"}));
    f.answer();
    f.answer();

    EXPECT_TRUE(f.rooms.all_taken());
    EXPECT_EQ(f.rooms.size(), 1U);
}

TEST_F(Handovers, AreForgottenWhenNobodyWillWantThemBack)
{
    add("lobby", 1);
    (void)f.sends();

    f.rooms.clear();
    f.answer(errc::hole);
    f.pass(1s);

    EXPECT_EQ(f.rooms.size(), 0U);
    EXPECT_TRUE(f.rooms.all_taken());
    EXPECT_EQ(f.sends(), lines{});
    EXPECT_TRUE(f.rooms.take_back().empty());
}

} // namespace
} // namespace citron::backend
