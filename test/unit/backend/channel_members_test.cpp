// Who is in the room, under which name, and what the others hear of it.
#include "test/unit/backend/recording_port.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using protocol::member;
using test::lines;
using test::lobby;
using users = std::vector<std::string>;

std::string on_add(const std::string& user)
{
    return R"({"route":"onAdd","user":")" + user + R"(","rid":"lobby"})";
}

std::string on_leave(const std::string& user)
{
    return R"({"route":"onLeave","user":")" + user + R"(","rid":"lobby"})";
}

TEST(Channel, NewcomerGetsRosterAndOthersHearFirst)
{
    lobby l;
    l.in("ann", "c1", 1);

    const auto welcome = l.room.enter(lobby::who("bob", "c2", 1));

    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->users, (users{"ann", "bob"}));
    EXPECT_EQ(test::text_of(welcome->at), "3.2 e@0");
    EXPECT_EQ(l.port.take(), lines{"publish c1 3.2 e@0 " + on_add("bob")});
}

TEST(Channel, TheFirstMemberIsToldToNobody)
{
    lobby l;

    const auto welcome = l.room.enter(lobby::who("ann", "c1", 1));

    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->users, users{"ann"});
    EXPECT_EQ(welcome->at.rev, 1U);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, MembersOnTheNewcomersConnectorHearOfItToo)
{
    lobby l;
    l.in("ann", "c1", 1);

    ASSERT_TRUE(l.room.enter(lobby::who("bob", "c1", 2)));

    EXPECT_EQ(l.port.take(), lines{"publish c1 3.2 e@0 " + on_add("bob")});
}

TEST(Channel, ATakenNameIsADuplicate)
{
    lobby l;
    l.in("ann", "c1", 1);

    const auto refused = l.room.enter(lobby::who("ann", "c2", 1));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::duplicate_user);
    EXPECT_EQ(l.room.users(), users{"ann"});
    EXPECT_EQ(l.room.at().rev, 1U);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, ARepeatByTheSameSessionGetsItsPlaceAgainAndNobodyHears)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 1);

    const auto again = l.room.enter(ann);

    ASSERT_TRUE(again);
    EXPECT_EQ(again->users, (users{"bob", "ann"}));
    EXPECT_EQ(l.room.seats().size(), 2U);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, LeavingIsToldToWhoStays)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 1);

    EXPECT_TRUE(l.room.leave(ann));

    EXPECT_EQ(l.room.users(), users{"bob"});
    EXPECT_EQ(l.port.take(), lines{"publish c2 3.3 e@0 " + on_leave("ann")});
}

TEST(Channel, LeavingTwiceIsLeavingOnce)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 1);
    (void)l.room.leave(ann);
    (void)l.port.take();

    EXPECT_FALSE(l.room.leave(ann));

    EXPECT_EQ(l.room.at().rev, 3U);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, OnlyTheVerySessionCanLeave)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    auto other_life = ann;
    other_life.boot = 2;

    EXPECT_FALSE(l.room.leave(lobby::who("ann", "c1", 2)));
    EXPECT_FALSE(l.room.leave(lobby::who("ann", "c2", 1)));
    EXPECT_FALSE(l.room.leave(other_life));

    EXPECT_EQ(l.room.users(), users{"ann"});
}

TEST(Channel, ListsUsersInJoinOrderWithTheAskerLast)
{
    lobby l;
    l.in("zoe", "c1", 1);
    l.in("ann", "c1", 2);
    l.in("max", "c2", 1);

    EXPECT_EQ(l.room.users("ann"), (users{"zoe", "max", "ann"}));
    EXPECT_EQ(l.room.users(), (users{"zoe", "ann", "max"}));
    EXPECT_EQ(l.room.users("stranger"), (users{"zoe", "ann", "max"}));
}

TEST(Channel, JoinTimesNeverGoBackwards)
{
    lobby l;
    l.port.clock = 5000;
    l.in("ann", "c1", 1);
    l.port.clock = 4000;

    const auto welcome = l.room.enter(lobby::who("bob", "c1", 2));

    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->joined, 5000U);
}

