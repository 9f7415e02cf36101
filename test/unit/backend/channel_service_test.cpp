// The members of open rooms: as enroll lists correct them, and after the server was declared dead.
#include "test/unit/backend/two_in_the_lobby.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::on_add;
using test::on_leave;
using test::room_stage;

struct ChannelService : test::two_in_the_lobby
{
};

// ---- enroll lists

TEST_F(ChannelService, AnEnrollListThatAgreesChangesNothing)
{
    s.comes_back("c2");

    s.enroll("c2", {bob}, s.at(1, 2, 0));

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.2 e1@0"});
}

TEST_F(ChannelService, AMemberThatItsConnectorDoesNotListIsAGhost)
{
    s.comes_back("c2");

    s.enroll("c2");

    EXPECT_EQ(s.says(), lines{on_leave("c1: lobby 1.3 e1@0", "bob")});
    EXPECT_EQ(s.count("room.ghost_removed"), 1U);
}

TEST_F(ChannelService, AListThatNamesTheRoomWithoutTheMemberRemovesIt)
{
    const auto cid = room_stage::who("cid", "c2", 2);
    s.enter(cid);
    s.comes_back("c2");
    (void)s.says();

    s.enroll("c2", {cid}, s.at(1, 3, 0));

    EXPECT_EQ(s.says(),
              (lines{on_leave("c1,c2: lobby 1.4 e1@0", "bob"), "c2: lobby at 1.4 e1@0, [ann cid]"}));
}

TEST_F(ChannelService, AMemberWhoseJoinIsNotAnsweredIsNoGhost)
{
    s.comes_back("c2");

    s.enroll("c2", {}, {}, {bob.session});

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.2 e1@0, [ann bob]"});
}

TEST_F(ChannelService, AJoinThatIsNotAnsweredIsNoMember)
{
    s.comes_back("c2");

    s.enroll("c2", {bob}, s.at(1, 2, 0), {77});

    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelService, AMissingMemberIsAddedAgain)
{
    auto cid = room_stage::who("cid", "c2", 2);
    cid.joined = 9000;
    s.comes_back("c2");

    s.enroll("c2", {bob, cid}, s.at(1, 2, 0));

    EXPECT_EQ(s.says(),
              (lines{on_add("c1,c2: lobby 1.3 e1@0", "cid"), "c2: lobby at 1.3 e1@0, [ann bob cid]"}));
    EXPECT_EQ(s.count("room.member_reenrolled"), 1U);
}

TEST_F(ChannelService, AMissingMemberIsAddedAtItsPlaceInTheJoinOrder)
{
    auto cid = room_stage::who("cid", "c2", 2);
    cid.joined = 1; // long before the others
    s.comes_back("c2");

    s.enroll("c2", {bob, cid}, s.at(1, 2, 0));

    EXPECT_EQ(s.says().back(), "c2: lobby at 1.3 e1@0, [cid ann bob]");
}

TEST_F(ChannelService, AMissingMemberWhoseNameIsTakenIsEvicted)
{
    const auto second_ann = room_stage::who("ann", "c2", 2);
    s.comes_back("c2");

    s.enroll("c2", {bob, second_ann}, s.at(1, 2, 0));

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.2 e1@0, evicted 2"});
    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelService, AListOverSeveralPartsIsJudgedAsOne)
{
    s.comes_back("c2");

    s.enroll_part("c2", {.generation = 1, .first = true, .last = false, .rooms = {s.entry("lobby", {bob})}});
    s.enroll_part("c2", {.generation = 1, .first = false, .last = true, .rooms = {}});

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.2 e1@0, [ann bob]"});
}

TEST_F(ChannelService, AListIsNothingBeforeItsLastPart)
{
    const auto cid = room_stage::who("cid", "c2", 2);
    s.comes_back("c2");

    s.enroll_part("c2", {.generation = 1, .first = true, .last = false, .rooms = {s.entry("lobby", {cid})}});

    EXPECT_EQ(s.says(), lines{});
    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelService, ARoomThatComesInSeveralEntriesIsOne)
{
    const auto cid = room_stage::who("cid", "c2", 2);
    s.enter(cid);
    s.comes_back("c2");
    (void)s.says();

    s.enroll_part("c2", {.generation = 1, .first = true, .rooms = {s.entry("lobby", {bob}, s.at(1, 3, 0))}});
    s.enroll_part("c2", {.generation = 1, .last = true, .rooms = {s.entry("lobby", {cid}, s.at(1, 3, 0))}});

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.3 e1@0"});
    EXPECT_EQ(s.server.channels().members(), 3U);
}

TEST_F(ChannelService, AListThatBeginsAnewForgetsItsUnfinishedParts)
{
    const auto cid = room_stage::who("cid", "c2", 2);
    s.comes_back("c2");
    s.enroll_part("c2", {.generation = 1, .first = true, .rooms = {s.entry("lobby", {bob, cid})}});

    s.enroll_part("c2", {.generation = 1, .first = true, .rooms = {s.entry("lobby", {bob})}});
    s.enroll_part("c2", {.generation = 1, .last = true});

    EXPECT_EQ(s.says(), lines{"c2: lobby at 1.2 e1@0, [ann bob]"});
}

