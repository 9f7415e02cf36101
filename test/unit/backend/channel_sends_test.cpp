// Numbered sends: each is executed once, in order, and its first answer is its only answer.
#include "test/unit/backend/recording_port.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using admission = channel::admission;
using test::lines;
using test::lobby;

/// The room with ann in it, whose sends are numbered.
struct Sends : testing::Test
{
    lobby l;
    protocol::member ann = l.in("ann", "c1", 1);

    std::uint64_t wanted() { return l.room.find(ann)->who.next; }
    void stored(std::uint64_t number, std::uint64_t call, const std::string& text)
    {
        ASSERT_EQ(l.admit(ann, call, number), admission::next);
        l.room.publish(l.from(ann, call, {}, number), {{"msg", text}});
        l.stored();
        (void)l.port.take();
    }
};

TEST_F(Sends, TheNextOneIsTaken)
{
    EXPECT_EQ(l.admit(ann, 1, 1), admission::next);
    EXPECT_EQ(l.admit(ann, 2, 2), admission::next);

    EXPECT_EQ(wanted(), 3U);
    EXPECT_EQ(l.port.take(), lines{});
}

/// A former owner has answered 2 and 3, while 1 is open still.
TEST_F(Sends, WhatTheSenderHasAnAnswerToIsSkipped)
{
    const auto admit = [this](std::uint64_t number, std::uint64_t answered) {
        return l.room.admit(*l.room.find(ann),
                            {.who = ann, .number = number, .low = 1, .answered = answered, .body = {}},
                            {"c1", number});
    };
    EXPECT_EQ(admit(1, 1), admission::next);
    EXPECT_EQ(admit(5, 4), admission::hole) << "where is 4?";
    EXPECT_EQ(admit(4, 2), admission::next);
    EXPECT_EQ(admit(5, 5), admission::next);
    EXPECT_EQ(admit(4, 2), admission::repeat);
}

TEST_F(Sends, ALaterOneIsAHoleAndTakesNoNumber)
{
    stored(1, 1, "a");

    EXPECT_EQ(l.admit(ann, 2, 3), admission::hole);

    EXPECT_EQ(wanted(), 2U);
    EXPECT_EQ(l.admit(ann, 3, 2), admission::next);
}

TEST_F(Sends, ARepeatGetsTheFirstAnswer)
{
    stored(1, 1, "a");
    l.port.clock = 9000;

    EXPECT_EQ(l.admit(ann, 8, 1), admission::repeat);

    EXPECT_EQ(l.port.take(), lines{R"(answer c1#8 ok {"offset":1,"epoch":"e","time":1000})"});
}

TEST_F(Sends, WhoLeavesBeforeItIsStoredIsAnsweredToItsLastTry)
{
    EXPECT_EQ(l.admit(ann, 1, 1), admission::next);
    l.room.publish(l.from(ann, 1, {}, 1), {{"msg", "a"}});
    EXPECT_EQ(l.admit(ann, 2, 1), admission::repeat);
    EXPECT_TRUE(l.room.leave(ann));
    (void)l.port.take();

    l.stored();

    EXPECT_EQ(l.port.take().front(), R"(answer c1#2 ok {"offset":1,"epoch":"e","time":1000})");
}

/// Another owner has raised the term: what was on its way to the store counts as never made.
TEST_F(Sends, OneThatTheStoreTurnedAwayIsTheNextAgain)
{
    stored(1, 1, "a");
    for (const std::uint64_t number : {2, 3}) {
        ASSERT_EQ(l.admit(ann, number, number), admission::next);
        l.room.publish(l.from(ann, number, {}, number), {{"msg", "b"}});
    }
    (void)l.port.take();

    l.stored(errc::moved);
    l.stored(errc::moved);

    EXPECT_EQ(l.port.take(), (lines{"answer c1#2 unavailable ", "answer c1#3 unavailable "}));
    EXPECT_EQ(wanted(), 2U);
    EXPECT_EQ(l.admit(ann, 7, 2), admission::next);
    EXPECT_EQ(l.admit(ann, 8, 1), admission::repeat);
}

