// Rooms that come from another chat server.
#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::room_stage;

/// s2 hands over a room at 5.8 old@2 with two messages; ann is on c1, bob on c2.
struct Handover : testing::Test
{
    room_stage s;
    const std::string room = room_stage::room_of("s1");
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);

    Handover()
    {
        s.rid = room;
        s.chat_server_comes("s2");
        (void)s.says();
    }
    static protocol::head old_head(std::uint64_t term = 5)
    {
        return {.term = term, .rev = 8, .epoch = "old", .offset = 2};
    }
    static protocol::message message(std::uint64_t offset)
    {
        return {offset, 900, {R"({"msg":"earlier","offset":)" + std::to_string(offset) + "}"}};
    }
    void comes(const std::vector<protocol::member>& members, std::uint64_t term = 5)
    {
        s.hand_over({.messages = {message(1), message(2)}, .answers = {}});
        s.hand_over({.last = true, .at = old_head(term), .members = members, .messages = {}, .answers = {}});
    }
    void enrolls(const std::vector<protocol::member>& on_c1, const std::vector<protocol::member>& on_c2)
    {
        s.settle();
        s.enroll("c1", on_c1, old_head());
        s.enroll("c2", on_c2, old_head());
        s.turn();
    }
    lines stands(const std::string& what) const
    {
        return {"c1: " + room + " at " + what, "c2: " + room + " at " + what};
    }
    std::string history()
    {
        s.ask(ann, "chat.chatHandler.history", "{}");
        s.turn();
        return s.says().back();
    }
};

TEST_F(Handover, ARoomIsContinuedUnderAHigherTerm)
{
    comes({ann, bob});

    enrolls({ann}, {bob});

    EXPECT_EQ(s.says(), stands("6.0 e1@2, [ann bob]"));
}

TEST_F(Handover, DoesNotOpenBeforeTheGenerationIsSettled)
{
    comes({ann, bob});
    s.enroll("c1", {ann}, old_head());
    s.enroll("c2", {bob}, old_head());
    s.turn();
    EXPECT_EQ(s.says(), lines{});

    s.settle();
    s.turn();

    EXPECT_EQ(s.says(), stands("6.0 e1@2, [ann bob]"));
}

TEST_F(Handover, OffsetsAndHistoryGoOn)
{
    comes({ann, bob});
    enrolls({ann}, {bob});
    (void)s.says();

    s.send(ann, 1, "new");
    s.turn();

    EXPECT_EQ(s.says().at(0), R"(c1: #1 ok {"offset":3,"epoch":"e1","time":1000})");
    EXPECT_TRUE(history().starts_with(
        R"(c1: #2 ok {"messages":[{"msg":"earlier","offset":1},{"msg":"earlier","offset":2},{"route":"onChat","msg":"new",)"));
}

TEST_F(Handover, MembersAreSeatedSilentlyInJoinOrder)
{
    ann.joined = 700;
    bob.joined = 600;
    comes({ann, bob});

    enrolls({ann}, {bob});

    EXPECT_EQ(s.says(), stands("6.0 e1@2, [bob ann]"));
}

TEST_F(Handover, AMemberThatItsConnectorDoesNotListIsNotSeated)
{
    comes({ann, bob});

    enrolls({ann}, {});

    EXPECT_EQ(s.says(), stands("6.0 e1@2, [ann]"));
    EXPECT_EQ(s.count("room.ghost_removed"), 1U);
}

TEST_F(Handover, AMemberThatOnlyItsConnectorKnowsIsSeated)
{
    comes({ann});

    enrolls({ann}, {bob});

    EXPECT_EQ(s.says(), stands("6.0 e1@2, [ann bob]"));
}

TEST_F(Handover, AMemberWhoseJoinIsNotAnsweredIsSeated)
{
    comes({ann, bob});
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.enroll("c2", {}, {}, {bob.session});

    s.turn();

    EXPECT_EQ(s.says(), stands("6.0 e1@2, [ann bob]"));
}

TEST_F(Handover, ASecondSessionOfOneNameIsEvicted)
{
    comes({ann});

    enrolls({ann}, {room_stage::who("ann", "c2", 9)});

    EXPECT_EQ(s.says(), (lines{"c1: " + room + " at 6.0 e1@2, [ann]",
                               "c2: " + room + " at 6.0 e1@2, [ann], evicted 9"}));
}

