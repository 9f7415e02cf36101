// What a room does with what its members say.
#include "test/unit/backend/recording_port.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using test::lines;
using test::lobby;

// ---- messages

TEST(Channel, StoresThenAnswersThenBroadcasts)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 1);

    l.room.publish(l.from(ann, 5), {{"route", "onChat"}, {"msg", "hi"}});
    EXPECT_EQ(l.port.take(), lines{R"(keep 1000 {"route":"onChat","msg":"hi")"});
    l.stored();

    EXPECT_EQ(
        l.port.take(),
        (lines{R"(answer c1#5 ok {"offset":1,"epoch":"e","time":1000})",
               R"(publish c1,c2 3.3 e@1 {"route":"onChat","msg":"hi","offset":1,"epoch":"e","time":1000})"}));
}

TEST(Channel, NothingIsAnsweredBeforeItIsStored)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);

    l.say(ann, 1, "hi");

    EXPECT_TRUE(l.room.busy());
    EXPECT_EQ(l.room.at().offset, 0U);
    EXPECT_EQ(l.port.take().size(), 1U);
    l.stored();
    EXPECT_FALSE(l.room.busy());
    EXPECT_EQ(l.room.at().offset, 1U);
}

TEST(Channel, MessagesUnderWayHaveOffsetsInTheOrderOfTheirArrival)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1), bob = l.in("bob", "c2", 1);
    l.say(ann, 1, "a");
    l.say(bob, 2, "b");
    (void)l.port.take();

    l.stored();
    l.stored();

    EXPECT_EQ(l.port.take(),
              (lines{R"(answer c1#1 ok {"offset":1,"epoch":"e","time":1000})",
                     R"(publish c1,c2 3.3 e@1 {"msg":"a","offset":1,"epoch":"e","time":1000})",
                     R"(answer c2#2 ok {"offset":2,"epoch":"e","time":1000})",
                     R"(publish c1,c2 3.4 e@2 {"msg":"b","offset":2,"epoch":"e","time":1000})"}));
}

TEST(Channel, WhoEnteredMeanwhileSeesTheMessageAboveItsPosition)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.say(ann, 1, "hi");

    const auto welcome = l.room.enter(lobby::who("bob", "c2", 1));
    (void)l.port.take();
    l.stored();

    ASSERT_TRUE(welcome);
    EXPECT_EQ(test::text_of(welcome->at), "3.2 e@0");
    EXPECT_EQ(l.port.take().back(),
              R"(publish c1,c2 3.3 e@1 {"msg":"hi","offset":1,"epoch":"e","time":1000})");
}

TEST(Channel, OffsetsGoOnFromWhereTheRoomWasOpened)
{
    lobby l;
    l.room.open({.term = 4, .rev = 0, .epoch = "e", .offset = 41});
    l.offset = 41;
    const auto ann = l.in("ann", "c1", 1);

    l.say(ann, 1, "hi");
    l.stored();

    EXPECT_EQ(test::text_of(l.room.at()), "4.2 e@42");
}

TEST(Channel, TimeNeverGoesBackwards)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.port.clock = 5000;
    l.say(ann, 1, "a");
    l.port.clock = 4000;
    l.say(ann, 2, "b");

    EXPECT_EQ(l.port.take(), (lines{R"(keep 5000 {"msg":"a")", R"(keep 5000 {"msg":"b")"}));
}

TEST(Channel, TimeGoesOnFromTheLastMessageOfAFormerOwner)
{
    lobby l;
    l.room.open({.term = 4, .rev = 0, .epoch = "e", .offset = 0}, 7000);
    const auto ann = l.in("ann", "c1", 1);

    l.say(ann, 1, "a");

    EXPECT_EQ(l.room.last_time(), 7000U);
    EXPECT_EQ(l.port.take(), lines{R"(keep 7000 {"msg":"a")"});
}

TEST(Channel, EchoesTheRouteToTheSenderAndTheCidToAll)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);

    l.room.publish(l.from(ann, 1, R"({"cid":"x1","route":"r"})"), {{"msg", "hi"}});
    (void)l.port.take();
    l.stored();

    EXPECT_EQ(l.port.take(),
              (lines{R"(answer c1#1 ok {"offset":1,"epoch":"e","time":1000,"route":"r"})",
                     R"(publish c1 3.2 e@1 {"msg":"hi","cid":"x1","offset":1,"epoch":"e","time":1000})"}));
}

TEST(Channel, AMessageThatWasStoredBeforeIsAnsweredAndNotBroadcastAgain)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.say(ann, 1, "first");
    l.stored();
    (void)l.port.take();

    l.say(ann, 2, "first");
    (void)l.port.take();
    l.stored_before(1, 900);

    EXPECT_EQ(l.port.take(), lines{R"(answer c1#2 ok {"offset":1,"epoch":"e","time":900})"});
    EXPECT_EQ(test::text_of(l.room.at()), "3.2 e@1");
}

