// Who came and who went while events were missed: made from the owner's list, for each member from what it
// knows.
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

std::string comes(const std::string& user)
{
    return R"(onAdd {"route":"onAdd","user":")" + user + R"(","rid":"lobby"})";
}

std::string goes(const std::string& user)
{
    return R"(onLeave {"route":"onLeave","user":")" + user + R"(","rid":"lobby"})";
}

TEST(Presence, ComersAndGoersAreMadeFromTheRoster)
{
    feed_stage s;
    auto& ann = s.joining("ann");
    s.admit(ann, at(10, 5), {"bob", "cid", "ann"});

    s.state({.at = at(13, 5), .roster_known = true, .users = {"cid", "ann", "dan"}});

    EXPECT_EQ(s.hears(ann), (strings{goes("bob"), comes("dan")}));
}

TEST(Presence, NobodyIsToldOfItsOwnComing)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, at(11, 5), {"ann", "bob"});

    s.state({.at = at(12, 5), .roster_known = true, .users = {"ann", "bob"}});

    EXPECT_EQ(s.hears(ann), strings{comes("bob")});
    EXPECT_EQ(s.hears(bob), strings{});
}

TEST(Presence, WhoWasSeenComingOrGoingIsNotAnnouncedAgain)
{
    feed_stage s;
    auto& ann = s.joining("ann");
    s.admit(ann, at(10, 5), {"bob", "ann"});
    s.leave(at(11, 5), "bob");
    s.add(at(12, 5), "cid");
    (void)s.hears(ann);

    s.state({.at = at(13, 5), .roster_known = true, .users = {"ann", "cid"}});

    EXPECT_EQ(s.hears(ann), strings{});
}

TEST(Presence, ARepairedRosterIsWhereTheNextRepairBegins)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    s.state({.at = at(11, 5), .roster_known = true, .users = {"ann", "bob"}});
    (void)s.hears(ann);

    s.state({.at = at(12, 5), .roster_known = true, .users = {"ann", "bob"}});

    EXPECT_EQ(s.hears(ann), strings{});
}

TEST(Presence, AStateWithoutRosterSaysNothingAboutPresence)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));

    s.state({.at = at(10, 5)});

    EXPECT_EQ(s.hears(ann), strings{});
}

TEST(Presence, NobodyIsToldOfItself)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, at(10, 5), {"ann", "bob"});

    s.state({.at = at(12, 5), .roster_known = true, .users = {"bob", "cid"}}); // the room lost ann

    EXPECT_EQ(s.hears(ann), (strings{comes("bob"), comes("cid")}));
    EXPECT_EQ(s.hears(bob), (strings{goes("ann"), comes("cid")}));
}

TEST(Presence, WhoIsBackBeforeItsOwnersWordThatItLeftIsNotToldOfIt)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, at(10, 5), {"ann", "bob"});

    s.leave(at(11, 5), "bob"); // its connector had been silent for too long
    s.add(at(12, 5), "bob");

    EXPECT_EQ(s.hears(ann), (strings{"onLeave bob", "onAdd bob"}));
    EXPECT_EQ(s.hears(bob), strings{});
}

TEST(Presence, MembersShareTheBytesTheyAreTold)
{
    feed_stage s;
    auto& ann = s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.admit(bob, at(10, 5), {"ann", "bob"});

    s.state({.at = at(12, 5), .roster_known = true, .users = {"ann", "cid"}});

    std::string_view told_ann, told_bob;
    ASSERT_EQ(ann.client->out.gather({&told_ann, 1}), 1U);
    ASSERT_EQ(bob.client->out.gather({&told_bob, 1}), 1U);
    EXPECT_EQ(told_ann.data(), told_bob.data());
}

// ---- members beyond what the room has seen

/// ann knows the room as of (10, 5); bob was let in at (15, 5), when dan had come and cid had gone.
struct Ahead : testing::Test
{
    Ahead() : ann(s.joining("ann")), bob(s.joining("bob"))
    {
        s.admit(ann, at(10, 5), {"cid", "ann"});
        s.admit(bob, at(15, 5), {"ann", "dan", "bob"});
    }
    feed_stage s;
    place& ann;
    place& bob;
};

TEST_F(Ahead, EachIsToldWhatChangedSinceItsOwnList)
{
    s.state({.at = at(20, 5), .roster_known = true, .users = {"ann", "bob", "eve"}});

    EXPECT_EQ(s.hears(ann), (strings{goes("cid"), comes("bob"), comes("eve")}));
    EXPECT_EQ(s.hears(bob), (strings{goes("dan"), comes("eve")}));
}

