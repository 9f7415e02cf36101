// Rooms that come from another chat server.
#include "test/unit/backend/arrivals.hpp"

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::Handover;
using test::lines;
using test::room_stage;

TEST_F(Handover, ARoomIsContinuedUnderAHigherTerm)
{
    comes({ann, bob});

    enrolls({ann}, {bob});

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann bob]"));
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

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann bob]"));
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

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [bob ann]"));
}

TEST_F(Handover, AMemberThatItsConnectorDoesNotListIsNotSeated)
{
    comes({ann, bob});

    enrolls({ann}, {});

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann]"));
    EXPECT_EQ(s.count("room.ghost_removed"), 1U);
}

TEST_F(Handover, AMemberThatOnlyItsConnectorKnowsIsSeated)
{
    comes({ann});

    enrolls({ann}, {bob});

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann bob]"));
}

TEST_F(Handover, ASessionWhosePlaceSomebodyHasTakenIsNotSeated)
{
    auto all = last(0, {bob});
    all.replaced = {key_of(ann)};
    s.hand_over(all);
    (void)s.says();

    enrolls({ann}, {bob}); // c1 was not told: it was cut off

    EXPECT_EQ(s.says(), (lines{"c1: " + room + " at 2/1.0 e1@2, [bob], evicted 1", //
                               "c2: " + room + " at 2/1.0 e1@2, [bob]"}));
}

TEST_F(Handover, AnEmptyRoomThatComesKnowsWhoWasReplacedToo)
{
    auto nobody = last(0, {});
    nobody.replaced = {key_of(ann)};
    s.hand_over(nobody);
    (void)s.says();

    enrolls({ann}, {});

    EXPECT_EQ(s.says(),
              (lines{"c1: " + room + " at 2/1.0 e1@2, [], evicted 1", "c2: " + room + " at 2/1.0 e1@2, []"}));
}

TEST_F(Handover, AMemberWhoseJoinIsNotAnsweredIsSeated)
{
    comes({ann, bob});
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.enroll("c2", {}, {}, {bob.session});

    s.turn();

    EXPECT_EQ(s.says(), stands("2/1.0 e1@2, [ann bob]"));
}

TEST_F(Handover, ASecondSessionOfOneNameIsEvicted)
{
    comes({ann});

    enrolls({ann}, {room_stage::who("ann", "c2", 9)});

    EXPECT_EQ(s.says(), (lines{"c1: " + room + " at 2/1.0 e1@2, [ann]",
                               "c2: " + room + " at 2/1.0 e1@2, [ann], evicted 9"}));
}

TEST_F(Handover, MembersOfADeadConnectorComeWithTheirGrace)
{
    s.goes("c2");
    comes({ann, bob});
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.turn();
    EXPECT_EQ(s.says(), lines{"c1: " + room + " at 2/1.0 e1@2, [ann bob]"});

    s.pass(3s);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, MembersOfASilentConnectorHaveTheTimeThatWasLeft)
{
    s.loses_its_link("c2");
    auto all = last(0, {ann, bob});
    all.absent = {{bob.life(), 1'000}};
    s.hand_over(all);
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.turn();

    s.pass(900ms);
    EXPECT_EQ(s.server.channels().members(), 2U);
    s.pass(100ms);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, MembersOfASilentConnectorAreNotGivenMoreTimeThanIsKnownHere)
{
    s.goes("c2");
    comes({bob}); // of whose connector nothing is said
    (void)s.says();
    s.pass(2s);
    auto all = last(0, {ann, bob});
    all.absent = {{bob.life(), 4'000}};
    s.hand_over(all);
    s.settle();
    s.enroll("c1", {ann}, old_head());
    s.turn();
    s.pass(2'900ms);
    EXPECT_EQ(s.server.channels().members(), 2U);

    s.pass(1'100ms);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, TheAbsenceOfAConnectorThatIsBackCountsForNothing)
{
    auto all = last(0, {ann, bob});
    all.absent = {{bob.life(), 100}};
    s.hand_over(all);
    enrolls({ann}, {bob});
    s.pass(1s);
    EXPECT_EQ(s.server.channels().members(), 2U);

    s.goes("c2");
    s.pass(2'900ms);
    EXPECT_EQ(s.server.channels().members(), 2U);
    s.pass(100ms);

    EXPECT_EQ(s.server.channels().members(), 1U);
}

TEST_F(Handover, TheNameOfAMemberOfADeadConnectorYieldsToALivingOne)
{
    s.goes("c2");
    comes({ann, bob});
    const auto new_bob = room_stage::who("bob", "c1", 9);
    s.settle();

    s.enroll("c1", {ann, new_bob}, old_head());
    s.turn();
    EXPECT_EQ(s.says(), lines{"c1: " + room + " at 2/1.0 e1@2, [ann bob]"});
    s.pass(5s);

    EXPECT_EQ(s.server.channels().members(), 2U);
}

TEST_F(Handover, TheNameOfAMemberWhoseConnectorMayComeBackDoesNotYield)
{
    s.loses_its_link("c2");
    comes({ann, bob});
    s.settle();

    s.enroll("c1", {ann, room_stage::who("bob", "c1", 9)}, old_head());
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: " + room + " at 2/1.0 e1@2, [ann bob], evicted 9"});
}

TEST_F(Handover, NumberedAnswersTravel)
{
    ann.next = 4;
    auto all = last(0, {ann});
    all.answers = {answered(ann, 3)};
    s.hand_over(all);
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

TEST_F(Handover, AnswersOfThoseWhoAreAwayTravelWithARoomThatNobodyIsIn)
{
    auto all = last(0, {});
    all.answers = {answered(ann, 3)};
    s.hand_over(all);
    ann.next = 3; // its connector comes back with it, and has not heard the answer
    enrolls({ann}, {});
    (void)s.says();

    s.send(ann, 3, "repeated", 3);
    s.turn();

    EXPECT_EQ(s.says(), lines{R"(c1: #1 ok {"offset":2})"});
}

TEST_F(Handover, NoMessageIsEarlierThanTheLastOneOfTheFormerOwner)
{
    auto all = last(0, {ann});
    all.time = 7000;
    s.hand_over(all);
    enrolls({ann}, {});
    (void)s.says();

    s.send(ann, 1, "hi");
    s.turn();

    EXPECT_EQ(s.says().at(0), R"(c1: #1 ok {"offset":3,"epoch":"e1","time":7000})");
}

TEST_F(Handover, ARoomWithoutMembersRestsInTheStore)
{
    comes({});
    s.serve();
    EXPECT_EQ(s.server.channels().size(), 0U);

    s.enter(ann);
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: #1 ok 2/1.1 e1@2 [ann]"});
}

} // namespace
} // namespace citron::backend