TEST_F(Handover, MembersOfADeadConnectorComeWithTheirGrace)
{
    s.goes("c2");
    comes({ann, bob});
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.turn();
    EXPECT_EQ(s.says(), lines{"c1: " + room + " at 6.0 e1@2, [ann bob]"});

    s.pass(3s);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, TheGraceOfMembersThatComeIsNotProlonged)
{
    s.goes("c2");
    s.hand_over({.last = true,
                 .at = old_head(),
                 .members = {ann, bob},
                 .messages = {},
                 .answers = {},
                 .absent = {{bob.life(), 1'000}}});
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.turn();

    s.pass(900ms);
    EXPECT_EQ(s.server.channels().members(), 2U);
    s.pass(100ms);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, NumberedAnswersTravel)
{
    ann.next = 4;
    protocol::handover::answered third{.connector = "c1",
                                       .boot = ann.boot,
                                       .session = ann.session,
                                       .number = 3,
                                       .code = 0,
                                       .body = {R"({"offset":2})"}};
    s.hand_over({.last = true, .at = old_head(), .members = {ann}, .messages = {}, .answers = {third}});
    enrolls({ann}, {});
    (void)s.says();

    s.send(ann, 3, "repeated", 3);
    s.send(ann, 5, "too early", 3);
    s.send(ann, 4, "next", 3);
    s.turn();

    const auto said = s.says();
    ASSERT_EQ(said.size(), 4U);
    EXPECT_EQ(said[0], R"(c1: #1 ok {"offset":2})");
    EXPECT_EQ(said[1], "c1: #2 hole 4");
    EXPECT_EQ(said[2], R"(c1: #3 ok {"offset":3,"epoch":"e1","time":1000})");
}

TEST_F(Handover, ARoomWithoutMembersRestsInTheStore)
{
    comes({});
    s.serve();
    EXPECT_EQ(s.server.channels().size(), 0U);

    s.enter(ann);
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: #1 ok 6.1 e1@2 [ann]"});
}

TEST_F(Handover, OfTwoHandoversTheHigherTermWins)
{
    comes({ann, bob}, 7);
    comes({ann}, 5);

    enrolls({ann}, {bob});

    EXPECT_EQ(s.says(), stands("8.0 e1@2, [ann bob]"));
}

TEST_F(Handover, AHandoverOfAnOpenRoomIsAConflictAndChangesNothing)
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

TEST_F(Handover, AnInterruptedHandoverThatComesAgainIsTakenOnce)
{
    s.hand_over({.messages = {message(1)}, .answers = {}}); // then the link of s2 breaks
    s.comes_back("s2");
    comes({ann, bob});
    enrolls({ann}, {bob});
    (void)s.says();

    EXPECT_EQ(
        history(),
        R"(c1: #1 ok {"messages":[{"msg":"earlier","offset":1},{"msg":"earlier","offset":2}],"epoch":"e1","more":false})");
}

TEST_F(Handover, WhatIsLeftOfAnInterruptedHandoverIsForgottenOnceSettled)
{
    s.hand_over({.messages = {message(1)}, .answers = {}}); // then s2 dies
    s.goes("s2");
    s.serve();
    s.chat_server_comes("s2");
    auto later = old_head();
    later.offset = 9;

    s.hand_over({.messages = {message(9)}, .answers = {}});
    s.hand_over({.last = true, .at = later, .members = {ann}, .messages = {}, .answers = {}});
    enrolls({ann}, {});
    (void)s.says();

    EXPECT_EQ(history(),
              R"(c1: #1 ok {"messages":[{"msg":"earlier","offset":9}],"epoch":"e1","more":false})");
}

TEST_F(Handover, WaitsForNewListsWhenTheGenerationChangesWhileTheRoomOpens)
{
    ann.next = 2;
    protocol::handover::answered first{.connector = "c1",
                                       .boot = ann.boot,
                                       .session = ann.session,
                                       .number = 1,
                                       .code = 0,
                                       .body = {R"({"offset":2})"}};
    s.hand_over({.last = true, .at = old_head(), .members = {ann, bob}, .messages = {}, .answers = {first}});
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.enroll("c2", {bob}, old_head());
    s.send(ann, 1, "repeated", 1);

    s.comes_back("s2");
    s.turn();
    EXPECT_EQ(s.says(), lines{"done 3"});
    enrolls({ann}, {bob});

    const auto said = s.says();
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], "c1: " + room + " at 7.0 e1@2, [ann bob]");
    EXPECT_EQ(said[2], R"(c1: #1 ok {"offset":2})");
}

TEST_F(Handover, MembersMayComeInParts)
{
    s.hand_over({.members = {ann}, .messages = {}, .answers = {}});
    s.hand_over({.last = true, .at = old_head(), .members = {bob}, .messages = {}, .answers = {}});

    enrolls({ann}, {bob});

    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(Handover, AHandoverThatNobodyCanReadIsIgnored)
{
    s.notify("s2", protocol::channel_handover, "rubbish");

    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(Handover, ARoomThatMovesOnBeforeItOpenedTravelsOnWhole)
{
    ann.next = 2;
    protocol::handover::answered first{
        .connector = "c1", .boot = ann.boot, .session = ann.session, .number = 1, .code = 0, .body = {"{}"}};
    s.hand_over({.messages = {message(1), message(2)}, .answers = {}});
    s.hand_over({.last = true, .at = old_head(), .members = {ann, bob}, .messages = {}, .answers = {first}});

    s.drains("s1");

    EXPECT_EQ(s.says(),
              (lines{room + ": part, messages 1 2", room + ": last 5.0 e1@2, ann bob, answers 1", "done 3"}));
}

} // namespace
} // namespace citron::backend