TEST_F(Sends, ARepeatOfAFailureGetsTheFailure)
{
    (void)l.admit(ann, 1, 1);
    l.room.finish(l.from(ann, 1, {}, 1), errc::bad_request);
    (void)l.port.take();

    EXPECT_EQ(l.admit(ann, 8, 1), admission::repeat);

    EXPECT_EQ(l.port.take(), lines{"answer c1#8 bad_request "});
}

TEST_F(Sends, ARepeatWhileTheFirstIsBeingStoredGetsItsAnswer)
{
    (void)l.admit(ann, 1, 1);
    l.room.publish(l.from(ann, 1, {}, 1), {{"msg", "a"}});
    (void)l.port.take();

    EXPECT_EQ(l.admit(ann, 8, 1), admission::repeat);
    EXPECT_EQ(l.port.take(), lines{});
    l.stored();

    EXPECT_EQ(l.port.take()[0], R"(answer c1#8 ok {"offset":1,"epoch":"e","time":1000})");
}

TEST_F(Sends, WhatTheSenderHasIsForgotten)
{
    stored(1, 1, "a");
    stored(2, 2, "b");

    (void)l.admit(ann, 3, 3, 3);

    EXPECT_EQ(l.room.find(ann)->sends.size(), 1U);
    EXPECT_EQ(l.room.find(ann)->sends.front().number, 3U);
}

TEST_F(Sends, ARepeatOfWhatWasForgottenIsPast)
{
    stored(1, 1, "a");
    stored(2, 2, "b");
    (void)l.admit(ann, 3, 3, 3);

    EXPECT_EQ(l.admit(ann, 4, 1, 3), admission::past);

    EXPECT_EQ(l.port.take(), lines{});
    EXPECT_EQ(wanted(), 4U);
}

TEST_F(Sends, WhatTheSenderStillWaitsForIsKept)
{
    stored(1, 1, "a");
    stored(2, 2, "b");

    (void)l.admit(ann, 3, 3, 2);

    EXPECT_EQ(l.room.find(ann)->sends.front().number, 2U);
}

TEST_F(Sends, ASendOfAFormerStayIsPast)
{
    stored(1, 1, "a");
    (void)l.room.leave(ann);
    ann.stay = 2;
    ann.next = 4;
    ASSERT_TRUE(l.room.enter(ann));

    EXPECT_EQ(l.admit(ann, 2, 1), admission::past);
    EXPECT_EQ(l.admit(ann, 3, 3), admission::past);
    EXPECT_EQ(l.admit(ann, 4, 4), admission::next);
}

TEST_F(Sends, WhatOthersHaveAnsweredIsNotWantedAgain)
{
    EXPECT_EQ(l.admit(ann, 1, 4, 4), admission::next); // 1, 2 and 3 by an owner whose answers died with it

    EXPECT_EQ(wanted(), 5U);
}

TEST_F(Sends, AHoleIsToldFromTheLowestUnansweredOne)
{
    EXPECT_EQ(l.admit(ann, 1, 6, 4), admission::hole);

    EXPECT_EQ(wanted(), 4U);
}

TEST_F(Sends, EachSessionHasNumbersOfItsOwn)
{
    const auto bob = l.in("bob", "c2", 1);
    stored(1, 1, "a");

    EXPECT_EQ(l.admit(bob, 1, 1), admission::next);
    EXPECT_EQ(l.admit(ann, 2, 2), admission::next);
}

TEST_F(Sends, ANewcomerBeginsWithTheNumberThatItNames)
{
    auto bob = lobby::who("bob", "c2", 1);
    bob.next = 7;

    ASSERT_TRUE(l.room.enter(bob));

    EXPECT_EQ(l.admit(bob, 1, 7), admission::next);
}

TEST_F(Sends, AnUnnumberedRequestIsAnsweredAndNotRemembered)
{
    l.room.finish(l.from(ann, 1), errc::ok, "once");
    l.room.finish(l.from(ann, 2), errc::ok, "twice");

    EXPECT_EQ(l.port.take(), (lines{"answer c1#1 ok once", "answer c1#2 ok twice"}));
    EXPECT_TRUE(l.room.find(ann)->sends.empty());
}

