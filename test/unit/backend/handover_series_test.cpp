// Rooms that come in parts: which are taken, and which are refused.
#include "test/unit/backend/arrivals.hpp"

namespace citron::backend {
namespace {

using test::Handover;
using test::lines;
using test::room_stage;

// ---- parts in order

TEST_F(Handover, ASeriesBeginsWithPartNought)
{
    s.hand_over(part(1));

    EXPECT_EQ(s.says(), lines{"s2: part hole"});
}

TEST_F(Handover, MembersAndAnswersMayComeInParts)
{
    ann.next = bob.next = 2;
    auto first = part(0), second = part(1);
    first.members = {ann};
    first.answers = {answered(ann, 1)};
    second.members = {bob};
    second.answers = {answered(bob, 1)};
    s.hand_over(first);
    s.hand_over(second);
    s.hand_over(last(2, {}));
    enrolls({ann}, {bob});
    (void)s.says();

    s.send(ann, 1, "repeated", 1);
    s.send(bob, 1, "repeated", 1);

    EXPECT_EQ(s.says(), (lines{R"(c1: #1 ok {"offset":2})", R"(c2: #2 ok {"offset":2})"}));
}

TEST_F(Handover, AMissingPartIsAHoleAndForgetsTheSeries)
{
    s.hand_over(part(0));

    s.hand_over(part(2));
    s.hand_over(part(1));

    EXPECT_EQ(s.says(), (lines{"s2: part ok", "s2: part hole", "s2: part hole"}));
}

TEST_F(Handover, WhatWasBegunByOneThatHasGoneIsForgottenOnceSettled)
{
    s.hand_over(part(0));
    EXPECT_EQ(s.says(), lines{"s2: part ok"});

    enrolls({}, {});

    EXPECT_TRUE(s.server.channels().at_rest());
}

TEST_F(Handover, APartOfAnotherSeriesIsAHole)
{
    s.hand_over(part(0, 1));

    s.hand_over(part(1, 2));

    EXPECT_EQ(s.says(), (lines{"s2: part ok", "s2: part hole"}));
}

TEST_F(Handover, APartOfAnotherSenderIsAHole)
{
    s.hand_over(part(0));

    s.hand_over(part(1), "s3");

    EXPECT_EQ(s.says(), (lines{"s2: part ok", "s3: part hole"}));
}

TEST_F(Handover, TwoWhoHandTheSameRoomOverDoNotDisturbEachOther)
{
    s.hand_over(part(0));
    s.hand_over(part(0), "s3");
    s.hand_over(last(1, {ann, bob}));
    s.hand_over(last(1, {ann, bob}), "s3");

    EXPECT_EQ(s.says(), (lines{"s2: part ok", "s3: part ok", "s2: part ok", "s3: part ok"}));
    enrolls({ann}, {bob});
    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann bob]"));
}

TEST_F(Handover, ARepeatedPartIsAHole)
{
    s.hand_over(part(0));
    s.hand_over(part(1));

    s.hand_over(part(1));

    EXPECT_EQ(s.says(), (lines{"s2: part ok", "s2: part ok", "s2: part hole"}));
}

TEST_F(Handover, ANewSeriesBeginsAnew)
{
    auto broken = part(0, 7);
    broken.messages = {message(1)};
    s.hand_over(broken);
    (void)s.says();

    comes({ann, bob});
    enrolls({ann}, {bob});
    (void)s.says();

    EXPECT_EQ(
        history(),
        R"(c1: #1 ok {"messages":[{"msg":"earlier","offset":1},{"msg":"earlier","offset":2}],"epoch":"e1","more":false})");
}

TEST_F(Handover, ASeriesThatIsNotWholeCountsForNothing)
{
    auto first = part(0);
    first.messages = {message(1)};
    first.members = {ann};
    s.hand_over(first);
    s.serve();

    EXPECT_EQ(s.server.channels().size(), 0U);
    EXPECT_TRUE(s.store.rooms().empty());
}

TEST_F(Handover, AHandoverThatNobodyCanReadIsRefused)
{
    s.call("s2", protocol::handover::route, "rubbish");

    EXPECT_EQ(s.says(), lines{"s2: part bad_request"});
    EXPECT_EQ(s.server.channels().size(), 0U);
}

// ---- of the present generation

TEST_F(Handover, ARoomThatIsNotOursHasMoved)
{
    s.rid = room_stage::room_of("s2");

    s.hand_over(last(0, {ann}));

    EXPECT_EQ(s.says(), lines{"s2: part moved"});
    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(Handover, ARoomOfAnotherGenerationHasMoved)
{
    auto earlier = last(0, {ann}), later = earlier;
    earlier.generation = s.generation() - 1;
    later.generation = s.generation() + 1;

    s.hand_over(earlier);
    s.hand_over(later);

    EXPECT_EQ(s.says(), (lines{"s2: part moved", "s2: part moved"}));
    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(Handover, PartsOfAnEarlierGenerationAreForgotten)
{
    s.hand_over(part(0));
    s.comes_back("s2");

    s.hand_over(last(1, {ann}));

    EXPECT_EQ(s.says(), (lines{"s2: part ok", "s2: part hole", "done 3"}));
}

TEST_F(Handover, WaitsForNewListsWhenTheGenerationChangesWhileTheRoomOpens)
{
    ann.next = 2;
    auto all = last(0, {ann, bob});
    all.answers = {answered(ann, 1)};
    s.hand_over(all);
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.enroll("c2", {bob}, old_head());
    s.send(ann, 1, "repeated", 1);

    s.comes_back("s2");
    s.turn();
    EXPECT_EQ(s.says(), (lines{"s2: part ok", "done 3"}));
    enrolls({ann}, {bob});

    EXPECT_EQ(s.says(), (lines{"c1: #1 moved", "c1: " + room + " at 3/1.0 e1@2, [ann bob]",
                               "c2: " + room + " at 3/1.0 e1@2, [ann bob]"}));

    s.send(ann, 1, "repeated", 1);
    EXPECT_EQ(s.says(), lines{R"(c1: #2 ok {"offset":2})"});
}

TEST_F(Handover, ARoomThatMovesOnBeforeItOpenedTravelsOnWhole)
{
    ann.next = 2;
    auto first = part(0), second = last(1, {ann, bob});
    first.messages = {message(1), message(2)};
    second.answers = {answered(ann, 1)};
    second.time = 7000;
    s.hand_over(first);
    s.hand_over(second);

    s.drains("s1");

    EXPECT_EQ(s.says(), (lines{"s2: part ok", "s2: part ok",
                               room + ": last 5.0 e1@2, messages 1 2, ann bob, answers 1"}));
}

// ---- handed over twice

/// bob is a member for the first of two hand-overs, and for his connector an unanswered join.
struct HandoverTwice : Handover
{
    std::string opens()
    {
        s.settle();
        s.enroll("c1", {ann}, old_head());
        s.enroll("c2", {}, {}, {bob.session});
        s.turn();
        return s.says().at(0);
    }
};

TEST_F(HandoverTwice, ASeriesThatComesAgainBecauseItsAnswerWasLostIsTakenOnce)
{
    comes({ann, bob});
    comes({ann, bob});

    EXPECT_EQ(opens(), "c1: " + room + " at 2/1.0 e1@2, [ann bob]");

    EXPECT_EQ(
        history(),
        R"(c1: #1 ok {"messages":[{"msg":"earlier","offset":1},{"msg":"earlier","offset":2}],"epoch":"e1","more":false})");
}

TEST_F(HandoverTwice, TheHigherTermWins)
{
    comes({ann, bob}, 7);
    comes({ann}, 5);

    EXPECT_EQ(opens(), "c1: " + room + " at 2/1.0 e1@2, [ann bob]");
    EXPECT_EQ(s.count("room.handover_conflict"), 1U);
}

TEST_F(HandoverTwice, TheHigherTermWinsAlsoWhenItComesLater)
{
    comes({ann}, 5);
    comes({ann, bob}, 7);

    EXPECT_EQ(opens(), "c1: " + room + " at 2/1.0 e1@2, [ann bob]");
}

TEST_F(HandoverTwice, AHandoverOfAnOpenRoomIsAConflictAndChangesNothing)
{
    comes({ann, bob});
    enrolls({ann}, {bob});
    (void)s.says();

    comes({ann, bob, room_stage::who("cid", "c2", 2)});
    s.send(ann, 1, "hi");
    s.turn();

    EXPECT_EQ(s.count("room.handover_conflict"), 1U);
    EXPECT_EQ(s.server.channels().members(), 2U);
    EXPECT_EQ(s.says().at(0), R"(c1: #1 ok {"offset":3,"epoch":"e1","time":1000})");
}

} // namespace
} // namespace citron::backend
