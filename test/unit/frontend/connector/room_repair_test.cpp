// What members are shown when the owner tells what they missed: messages by offset, onReset for what is lost.
#include "frontend/connector/room_feed.hpp"

#include "test/unit/frontend/connector/feed_stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using protocol::head;
using test::feed_stage;
using test::strings;

head at(std::uint64_t rev, std::uint64_t offset)
{
    return feed_stage::at(rev, offset);
}

head of_epoch(std::string epoch, std::uint64_t term, std::uint64_t rev, std::uint64_t offset)
{
    return {.term = term, .rev = rev, .epoch = std::move(epoch), .offset = offset};
}

// ---- messages

TEST(Repair, EachMemberIsShownTheMessagesThatItMissed)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, at(11, 6));

    s.state({.at = at(12, 7), .messages = {s.message(6), s.message(7)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7"}));
    EXPECT_EQ(s.hears(bob), strings{"onChat 7"});
}

TEST(Repair, AMessageThatWasShownIsNotShownAgain)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(11, 6));

    s.state({.at = at(12, 7), .messages = {s.message(5), s.message(6), s.message(7)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7"}));
}

TEST(Repair, ItsEventsAreNotShownOnceMore)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.state({.at = at(12, 6), .messages = {s.message(6)}});
    (void)s.hears(ann);

    s.chat(at(11, 6));
    s.add(at(12, 6), "bob");

    EXPECT_EQ(s.hears(ann), strings{});
}

/// Offsets are ahead of revs meanwhile.
TEST(Repair, EventsThatComeWhileThereIsMoreAreShownUnlessTheyWere)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.state({.at = at(15, 9), .messages = {s.message(6), s.message(7)}, .more = true});

    s.chat(at(11, 6));
    s.add(at(12, 6), "bob");
    s.chat(at(13, 7));
    s.chat(at(14, 8));

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7", "onAdd bob", "onChat 8"}));
    EXPECT_FALSE(s.can_join(at(14, 8))) << "would be shown neither 8 nor 9";
    EXPECT_TRUE(s.can_join(at(15, 9)));
}

TEST(Repair, WhileThereIsMoreTheOwnerIsAskedOn)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(14, 9));
    (void)s.asked();

    s.answer({.at = at(14, 9), .messages = {s.message(6), s.message(7)}, .more = true});
    ASSERT_EQ(s.asked(), strings{"1.10"});
    s.answer({.at = at(14, 9), .messages = {s.message(8), s.message(9)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7", "onChat 8", "onChat 9"}));
    EXPECT_EQ(s.asked(), strings{});
}

TEST(Repair, AStateOlderThanWhatWasShownChangesNothing)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(11, 6));
    (void)s.hears(ann);

    s.state({.at = at(10, 5), .roster_known = true, .users = {"ann", "old"}, .lost = true});
    s.chat(at(12, 7));

    EXPECT_EQ(s.hears(ann), strings{"onChat 7"});
}

/// The owner spoke to one who stood elsewhere: it left out what that one had.
TEST(Repair, AStateThatLeavesOutWhatWeLackIsNotTheWholeTruth)
{
    feed_stage s;
    auto& ann = s.joining("ann");
    s.admit(ann, at(10, 5), {"ann"});

    s.state({.at = at(12, 7), .roster_known = true, .users = {"ann", "bob"}});
    EXPECT_EQ(s.hears(ann), strings{});
    ASSERT_EQ(s.asked(), strings{"1.10"});
    s.answer({.at = at(12, 7),
              .roster_known = true,
              .users = {"ann", "bob"},
              .messages = {s.message(6), s.message(7)}});

    EXPECT_EQ(s.hears(ann),
              (strings{"onChat 6", "onChat 7", R"(onAdd {"route":"onAdd","user":"bob","rid":"lobby"})"}));
    EXPECT_EQ(s.asked(), strings{});
}

TEST(Repair, NorIsOneWhoseMessagesEndTooEarly)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.state({.at = at(12, 7), .messages = {s.message(6)}});

    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
    EXPECT_EQ(s.asked(), strings{"1.10"});
    EXPECT_EQ(s.lobby().seen, at(10, 6));
}

TEST(Repair, WhatWaitedIsShownOnlyThen)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(13, 8));
    (void)s.asked();

    s.state({.at = at(12, 7)});
    EXPECT_EQ(s.hears(ann), strings{});
    (void)s.asked();
    s.answer({.at = at(12, 7), .messages = {s.message(6), s.message(7)}});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7", "onChat 8"}));
}

TEST(Repair, ANewcomerIsShownAfterItsAnswerWhatWasRepairedMeanwhile)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    auto& cid = s.joining("cid");
    s.state({.at = at(12, 6), .messages = {s.message(6)}});

    s.admit(bob, at(10, 5));
    s.admit(cid, at(11, 6));

    EXPECT_EQ(s.hears(bob), strings{"onChat 6"});
    EXPECT_EQ(s.hears(cid), strings{});
}

// ---- what is lost

