// Whose place in a room may be taken, and by whom.
#include "test/unit/backend/recording_port.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

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

TEST(Channel, TheResumeKeyReplacesALivingSession)
{
    lobby l;
    const auto old = l.in("ann", "c1", 1, "key");
    l.in("bob", "c2", 1);

    const auto welcome = l.room.enter(lobby::who("ann", "c2", 7, "key"));

    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->users, (users{"bob", "ann"}));
    EXPECT_EQ(l.room.find(old), nullptr);
    EXPECT_EQ(l.port.take(), lines{"evict c1/1 replaced"});
}

TEST(Channel, TheResumeKeyTakesOverFromADeadConnectionSilently)
{
    lobby l;
    const auto old = l.in("ann", "c1", 1, "key");
    l.in("bob", "c2", 1);
    l.port.dead.insert("c1");

    ASSERT_TRUE(l.room.enter(lobby::who("ann", "c2", 7, "key")));

    EXPECT_EQ(l.room.find(old), nullptr);
    EXPECT_EQ(l.room.at().rev, 2U);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, AnotherResumeKeyIsADuplicate)
{
    lobby l;
    l.in("ann", "c1", 1, "key");

    EXPECT_FALSE(l.room.enter(lobby::who("ann", "c2", 7, "other")));
}

TEST(Channel, NoResumeKeyAtAllProvesNothing)
{
    lobby l;
    l.in("ann", "c1", 1);

    EXPECT_FALSE(l.room.enter(lobby::who("ann", "c2", 7)));
}

TEST(Channel, AConnectionThatTheClientHasGivenUpTakesNothingOver)
{
    lobby l;
    const auto late = lobby::ann("c1", 1, 2000), early = lobby::ann("c2", 7, 1999);
    ASSERT_TRUE(l.room.enter(late));

    const auto refused = l.room.enter(early); // its request was on its way for long

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::duplicate_user);
    EXPECT_NE(l.room.find(late), nullptr);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, AnEarlierConnectionTakesOverFromALaterOneWhoseConnectorIsDead)
{
    lobby l;
    const auto late = lobby::ann("c1", 1, 2000), early = lobby::ann("c2", 7, 1999); // by another host's clock
    ASSERT_TRUE(l.room.enter(late));
    l.port.dead.insert("c1");

    EXPECT_TRUE(l.room.enter(early));

    EXPECT_NE(l.room.find(early), nullptr);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, ASessionThatComesBackUnderAnotherKeyIsKnownByThat)
{
    lobby l;
    auto before = lobby::who("ann", "c1", 1, "old");
    auto after = lobby::who("ann", "c1", 1, "new");
    after.opened = 2000;
    after.stamp = 3000;
    ASSERT_TRUE(l.room.enter(before)); // its leaving is lost
    ASSERT_TRUE(l.room.enter(after));

    auto elsewhere = lobby::who("ann", "c2", 7, "new");
    elsewhere.opened = 2001;
    elsewhere.stamp = 2999;
    EXPECT_FALSE(l.room.enter(elsewhere));
    elsewhere.stamp = 3000;
    EXPECT_TRUE(l.room.enter(elsewhere));
    EXPECT_EQ(l.port.take(), lines{"evict c1/1 replaced"});
}

/// Its host's clock is behind.
TEST(Channel, WhoWasGivenTheHoldersKeyHasComeLater)
{
    lobby l;
    const auto holder = lobby::ann("c1", 1, 2000, 2000), again = lobby::ann("c2", 7, 1999, 2001);
    ASSERT_TRUE(l.room.enter(holder));

    EXPECT_TRUE(l.room.enter(again));
    EXPECT_FALSE(l.room.enter(holder));

    EXPECT_EQ(l.port.take(), lines{"evict c1/1 replaced"});
}

/// Two tries with one key, of which the first one was not answered.
TEST(Channel, OfConnectionsThatPresentedTheSameKeyTheOneThatOpenedLaterCounts)
{
    lobby l;
    const auto first = lobby::ann("c1", 1, 1999, 3000), second = lobby::ann("c2", 7, 2000, 3000);
    ASSERT_TRUE(l.room.enter(second));

    EXPECT_FALSE(l.room.enter(first));

    EXPECT_NE(l.room.find(second), nullptr);
    EXPECT_EQ(l.port.take(), lines{});
}