TEST_F(Ahead, AListFromBeforeItCameIsNoNewsToIt)
{
    s.state({.at = at(15, 5), .roster_known = true, .users = {"ann", "dan", "bob"}});
    EXPECT_EQ(s.hears(ann), (strings{goes("cid"), comes("bob"), comes("dan")}));
    EXPECT_EQ(s.hears(bob), strings{});

    s.state({.at = at(16, 5), .roster_known = true, .users = {"ann", "bob"}});

    EXPECT_EQ(s.hears(bob), strings{goes("dan")});
}

TEST_F(Ahead, ItStaysAheadUntilTheRoomHasCaughtUp)
{
    s.state({.at = at(13, 5), .roster_known = true, .users = {"ann", "dan"}});
    (void)s.hears(ann);
    EXPECT_EQ(s.hears(bob), strings{});

    s.state({.at = at(17, 5), .roster_known = true, .users = {"ann", "bob"}});

    EXPECT_EQ(s.hears(ann), (strings{goes("dan"), comes("bob")}));
    EXPECT_EQ(s.hears(bob), strings{goes("dan")});
}

TEST_F(Ahead, OnceTheRoomHasCaughtUpItIsAsTheOthers)
{
    s.leave(at(11, 5), "cid");
    s.add(at(12, 5), "dan");
    s.add(at(13, 5), "zoe");
    s.leave(at(14, 5), "zoe");
    s.add(at(15, 5), "bob");
    s.add(at(16, 5), "fay");
    (void)s.hears(ann);
    EXPECT_EQ(s.hears(bob), strings{"onAdd fay"});
    EXPECT_TRUE(s.lobby().ahead.empty());

    s.state({.at = at(18, 5), .roster_known = true, .users = {"ann", "bob", "fay"}});

    EXPECT_EQ(s.hears(ann), strings{goes("dan")});
    EXPECT_EQ(s.hears(bob), strings{goes("dan")});
}

TEST_F(Ahead, WhoLeavesIsAheadNoMore)
{
    s.index.remove(bob);

    s.state({.at = at(20, 5), .roster_known = true, .users = {"ann"}});

    EXPECT_EQ(s.hears(ann), strings{goes("cid")});
}

// ---- members whose answer comes after a repair

TEST(Presence, WhoWasJoiningMeanwhileIsToldWhatChangedSinceItsAnswer)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.state({.at = at(13, 5), .roster_known = true, .users = {"ann", "bob", "dan"}});

    s.admit(bob, at(11, 5), {"ann", "cid", "bob"});

    EXPECT_EQ(s.hears(bob), (strings{goes("cid"), comes("dan")}));
}

TEST(Presence, WhoWasLetInAfterTheRepairIsToldNothing)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.state({.at = at(13, 5), .roster_known = true, .users = {"ann", "dan"}});

    s.admit(bob, at(13, 5), {"ann", "dan", "bob"});

    EXPECT_EQ(s.hears(bob), strings{});
}

TEST(Presence, RepairsAndEventsMeanwhileAreToldInTheirOrderAndOnce)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.state({.at = at(13, 5), .roster_known = true, .users = {"ann", "bob", "cid", "fay"}});
    s.add(at(14, 5), "dan");
    s.leave(at(15, 5), "fay");
    s.state({.at = at(17, 5), .roster_known = true, .users = {"ann", "bob", "cid", "dan", "eve"}});

    s.admit(bob, at(11, 5), {"ann", "bob"});

    EXPECT_EQ(s.hears(bob), (strings{comes("cid"), comes("fay"), "onAdd dan", "onLeave fay", comes("eve")}));
}

TEST(Presence, WhoIsAheadOfARepairMeanwhileKeepsItsOwnList)
{
    feed_stage s;
    s.member("ann", at(10, 5));
    auto& bob = s.joining("bob");
    s.state({.at = at(13, 5), .roster_known = true, .users = {"ann", "cid"}});
    s.admit(bob, at(15, 5), {"ann", "dan", "bob"});

    s.state({.at = at(17, 5), .roster_known = true, .users = {"ann", "bob"}});

    EXPECT_EQ(s.hears(bob), strings{goes("dan")});
}

} // namespace
} // namespace citron::frontend