TEST(Repair, WhatIsLostIsToldBeforeTheMessagesThatAreLeft)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.state({.at = at(20, 15), .messages = {s.message(14), s.message(15)}, .lost = true});

    EXPECT_EQ(s.hears(ann), (strings{R"(onReset {"route":"onReset","rid":"lobby","epoch":"e","offset":13})",
                                     "onChat 14", "onChat 15"}));
}

TEST(Repair, WithNothingLeftAllBeforeTheHeadIsLost)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.state({.at = at(20, 15), .lost = true});
    s.chat(at(21, 16));

    EXPECT_EQ(s.hears(ann),
              (strings{R"(onReset {"route":"onReset","rid":"lobby","epoch":"e","offset":15})", "onChat 16"}));
}

TEST(Repair, ANewEpochIsToldAndItsMessagesAreShown)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.state({.at = of_epoch("f", 2, 3, 2), .messages = {s.message(1), s.message(2)}});

    EXPECT_EQ(s.hears(ann), (strings{R"(onReset {"route":"onReset","rid":"lobby","epoch":"f","offset":0})",
                                     "onChat 1", "onChat 2"}));
}

TEST(Repair, WhoJoinedInTheNewEpochHasLostNothing)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, of_epoch("f", 2, 3, 1));

    s.state({.at = of_epoch("f", 2, 3, 1), .messages = {s.message(1)}});
    s.chat(of_epoch("f", 2, 4, 2));

    EXPECT_EQ(s.hears(bob), strings{"onChat 2"});
}

TEST(Repair, WhoHasAllThatIsLeftIsNotTold)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, at(18, 13)); // what came before it is none of its business
    auto& cid = s.joining("cid");
    s.admit(cid, at(17, 12)); // lacks one

    s.state({.at = at(20, 15), .messages = {s.message(14), s.message(15)}, .lost = true});

    const std::string reset = R"(onReset {"route":"onReset","rid":"lobby","epoch":"e","offset":13})";
    EXPECT_EQ(s.hears(ann), (strings{reset, "onChat 14", "onChat 15"}));
    EXPECT_EQ(s.hears(bob), (strings{"onChat 14", "onChat 15"}));
    EXPECT_EQ(s.hears(cid), (strings{reset, "onChat 14", "onChat 15"}));
    EXPECT_EQ(s.line.counters.at("feed.resets"), 1U);
}

TEST(Repair, NothingIsLostThatWasShownMeanwhile)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.chat(at(13, 8));
    (void)s.asked();
    s.chat(at(11, 6));
    s.chat(at(12, 7)); // late, but here

    s.answer({.at = at(14, 9), .messages = {s.message(8), s.message(9)}, .lost = true});

    EXPECT_EQ(s.hears(ann), (strings{"onChat 6", "onChat 7", "onChat 8", "onChat 9"}));
    EXPECT_EQ(s.line.counters.at("feed.resets"), 0U);
}

TEST(Repair, WhoIsAlreadyInTheNewEpochIsNotToldOfIt)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, of_epoch("f", 2, 3, 1));

    s.state({.at = of_epoch("f", 2, 4, 2), .messages = {s.message(1), s.message(2)}});

    EXPECT_EQ(s.hears(ann), (strings{R"(onReset {"route":"onReset","rid":"lobby","epoch":"f","offset":0})",
                                     "onChat 1", "onChat 2"}));
    EXPECT_EQ(s.hears(bob), strings{"onChat 2"});
}

TEST(Repair, WhoCameAfterAllThatIsToldNothing)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, of_epoch("g", 3, 1, 1));

    s.state({.at = of_epoch("f", 2, 4, 3), .messages = {s.message(2), s.message(3)}, .lost = true});

    EXPECT_EQ(s.hears(bob), strings{});
}

// ---- names taken

TEST(Repair, SessionsWhoseNameWasTakenAreNamed)
{
    feed_stage s;
    s.member("ann", at(10, 5));

    s.state({.at = at(10, 5), .evicted = {4, 7}});

    EXPECT_EQ(s.evicted, (std::vector<session_id>{4, 7}));
}

TEST(Repair, AFormerOwnerKnowsNothingOfNames)
{
    feed_stage s;
    s.member("ann", of_epoch("e", 2, 3, 5));

    s.state({.at = at(99, 5), .evicted = {4}});

    EXPECT_EQ(s.evicted, std::vector<session_id>{});
}

TEST(Repair, AnOlderStateOfThePresentOwnerDoes)
{
    feed_stage s;
    s.member("ann", at(10, 5));

    s.state({.at = at(9, 5), .evicted = {4}});

    EXPECT_EQ(s.evicted, std::vector<session_id>{4});
}

TEST(Repair, BeforeTheFirstAnswerAnybodysWordOnNamesCounts)
{
    feed_stage s;
    s.joining("ann");

    s.state({.at = at(9, 5), .evicted = {4}});

    EXPECT_EQ(s.evicted, std::vector<session_id>{4});
}

TEST(Repair, AStateBeforeTheFirstAnswerIsNotNeeded)
{
    feed_stage s;
    auto& ann = s.joining("ann");

    s.state({.at = at(10, 5), .roster_known = true, .users = {"bob"}, .messages = {s.message(5)}});
    s.admit(ann, at(11, 5));
    s.chat(at(12, 6));

    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
}

} // namespace
} // namespace citron::frontend