TEST(Channel, AnEarlierConnectionTakesOverFromALaterOneThatWasToldToMove)
{
    lobby l;
    const auto late = lobby::ann("c1", 1, 2000), early = lobby::ann("c2", 7, 1999);
    ASSERT_TRUE(l.room.enter(late));
    ASSERT_TRUE(l.room.send_away(late));

    EXPECT_TRUE(l.room.enter(early));

    EXPECT_NE(l.room.find(early), nullptr);
}

TEST(Channel, OfConnectionsThatOpenedAtOneTimeTheOneThatComesLaterCounts)
{
    lobby l;
    const auto first = lobby::ann("c1", 1, 2000), second = lobby::ann("c2", 7, 2000);
    ASSERT_TRUE(l.room.enter(first));

    EXPECT_TRUE(l.room.enter(second));

    EXPECT_EQ(l.port.take(), lines{"evict c1/1 replaced"});
}

TEST(Channel, WhereNamesAreSharedTheResumeKeyReplacesItsOwnSessionOnly)
{
    lobby l(lobby::names::shared);
    const auto other = l.in("ann", "c1", 1, "other"), own = l.in("ann", "c1", 2, "key");

    ASSERT_TRUE(l.room.enter(lobby::who("ann", "c2", 7, "key")));

    EXPECT_NE(l.room.find(other), nullptr);
    EXPECT_EQ(l.room.find(own), nullptr);
    EXPECT_EQ(l.port.take(), lines{"evict c1/2 replaced"});
}

TEST(Channel, AReplacedSessionKeepsItsPlaceInTheJoinOrder)
{
    lobby l;
    l.in("ann", "c1", 1, "key");
    l.in("bob", "c2", 1);

    ASSERT_TRUE(l.room.enter(lobby::who("ann", "c2", 7, "key")));

    EXPECT_EQ(l.room.users(), (users{"ann", "bob"}));
}

TEST(Channel, TheNameOfADeadConnectionYieldsToANewcomer)
{
    lobby l;
    l.in("ann", "c1", 1);
    l.in("bob", "c2", 1);
    l.port.dead.insert("c1");

    const auto welcome = l.room.enter(lobby::who("ann", "c3", 1));

    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->users, (users{"bob", "ann"}));
    EXPECT_EQ(l.port.take(),
              (lines{"publish c2 3.3 e@0 " + on_leave("ann"), "publish c2 3.4 e@0 " + on_add("ann")}));
}

// ---- who left and came back

TEST(Channel, ALateKickOfAnEarlierStayRemovesNobody)
{
    lobby l;
    const auto first_stay = l.in("ann", "c1", 1);
    auto second_stay = first_stay;
    second_stay.stay = 2;
    ASSERT_TRUE(l.room.enter(second_stay));
    (void)l.port.take();

    EXPECT_FALSE(l.room.leave(first_stay));
    EXPECT_EQ(l.room.users(), users{"ann"});
    EXPECT_TRUE(l.room.leave(second_stay));

    EXPECT_TRUE(l.room.empty());
}

TEST(Channel, AStayThatItsConnectorNamesIsKnownFromThenOn)
{
    lobby l;
    const auto first_stay = l.in("ann", "c1", 1);
    auto second_stay = first_stay;
    second_stay.stay = 2;

    l.room.update(second_stay);
    l.room.update(first_stay);

    EXPECT_FALSE(l.room.leave(first_stay));
}

TEST(Channel, ASessionThatEntersUnderAnotherNameHasLeftBefore)
{
    lobby l;
    auto ann = l.in("ann", "c1", 1);
    l.in("bob", "c2", 1);
    ann.user = "eve"; // its leaving was lost
    ann.stay = 1;

    const auto welcome = l.room.enter(ann);

    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->users, (users{"bob", "eve"}));
    EXPECT_EQ(l.room.seats().size(), 2U);
    EXPECT_EQ(l.port.take(),
              (lines{"publish c2 3.3 e@0 " + on_leave("ann"), "publish c2 3.4 e@0 " + on_add("eve")}));
}

TEST(Channel, ASessionWhosePlaceOthersHaveTakenDoesNotComeBackWhenTheyHaveLeft)
{
    lobby l;
    const auto old = l.in("ann", "c1", 1, "key");
    const auto other = l.in("ann", "c2", 1, "key");
    ASSERT_TRUE(l.room.leave(other));
    (void)l.port.take();

    EXPECT_FALSE(l.room.reenroll(old));

    EXPECT_TRUE(l.room.empty());
    EXPECT_EQ(l.port.take(), lines{});
}

} // namespace
} // namespace citron::backend