TEST(Channel, TheStoreIsToldWhoGaveAMessageWhichName)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1, "key of ann");

    l.room.publish(l.from(ann, 1, R"({"cid":"x1"})", 7), {{"msg", "hi"}});
    l.room.publish(l.from(ann, 2), {{"msg", "nameless"}});

    EXPECT_EQ(l.port.kept.at(0).cid, "key of ann/x1");
    EXPECT_EQ(l.port.kept.at(0).sender, "c1/1/1");
    EXPECT_EQ(l.port.kept.at(0).number, 7U);
    EXPECT_EQ(l.port.kept.at(0).term, 3U);
    EXPECT_EQ(l.port.kept.at(1).cid, "");
    EXPECT_EQ(l.port.kept.at(1).sender, "");
}

TEST(Channel, ANameHasItsLimit)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);

    l.room.publish(l.from(ann, 1, R"({"cid":")" + std::string(129, 'x') + R"("})"), {{"msg", "hi"}});

    EXPECT_EQ(l.port.take(), lines{"answer c1#1 bad_request "});
}

TEST(Channel, OnlyASendThatAFormerOwnerMayKnowIsLookedUp)
{
    lobby l;
    auto ann = l.in("ann", "c1", 1);
    ann.sent = 6;
    l.room.update(ann);

    for (const std::uint64_t number : {6, 7})
        l.room.publish(l.from(l.room.find(ann)->who, 1, {}, number), {{"msg", "hi"}});

    EXPECT_TRUE(l.port.kept.at(0).again);
    EXPECT_FALSE(l.port.kept.at(1).again);
}

TEST(Channel, AFailedStoreIsAnErrorAndNothingIsBroadcast)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.say(ann, 1, "hi");
    (void)l.port.take();

    l.stored(errc::unavailable);

    EXPECT_EQ(l.port.take(), lines{"answer c1#1 unavailable "});
    EXPECT_EQ(test::text_of(l.room.at()), "3.1 e@0");
    EXPECT_FALSE(l.room.busy());
}

TEST(Channel, AFailedStoreLeavesNoHoleInTheOffsets)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.say(ann, 1, "lost");
    l.say(ann, 2, "lost with it");
    l.stored(errc::unavailable);
    l.stored(errc::unavailable);
    (void)l.port.take();

    l.say(ann, 3, "next");

    EXPECT_EQ(l.port.take(), lines{R"(keep 1000 {"msg":"next")"});
}

TEST(Channel, TheSenderOfAStoredMessageIsAnsweredAlsoAfterItLeft)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.say(ann, 1, "bye");
    (void)l.room.leave(ann);
    (void)l.port.take();

    l.stored();

    EXPECT_EQ(l.port.take()[0], R"(answer c1#1 ok {"offset":1,"epoch":"e","time":1000})");
    EXPECT_EQ(l.room.at().offset, 1U);
}

// ---- a store that has more than it said

TEST(Channel, AMessageBehindOnesThatNobodyHeardOfLeavesAHoleInTheRevs)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.say(ann, 1, "x");
    (void)l.port.take();
    l.port.kept.clear();

    l.room.on_stored({.offset = 3, .time = 1000});

    EXPECT_EQ(test::text_of(l.port.last.at), "3.3 e@3") << "1.1 was ann's coming";
}

TEST(Channel, ARepeatThatNobodyHeardOfIsBroadcast)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.say(ann, 1, "x");
    (void)l.port.take();

    l.stored_before(1, 900);

    EXPECT_EQ(l.port.take().size(), 2U);
    EXPECT_EQ(test::text_of(l.port.last.at), "3.2 e@1");
}

// ---- signals

TEST(Channel, ASignalIsBroadcastAndNotStored)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 1);

    l.room.signal(l.from(ann, 5), {{"route", "onSignal"}, {"data", 1U}});

    EXPECT_EQ(l.port.take(),
              (lines{R"(publish c1,c2 3.3 e@0 {"route":"onSignal","data":1})", "answer c1#5 ok {}"}));
    EXPECT_FALSE(l.room.busy());
}

TEST(Channel, EveryKindOfEventCountsAsOneRev)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1), bob = l.in("bob", "c2", 1);
    l.room.signal(l.from(ann, 1), {{"data", 1U}});
    EXPECT_EQ(l.port.last.what, static_cast<std::uint8_t>(protocol::event::signal));
    l.say(ann, 2, "hi");
    l.stored();
    EXPECT_EQ(l.port.last.what, static_cast<std::uint8_t>(protocol::event::chat));

    (void)l.room.leave(bob);

    EXPECT_EQ(l.port.last.what, static_cast<std::uint8_t>(protocol::event::leave));
    EXPECT_EQ(l.port.last.user, "bob");
    EXPECT_EQ(test::text_of(l.port.last.at), "3.5 e@1");
}

} // namespace
} // namespace citron::backend