TEST(Channel, TellsOnlyConnectorsThatHaveMembers)
{
    lobby l;
    const auto ann = l.in("ann", "c1", 1);
    const auto bob = l.in("bob", "c2", 1);
    l.in("cid", "c2", 2);

    (void)l.room.leave(ann);
    (void)l.room.leave(bob);

    EXPECT_EQ(l.room.connectors(), std::vector<std::string>{"c2"});
    EXPECT_EQ(l.port.take(),
              (lines{"publish c2 3.4 e@0 " + on_leave("ann"), "publish c2 3.5 e@0 " + on_leave("bob")}));
}

// ---- several sessions of one user

TEST(Channel, WhereNamesAreSharedAUserIsAddedOnce)
{
    lobby l(lobby::names::shared);
    l.in("bob", "c1", 1);
    l.in("ann", "c2", 1);

    const auto second = l.room.enter(lobby::who("ann", "c3", 1));

    ASSERT_TRUE(second);
    EXPECT_EQ(second->users, (users{"bob", "ann"}));
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, WhereNamesAreSharedAUserLeavesWithTheLastSession)
{
    lobby l(lobby::names::shared);
    l.in("bob", "c1", 1);
    const auto first = l.in("ann", "c2", 1), second = l.in("ann", "c3", 1);

    EXPECT_TRUE(l.room.leave(first));
    EXPECT_EQ(l.port.take(), lines{});
    EXPECT_TRUE(l.room.leave(second));

    EXPECT_EQ(l.port.take(), lines{"publish c1 3.3 e@0 " + on_leave("ann")});
}

TEST(Channel, WhereNamesAreSharedAUserIsListedOnce)
{
    lobby l(lobby::names::shared);
    l.in("ann", "c2", 1);
    l.in("ann", "c3", 1);
    l.in("bob", "c1", 1);

    EXPECT_EQ(l.room.users("bob"), (users{"ann", "bob"}));
}

// ---- members that come with a room, and lists that correct them

TEST(Channel, MembersThatComeWithARoomAreSeatedSilently)
{
    lobby l;

    EXPECT_TRUE(l.room.seat_silently(lobby::who("ann", "c1", 1), {}));

    EXPECT_EQ(l.room.users(), users{"ann"});
    EXPECT_EQ(l.room.at().rev, 0U);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, OfTwoWithOneNameTheFirstIsSeated)
{
    lobby l;

    EXPECT_TRUE(l.room.seat_silently(lobby::who("ann", "c1", 1), {}));
    EXPECT_FALSE(l.room.seat_silently(lobby::who("ann", "c2", 1), {}));
    EXPECT_FALSE(l.room.seat_silently(lobby::who("ann", "c1", 1), {}));

    EXPECT_EQ(l.room.seats().size(), 1U);
}

TEST(Channel, ANameOfADeadConnectionYieldsSilentlyToALivingOne)
{
    lobby l;
    const auto dead = lobby::who("ann", "c1", 1), living = lobby::who("ann", "c2", 1);
    (void)l.room.seat_silently(dead, {});
    l.port.dead.insert("c1");

    EXPECT_TRUE(l.room.seat_silently(living, {}));

    EXPECT_EQ(l.room.find(dead), nullptr);
    EXPECT_NE(l.room.find(living), nullptr);
    EXPECT_EQ(l.room.users(), users{"ann"});
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, OfTwoWithOneKeyTheLaterConnectionIsSeatedInWhateverOrderTheyCome)
{
    const auto old = lobby::ann("c1", 1, 10), late = lobby::ann("c2", 1, 20);

    lobby first, second;
    EXPECT_TRUE(first.room.seat_silently(old, {}));
    EXPECT_TRUE(first.room.seat_silently(late, {}));
    EXPECT_TRUE(second.room.seat_silently(late, {}));
    EXPECT_FALSE(second.room.seat_silently(old, {}));

    EXPECT_NE(first.room.find(late), nullptr);
    EXPECT_EQ(first.room.find(old), nullptr);
    EXPECT_EQ(first.room.take_displaced(), std::vector{old});
    EXPECT_FALSE(first.room.reenroll(old));
    EXPECT_NE(second.room.find(late), nullptr);
    EXPECT_TRUE(second.room.take_displaced().empty());
}

