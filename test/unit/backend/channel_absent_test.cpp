// Members whose connector is silent.
#include "test/unit/backend/two_in_the_lobby.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::on_add;
using test::on_leave;
using test::room_stage;

struct ChannelAbsent : test::two_in_the_lobby
{
};

TEST_F(ChannelAbsent, MembersOfADeadConnectorStayForTheGrace)
{
    s.goes("c2");
    (void)s.says();

    s.pass(2'900ms);

    EXPECT_EQ(users(), (lines{R"(c1: #3 ok {"users":["bob","ann"]})"}));
}

TEST_F(ChannelAbsent, MembersOfADeadConnectorLeaveAfterTheGrace)
{
    s.pass(6s);
    s.goes("c2");
    (void)s.says();

    s.pass(3s);

    EXPECT_EQ(s.says().at(0), on_leave("c1: lobby 1.3 e1@0", "bob"));
    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(ChannelAbsent, MembersOfAConnectorThatLostItsLinkStayFiveSeconds)
{
    s.loses_its_link("c2");

    s.pass(4'900ms);
    EXPECT_EQ(s.server.channels().members(), 2U);
    s.pass(100ms);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(ChannelAbsent, WhoWaitedToBeLetInByOneIsNot)
{
    s.rid = "attic";
    s.enter(room_stage::who("eve", "c2", 5)); // opens it, which takes the store a while
    s.end_turn();
    s.loses_its_link("c2");
    s.turn();

    EXPECT_EQ(s.says(), lines{"c2: #3 moved"});
    s.enter(room_stage::who("ann", "c1", 6));
    s.turn();
    EXPECT_EQ(s.says().back(), "c1: #4 ok 2.1 e2@0 [ann]");
}

TEST_F(ChannelAbsent, TheNameOfAMemberWhoseConnectorMayComeBackIsTaken)
{
    s.loses_its_link("c2");

    s.enter(room_stage::who("bob", "c1", 5));

    EXPECT_EQ(s.says(), lines{"c1: #3 duplicate_user"});
}

TEST_F(ChannelAbsent, TheNameOfAMemberWhoseConnectorMayComeBackIsTakenForListsToo)
{
    s.loses_its_link("c2");
    s.comes_back("c1");
    (void)s.says();

    s.enroll("c1", {ann, room_stage::who("bob", "c1", 5)}, s.at(1, 2, 0));

    EXPECT_EQ(s.says(), lines{"c1: lobby at 1.2 e1@0, evicted 5"});
}

TEST_F(ChannelAbsent, TheNameOfAMemberOfAFormerLifeOfItsConnectorYields)
{
    s.view.servers[1].boot = 8;
    s.comes_back("c2");
    s.enroll("c2");

    s.enter(room_stage::who("bob", "c1", 5));

    EXPECT_EQ(s.says(), (lines{on_leave("c1: lobby 1.3 e1@0", "bob"), on_add("c1: lobby 1.4 e1@0", "bob"),
                               "c1: #3 ok 1.4 e1@0 [ann bob]"}));
}

TEST_F(ChannelAbsent, AConnectorThatFellSilentAndThenDiedHasFiveSecondsInAll)
{
    const auto c2 = s.view.servers[1];
    s.loses_its_link("c2");
    s.pass(2s);
    s.view.servers.push_back(c2);
    s.goes("c2");

    s.pass(2'900ms);
    EXPECT_EQ(s.server.channels().members(), 2U);
    s.pass(100ms);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(ChannelAbsent, OtherViewsDoNotProlongTheGrace)
{
    s.goes("c2");
    s.pass(2s);
    s.connector_comes("c3");
    (void)s.says();

    s.pass(1s);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(ChannelAbsent, AConnectorThatWasOnlyFrozenKeepsItsMembers)
{
    auto c2 = s.view.servers[1];
    ASSERT_EQ(c2.id, "c2");
    s.goes("c2");
    s.pass(2s);
    s.view.servers.push_back(c2);
    s.comes_back("c2");
    (void)s.says();

    s.enroll("c2", {bob}, s.at(1, 2, 0));
    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.2 e1@0"});
    s.pass(10s);

    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelAbsent, AnotherLifeOfTheConnectorDoesNotKeepTheMembers)
{
    s.view.servers[1].boot = 8;
    s.comes_back("c2");
    s.enroll("c2");
    EXPECT_EQ(s.says(), lines{});

    s.pass(3s);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(ChannelAbsent, TheNameOfAMemberInGraceYields)
{
    s.goes("c2");
    (void)s.says();

    s.enter(room_stage::who("bob", "c1", 5));

    EXPECT_EQ(s.says(), (lines{on_leave("c1: lobby 1.3 e1@0", "bob"), on_add("c1: lobby 1.4 e1@0", "bob"),
                               "c1: #3 ok 1.4 e1@0 [ann bob]"}));
}

TEST_F(ChannelAbsent, TheGraceOfAReplacedMemberHurtsNobody)
{
    s.goes("c2");
    s.enter(room_stage::who("bob", "c1", 5));
    (void)s.says();

    s.pass(5s);

    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelAbsent, TheLastMemberInGraceTakesTheRoomWithIt)
{
    s.kick(ann);
    s.goes("c2");

    s.pass(3s);

    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(ChannelAbsent, ARoomWaitsAMinuteForThoseWhoseSendsItKnows)
{
    s.send(bob, 1, R"({"content":"hi","target":"*"})");
    s.turn();
    s.kick(ann);
    s.goes("c2");

    s.pass(5s);
    EXPECT_EQ(s.server.channels().size(), 1U);
    s.pass(60s);

    EXPECT_EQ(s.server.channels().size(), 0U);
}

struct ChannelReplaced : ChannelAbsent
{
    /// On c2, which loses its link; he enters anew by c1, and then nobody stays.
    void all_leave_after_a_replacement()
    {
        const auto again = room_stage::who("cid", "c1", 5, "key");
        s.enter(cut_off);
        s.loses_its_link("c2");
        s.enter(again);
        for (const auto& who : {ann, bob, again})
            s.kick(who);
    }
    void its_connector_comes_back()
    {
        s.view.servers.push_back(c2);
        s.comes_back("c2");
        (void)s.says();
        s.enroll("c2", {cut_off}, s.at(1, 3, 0));
    }

    protocol::member cut_off = room_stage::who("cid", "c2", 9, "key");
    protocol::server_info c2 = s.view.servers[1];
};

TEST_F(ChannelReplaced, AnEmptyRoomKnowsForAMinuteAtLeastWhoWasReplaced)
{
    all_leave_after_a_replacement();
    its_connector_comes_back();

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.6 e1@0, [], evicted 9"});
    s.pass(119s);
    EXPECT_EQ(s.server.channels().size(), 1U);
    s.pass(1s);
    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(ChannelReplaced, TheMinuteOfARoomThatEmptiesAgainIsAWholeOne)
{
    all_leave_after_a_replacement();
    s.pass(50s);
    s.enter(ann);
    s.kick(ann);
    s.pass(59s);
    its_connector_comes_back();

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.8 e1@0, [], evicted 9"});
}

} // namespace
} // namespace citron::backend