TEST_F(Sends, TheNumberWantedOnlyRises)
{
    ann.next = 5;
    l.room.update(ann);
    EXPECT_EQ(wanted(), 5U);
    ann.next = 3;

    l.room.update(ann);

    EXPECT_EQ(wanted(), 5U);
}

TEST_F(Sends, WhatIsKnownBetterOfAStrangerIsNothing)
{
    l.room.update(lobby::who("bob", "c2", 1));

    EXPECT_EQ(l.room.seats().size(), 1U);
}

TEST_F(Sends, AnswersThatCameWithTheRoomAreGivenAgain)
{
    auto bob = lobby::who("bob", "c2", 1);
    bob.next = 3;
    ASSERT_TRUE(l.room.seat_silently(bob, {{2, {}, std::pair(errc::ok, std::string("kept"))}}));

    EXPECT_EQ(l.admit(bob, 8, 2), admission::repeat);

    EXPECT_EQ(l.port.take(), lines{"answer c2#8 ok kept"});
    EXPECT_EQ(l.admit(bob, 9, 3), admission::next);
}

TEST_F(Sends, ASessionThatEntersAnewGoesOnWithItsNumbersAlsoWhenItsLeavingWasLost)
{
    stored(1, 1, "a");
    ann.next = 4; // 2 and 3 it sent in other rooms, or they were lost with its leaving

    ASSERT_TRUE(l.room.enter(ann));

    EXPECT_EQ(l.admit(ann, 3, 4), admission::next);
}

TEST_F(Sends, ARepeatedJoinDoesNotTurnNumbersBack)
{
    stored(1, 1, "a");

    ASSERT_TRUE(l.room.enter(ann));

    EXPECT_EQ(l.admit(ann, 2, 1), admission::repeat);
    EXPECT_EQ(l.admit(ann, 3, 2), admission::next);
}

// ---- those whose connector was silent for too long

TEST_F(Sends, AnExpiredMemberFindsItsSendsKnownWhenItComesBack)
{
    stored(1, 1, "a");
    ASSERT_TRUE(l.room.expire(ann));
    (void)l.port.take();
    ann.next = 1; // its connector has not heard the answer

    ASSERT_TRUE(l.room.reenroll(ann));
    (void)l.port.take();

    EXPECT_EQ(l.admit(ann, 2, 1), admission::repeat);
    EXPECT_EQ(l.port.take(), lines{R"(answer c1#2 ok {"offset":1,"epoch":"e","time":1000})"});
    EXPECT_EQ(l.admit(ann, 3, 2), admission::next);
}

TEST_F(Sends, AnAnswerThatComesWhileItsSenderIsAwayIsKeptForIt)
{
    ASSERT_EQ(l.admit(ann, 1, 1), admission::next);
    l.room.publish(l.from(ann, 1, {}, 1), {{"msg", "a"}});
    ASSERT_TRUE(l.room.expire(ann));
    l.stored();
    ann.next = 1;

    ASSERT_TRUE(l.room.reenroll(ann));
    (void)l.port.take();

    EXPECT_EQ(l.admit(ann, 2, 1), admission::repeat);
    EXPECT_EQ(l.port.take(), lines{R"(answer c1#2 ok {"offset":1,"epoch":"e","time":1000})"});
}

TEST_F(Sends, WhoHasLeftOfItsOwnWillIsNotRemembered)
{
    stored(1, 1, "a");

    ASSERT_TRUE(l.room.leave(ann));

    EXPECT_TRUE(l.room.remembered().empty());
}

TEST_F(Sends, TheSendsOfThoseWhoDidNotComeBackAreForgotten)
{
    stored(1, 1, "a");
    ASSERT_TRUE(l.room.expire(ann));

    l.room.forget_former();

    EXPECT_TRUE(l.room.remembered().empty());
    ASSERT_TRUE(l.room.reenroll(ann));
    EXPECT_EQ(l.admit(ann, 2, 1), admission::next);
}

} // namespace
} // namespace citron::backend