TEST(Channel, OfTwoWithOneKeyTheOneThatKnewTheOthersIsSeatedWhateverTheClocksSay)
{
    const auto old = lobby::ann("c1", 1, 20, 20), late = lobby::ann("c2", 1, 10, 21);

    lobby first, second;
    EXPECT_TRUE(first.room.seat_silently(old, {}));
    EXPECT_TRUE(first.room.seat_silently(late, {}));
    EXPECT_TRUE(second.room.seat_silently(late, {}));
    EXPECT_FALSE(second.room.seat_silently(old, {}));
}

TEST(Channel, OfTwoWithOneKeyTheOneWhoseConnectorLivesIsSeated)
{
    const auto old = lobby::ann("c1", 1, 10), late = lobby::ann("c2", 1, 20);
    lobby l;
    l.port.dead.insert("c2");
    EXPECT_TRUE(l.room.seat_silently(late, {}));

    EXPECT_TRUE(l.room.seat_silently(old, {}));

    EXPECT_NE(l.room.find(old), nullptr);
    EXPECT_EQ(l.room.find(late), nullptr);
}

TEST(Channel, AMemberThatCameBackIsTold)
{
    lobby l;
    l.in("bob", "c1", 1);

    EXPECT_TRUE(l.room.reenroll(lobby::who("ann", "c2", 1)));

    EXPECT_EQ(l.port.take(), lines{"publish c1 3.2 e@0 " + on_add("ann")});
}

TEST(Channel, AMemberThatCameBackAfterItsNameWasTakenIsNotSeated)
{
    lobby l;
    l.in("ann", "c1", 1);

    EXPECT_FALSE(l.room.reenroll(lobby::who("ann", "c2", 1)));

    EXPECT_EQ(l.room.seats().size(), 1U);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, CanBeBroughtIntoJoinOrder)
{
    lobby l;
    auto late = lobby::who("ann", "c1", 1), early = lobby::who("bob", "c1", 2);
    late.joined = 2000;
    early.joined = 1000;
    (void)l.room.seat_silently(late, {});
    (void)l.room.seat_silently(early, {});

    l.room.sort_by_join();

    EXPECT_EQ(l.room.users(), (users{"bob", "ann"}));
    EXPECT_TRUE(l.room.leave(late));
    EXPECT_EQ(l.room.users(), users{"bob"});
}

// ---- as many as may be

struct FullChannel : testing::Test
{
    FullChannel()
    {
        room.open({.term = 3, .rev = 0, .epoch = "e", .offset = 0});
        EXPECT_TRUE(room.enter(lobby::who("ann", "c1", 1, "key")));
        EXPECT_TRUE(room.enter(lobby::who("bob", "c2", 1)));
        (void)port.take();
    }
    test::recording_port port;
    channel room{"lobby", port, false, 2};
};

TEST_F(FullChannel, NobodyElseIsLetIn)
{
    const auto refused = room.enter(lobby::who("cid", "c1", 2));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::overloaded);
    EXPECT_EQ(port.take(), lines{"full lobby"});
    EXPECT_EQ(room.users(), (users{"ann", "bob"}));
}

TEST_F(FullChannel, ATakenNameIsADuplicateStill)
{
    EXPECT_EQ(room.enter(lobby::who("ann", "c2", 2)).error(), errc::duplicate_user);
}

TEST_F(FullChannel, WhoComesBackIsLetIn)
{
    EXPECT_TRUE(room.enter(lobby::who("ann", "c2", 7, "key"))) << "by its key";
    EXPECT_TRUE(room.enter(lobby::who("bob", "c2", 1))) << "a repeat";
    port.dead.insert("c2");
    EXPECT_TRUE(room.enter(lobby::who("bob", "c1", 9))) << "a name whose connection is gone yields";
    EXPECT_EQ(room.seats().size(), 2U);
}

TEST_F(FullChannel, WhenSomebodyLeavesThereIsRoomAgain)
{
    EXPECT_TRUE(room.leave(lobby::who("bob", "c2", 1)));

    EXPECT_TRUE(room.enter(lobby::who("cid", "c1", 2)));
}

TEST_F(FullChannel, WhoComesWithTheRoomIsSeated)
{
    EXPECT_TRUE(room.seat_silently(lobby::who("cid", "c1", 2), {}));
    EXPECT_TRUE(room.reenroll(lobby::who("dee", "c1", 3)));

    EXPECT_EQ(room.seats().size(), 4U);
}

} // namespace
} // namespace citron::backend