TEST_F(ChannelService, AListTellsWhichStayItsMembersAreIn)
{
    auto second_stay = bob;
    second_stay.stay = 2;
    s.comes_back("c2");
    s.enroll("c2", {second_stay});

    s.kick(bob);

    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(ChannelService, ARoomIsReleasedWhenTheListTakesItsLastMember)
{
    s.kick(ann);
    s.comes_back("c2");

    s.enroll("c2");

    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(ChannelService, AnUnansweredSendIsTheNextOneWhenTheMemberIsNew)
{
    auto cid = room_stage::who("cid", "c2", 2);
    cid.next = 5;
    s.comes_back("c2");
    s.enroll("c2", {bob, cid});
    (void)s.says();

    s.send(cid, 5, "hi", 5);
    s.turn();

    EXPECT_EQ(s.says().at(0), R"(c2: #3 ok {"offset":1,"epoch":"e1","time":1000})");
}

// ---- declared dead

TEST_F(ChannelService, FreshEmptiesEverything)
{
    s.send(ann, 1, "hi");
    s.turn();
    s.lose_line();

    s.new_line(true);

    EXPECT_EQ(s.server.channels().size(), 0U);
    EXPECT_TRUE(s.store.rooms().empty());
    EXPECT_EQ(s.says(), lines{"done 2"});
}

TEST_F(ChannelService, WhatWasBeingStoredWhenWeWereDeclaredDeadIsNotAnswered)
{
    s.send(ann, 1, "hi");
    s.end_turn();
    s.lose_line();
    s.new_line(true);
    (void)s.says();

    s.turn();

    EXPECT_EQ(s.says(), lines{});
}

TEST_F(ChannelService, AfterBeingDeclaredDeadRoomsOpenFromTheListsAlone)
{
    s.send(ann, 1, "hi");
    s.turn();
    s.lose_line();
    s.new_line(true);
    s.settle();
    (void)s.says();

    s.enroll("c1", {ann}, s.at(1, 3, 1));
    s.enroll("c2");
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: lobby at 2/1.0 e2@0, lost, [ann]"});
}

TEST_F(ChannelService, AWhisperFromBeforeDoesNotKeepTheRoomOpenedAfterBeingDeclaredDead)
{
    s.ask(ann, "chat.chatHandler.send", R"({"content":"psst","target":"bob"})", 1);
    s.lose_line();
    s.new_line(true);
    s.settle();
    s.enroll("c1", {ann});
    s.enroll("c2", {bob});
    s.turn();
    s.pass(500ms); // tries again
    (void)s.says();
    for (const auto id : s.calls)
        s.reply(id, errc::ok);

    s.kick(ann);
    s.kick(bob);

    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(ChannelService, ANewLinkThatIsNotFreshKeepsTheRooms)
{
    s.lose_line();

    s.new_line(false);

    EXPECT_EQ(s.says(), lines{"done 2"});
    EXPECT_EQ(s.server.channels().members(), 2U);
    s.send(ann, 1, "hi");
    s.turn();
    EXPECT_EQ(s.says().at(0), R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1500})");
}

// ---- as many rooms as may be

/// Two rooms may be here, and are: "lobby" and "attic".
struct ManyRooms : testing::Test
{
    ManyRooms() : s({.most_rooms = 2, .history_page = 2})
    {
        s.serve();
        s.enter(ann);
        s.rid = "attic";
        s.enter(ann);
        s.turn();
        (void)s.says();
    }
    room_stage s;
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);
};

TEST_F(ManyRooms, ANewOneIsRefused)
{
    s.rid = "roof";
    s.enter(bob);
    s.turn();

    EXPECT_EQ(s.says(), lines{"c2: #3 overloaded"});
    EXPECT_EQ(s.server.channels().size(), 2U);
    EXPECT_EQ(s.count("limit.rooms_per_server"), 1U);
}

TEST_F(ManyRooms, LeavingOneThatIsNotThereMakesNone)
{
    s.rid = "roof";
    s.kick(bob);
    s.turn();

    EXPECT_EQ(s.says(), lines{});
    EXPECT_EQ(s.server.channels().size(), 2U);
}

TEST_F(ManyRooms, ThoseThatAreThereStayOpen)
{
    s.enter(bob);
    s.turn();

    EXPECT_EQ(s.says().size(), 2U) << "onAdd and the answer";
    EXPECT_EQ(s.count("limit.rooms_per_server"), 0U);
}

TEST_F(ManyRooms, WhenOneEndsAnotherMayBegin)
{
    s.kick(ann);
    s.rid = "roof";
    s.enter(bob);
    s.turn();

    EXPECT_EQ(s.server.channels().size(), 2U);
    EXPECT_EQ(s.count("limit.rooms_per_server"), 0U);
}

TEST_F(ManyRooms, MembersThatAConnectorNamesBringTheirRoomsAlong)
{
    s.comes_back("c2");
    s.rid = "roof";
    s.enroll("c2", {bob});
    s.turn();

    EXPECT_EQ(s.server.channels().size(), 3U);
}

TEST_F(ManyRooms, WhileConnectorsHaveNotSaidWhoIsThereNobodyIsRefused)
{
    s.comes_back("c2");
    s.rid = "roof";
    s.enter(bob);
    s.turn();

    EXPECT_EQ(s.says(), lines{});
    EXPECT_EQ(s.count("limit.rooms_per_server"), 0U);
}

TEST_F(ManyRooms, APageOfHistoryIsNoLongerThanConfigured)
{
    for (std::uint64_t i = 1; i <= 3; ++i)
        s.send(ann, i, "m" + std::to_string(i));
    s.turn();
    (void)s.says();

    s.ask(ann, "chat.chatHandler.history", R"({"limit":100})");
    s.turn();

    const auto page = s.says().back();
    EXPECT_EQ(page.find("m1"), page.npos) << page;
    EXPECT_NE(page.find("m2"), page.npos) << page;
    EXPECT_NE(page.find(R"("more":true)"), page.npos) << page;
}

} // namespace
} // namespace citron::backend
