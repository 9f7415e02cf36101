// Rooms, messages and names in one database, as class database sees them.
#include "test/unit/backend/history/disk.hpp"

#include <limits>

namespace citron::backend {
namespace {

using namespace test;

constexpr std::uint64_t minute = 60'000;

struct Database : ::testing::Test
{
    database file{{.path = ":memory:"}};
};

// ---- taking over

TEST_F(Database, AnUnknownRoomBeginsAFreshEpoch)
{
    const auto opened = open(file, "a", 6, "new");

    EXPECT_EQ(opened.at, (head{.term = 7, .rev = 0, .epoch = "new", .offset = 0}));
    EXPECT_EQ(opened.time, 0U);
}

TEST_F(Database, AKnownEpochIsContinuedUnderAHigherTerm)
{
    open(file, "a");
    fill(file, "a", 3, 1234);

    const auto opened = open(file, "a", 1, "new");

    EXPECT_EQ(opened.at, (head{.term = 2, .rev = 0, .epoch = "e", .offset = 3}));
    EXPECT_EQ(opened.time, 1234U);
}

TEST_F(Database, InAnOlderCopyOffsetsGoOnInAFreshEpoch)
{
    open(file, "a");
    fill(file, "a", 3);

    const auto opened = open(file, "a", 2, "new");

    EXPECT_EQ(opened.at, (head{.term = 3, .rev = 0, .epoch = "new", .offset = 3}));
    EXPECT_EQ(put(file, said("a", "x", 3)).offset, 4U);
}

TEST_F(Database, TheTermIsRaisedAboveTheFloorAndTheEpochContinued)
{
    open(file, "a");

    EXPECT_EQ(open(file, "a", 1, "new", 40).at, (head{.term = 41, .rev = 0, .epoch = "e", .offset = 0}));
    EXPECT_EQ(open(file, "b", 50, "new", 40).at, (head{.term = 51, .rev = 0, .epoch = "new", .offset = 0}));
}

// ---- by whose word

struct DatabaseGenerations : Database
{
    /// True when the room could be opened by it.
    bool opens(std::uint64_t generation)
    {
        const std::vector<store::opening> one{{"a", 0, 0, "e", generation}};
        return file.take_over(one).at(0).at.term != 0;
    }
};

TEST_F(DatabaseGenerations, AnOlderOneOpensNothing)
{
    EXPECT_EQ(file.generation(), 0U);
    EXPECT_TRUE(opens(4));
    EXPECT_TRUE(opens(4));
    EXPECT_TRUE(opens(6));

    EXPECT_FALSE(opens(5));
    EXPECT_TRUE(opens(6));
    EXPECT_EQ(open(file, "a").at.term, 5U) << "what was refused raised no term";
    EXPECT_EQ(file.generation(), 6U);
}

TEST_F(DatabaseGenerations, WhoIsRefusedLearnsTheNewest)
{
    constexpr auto huge = std::uint64_t{1} << 62U;
    EXPECT_TRUE(opens(huge));

    const auto refused = file.take_over(std::vector<store::opening>{{"a", 0, 0, "e", 7}}).at(0);

    EXPECT_EQ(refused.at.term, 0U);
    EXPECT_EQ(refused.newest, huge);
}

TEST_F(DatabaseGenerations, EachRoomOfACallGoesByItsOwn)
{
    EXPECT_TRUE(opens(4));

    const auto opened = file.take_over(std::vector<store::opening>{
        {"a", 0, 0, "e", 3}, {"b", 0, 0, "e", 4}, {"c", 0, 0, "e", 3}, {"d", 0, 0, "e", 0}});

    EXPECT_EQ(opened[0].at.term, 0U);
    EXPECT_EQ(opened[1].at.term, 1U);
    EXPECT_EQ(opened[2].at.term, 0U);
    EXPECT_EQ(opened[3].at.term, 1U);
}

TEST_F(Database, TermsMayBeAsLargeAsTheyGet)
{
    constexpr auto huge = std::uint64_t{1} << 63U;

    EXPECT_EQ(open(file, "a", 0, "e", huge).at.term, huge + 1);
    EXPECT_EQ(open(file, "a", huge + 1).at, (head{.term = huge + 2, .rev = 0, .epoch = "e", .offset = 0}));
    EXPECT_EQ(put(file, said("a", "x", huge + 2)).code, errc::ok);
}

TEST_F(Database, TakesOverManyRoomsInTheOrderGiven)
{
    open(file, "a", 0, "old");
    const std::vector<store::opening> rooms{{"b", 0, 0, "eb"}, {"a", 0, 0, "ea"}, {"b", 0, 0, "again"}};

    const auto opened = file.take_over(rooms);

    ASSERT_EQ(opened.size(), 3U);
    EXPECT_EQ(opened[0].at.epoch, "eb");
    EXPECT_EQ(opened[1].at.epoch, "old");
    EXPECT_EQ(opened[2].at, (head{.term = 2, .rev = 0, .epoch = "eb", .offset = 0}));
}

// ---- storing

TEST_F(Database, PlacesMessagesOneAfterTheOther)
{
    open(file, "a");
    open(file, "b");

    const auto outcomes =
        file.commit(std::vector{said("a"), said("b", "y", 1, 2000), said("a"), said("a")}, at(1000));

    ASSERT_EQ(outcomes.size(), 4U);
    EXPECT_EQ(outcomes[0].offset, 1U);
    EXPECT_EQ(outcomes[1].offset, 1U);
    EXPECT_EQ(outcomes[1].time, 2000U);
    EXPECT_EQ(outcomes[3].offset, 3U);
    EXPECT_EQ(put(file, said("a")).offset, 4U);
    EXPECT_EQ(all(file, "a"), (offsets{1, 2, 3, 4}));
    EXPECT_EQ(all(file, "b"), offsets{1});
}

TEST_F(Database, AMessageIsReadWithItsPlace)
{
    open(file, "a", 0, "e1");
    put(file, said("a", "h\"i", 1, 1234));

    const auto p = file.read_after("a", 0, {});

    ASSERT_EQ(p.messages.size(), 1U);
    EXPECT_EQ(p.messages[0].time, 1234U);
    EXPECT_EQ(p.messages[0].push.data, R"({"msg":"h\"i","offset":1,"epoch":"e1","time":1234})");
}

TEST_F(Database, AnotherTermAndAnUnknownRoomAreMovedTheRestIsStored)
{
    open(file, "a");
    open(file, "b");
    open(file, "b");

    const auto outcomes =
        file.commit(std::vector{said("b"), said("a"), said("c"), said("b", "x", 2)}, at(1000));

    EXPECT_EQ(outcomes[0].code, errc::moved);
    EXPECT_EQ(outcomes[1].code, errc::ok);
    EXPECT_EQ(outcomes[2].code, errc::moved);
    EXPECT_EQ(outcomes[3].code, errc::ok);
    EXPECT_EQ(all(file, "b"), offsets{1});
    EXPECT_EQ(all(file, "c"), offsets{});
}

// ---- names of sends

void expect_repeat(const append_outcome& outcome, std::uint64_t offset, std::uint64_t time = 1000)
{
    EXPECT_EQ(outcome.code, errc::ok);
    EXPECT_TRUE(outcome.repeat);
    EXPECT_EQ(outcome.offset, offset);
    EXPECT_EQ(outcome.time, time);
}

TEST_F(Database, ASendIsStoredOnceUnderItsNumber)
{
    open(file, "a");
    put(file, said("a"));
    EXPECT_FALSE(put(file, numbered("a", 1, true)).repeat);

    auto later = numbered("a", 1, true);
    later.time = 5000;
    expect_repeat(put(file, later), 2);
    EXPECT_FALSE(put(file, numbered("a", 2, true)).repeat);
    EXPECT_EQ(all(file, "a"), (offsets{1, 2, 3}));
}

TEST_F(Database, ASendIsStoredOnceUnderTheClientsName)
{
    open(file, "a");
    put(file, named("a", "one"));

    expect_repeat(put(file, named("a", "one")), 1);
    EXPECT_FALSE(put(file, named("a", std::string("one\0", 4))).repeat);
    EXPECT_EQ(all(file, "a"), (offsets{1, 2}));
}

TEST_F(Database, AClientsNameIsNoNumberAndNamesBelongToRooms)
{
    open(file, "a");
    open(file, "b");
    put(file, numbered("a", 1));

    EXPECT_FALSE(put(file, named("a", "s#1")).repeat);
    EXPECT_FALSE(put(file, numbered("b", 1, true)).repeat);
    EXPECT_FALSE(put(file, named("b", "s#1")).repeat);
}

TEST_F(Database, TheSameNameTwiceInOneBatchIsStoredOnce)
{
    open(file, "a");

    const auto outcomes = file.commit(
        std::vector{named("a", "one"), numbered("a", 7), named("a", "one"), numbered("a", 7, true)},
        at(1000));

    expect_repeat(outcomes[2], 1);
    expect_repeat(outcomes[3], 2);
    EXPECT_EQ(all(file, "a"), (offsets{1, 2}));
}

TEST_F(Database, NamesAreKnownForTenMinutesAndForgottenAfterTwenty)
{
    constexpr std::uint64_t start = 1'000'000'000;
    open(file, "a");
    put(file, said("a"), start);
    put(file, named("a", "late"), start + 10 * minute - 1); // just before the tables turn
    put(file, said("a"), start + 10 * minute);              // they turn
    expect_repeat(put(file, named("a", "late"), start + 10 * minute + 1), 2);
    expect_repeat(put(file, named("a", "late"), start + 20 * minute - 1), 2);

    put(file, said("a"), start + 20 * minute); // they turn again
    EXPECT_FALSE(put(file, named("a", "late"), start + 20 * minute).repeat);
}

TEST_F(Database, ASendThatComesAgainWhenALaterOneIsStoredHadBeenRefused)
{
    open(file, "a");
    put(file, numbered("a", 2)); // 1 was refused by the owner of that time

    EXPECT_EQ(put(file, numbered("a", 1, true)).code, errc::unavailable);
    expect_repeat(put(file, numbered("a", 2, true)), 1);
    EXPECT_EQ(put(file, numbered("a", 3, true)).offset, 2U);
}

TEST_F(Database, ASendMayComeAgainUnderItsNumberThoughTheClockWasSetForward)
{
    open(file, "a");
    put(file, numbered("a", 1));
    put(file, said("a", "before", 1, 2000));
    put(file, said("a", "after", 1, 60 * minute));

    auto again = numbered("a", 1, true);
    again.time = 60 * minute;
    expect_repeat(put(file, again), 1);
}

TEST_F(Database, ASendIsNotLookedForAmongMessagesThatAreTooOld)
{
    open(file, "a");
    put(file, numbered("a", 1));
    for (std::uint64_t time = 0; time <= 11 * minute; time += 10'000)
        put(file, said("a", "x", 1, 1000 + time));

    auto again = numbered("a", 1, true);
    again.time = 11 * minute;
    EXPECT_FALSE(put(file, again).repeat);
}

TEST_F(Database, ASendIsLookedForAmongTenThousandMessagesWhenTheTimeOfItsRoomStandsStill)
{
    open(file, "a");
    put(file, numbered("a", 1));
    fill(file, "a", 9'999);
    expect_repeat(put(file, numbered("a", 1, true)), 1);

    fill(file, "a", 1);
    EXPECT_FALSE(put(file, numbered("a", 1, true)).repeat);
}

TEST_F(Database, NamesOutliveTheirMessages)
{
    database small({.path = ":memory:", .room_messages = 1, .young_ms = 0});
    open(small, "a");
    put(small, named("a", "one"));
    fill(small, "a", 3);
    ASSERT_EQ(small.trim(1000, 100), 3U);

    expect_repeat(put(small, named("a", "one")), 1);
}

TEST_F(Database, ASendMayComeAgainUnderItsNumberForAMinuteHoweverMuchIsSaidMeanwhile)
{
    database small({.path = ":memory:", .room_messages = 1});
    open(small, "a");
    put(small, numbered("a", 1));
    fill(small, "a", 3);

    EXPECT_EQ(small.trim(60'999, 100), 0U);
    expect_repeat(put(small, numbered("a", 1, true)), 1);
    EXPECT_EQ(small.trim(61'000, 100), 3U);
}

TEST_F(Database, ANameWithoutAMessageIsKnownAndTakesNoOffset)
{
    open(file, "a");
    const auto first = put(file, name("a", "one"));
    EXPECT_FALSE(first.repeat);
    EXPECT_FALSE(first.stored());

    expect_repeat(put(file, question("a", "one")), 0);
    expect_repeat(put(file, name("a", "one")), 0);
    expect_repeat(put(file, named("a", "one")), 0);
    EXPECT_EQ(put(file, said("a")).offset, 1U);
    EXPECT_EQ(all(file, "a"), offsets{1});
}

TEST_F(Database, AQuestionAddsNothingAndSeesWhatIsBeforeItInItsBatch)
{
    open(file, "a");

    const auto outcomes =
        file.commit(std::vector{question("a", "one"), named("a", "one"), question("a", "one")}, at(1000));

    EXPECT_FALSE(outcomes[0].repeat);
    EXPECT_FALSE(outcomes[0].stored());
    expect_repeat(outcomes[2], 1);
    EXPECT_EQ(put(file, {.what = append::kind::question, .rid = "a", .term = 2, .cid = "one"}).code,
              errc::moved);
}

// ---- reading

TEST_F(Database, ReadsTheNewestBeforeAnOffset)
{
    open(file, "a");
    fill(file, "a", 10);

    const auto p = file.read_before("a", 8, {.count = 3});
    EXPECT_EQ(of(p), (offsets{5, 6, 7}));
    EXPECT_TRUE(p.more);
    EXPECT_FALSE(file.read_before("a", 4, {.count = 3}).more);
    EXPECT_EQ(of(file.read_before("a", 0, {.count = 2})), (offsets{9, 10}));
    EXPECT_EQ(of(file.read_before("a", std::numeric_limits<std::uint64_t>::max(), {.count = 1})),
              offsets{10});
    EXPECT_EQ(of(file.read_before("a", 1, {})), offsets{});
}

TEST_F(Database, ReadsTheOldestAfterAnOffset)
{
    open(file, "a");
    fill(file, "a", 10);

    const auto p = file.read_after("a", 4, {.count = 3});
    EXPECT_EQ(of(p), (offsets{5, 6, 7}));
    EXPECT_TRUE(p.more);
    EXPECT_FALSE(p.trimmed);
    EXPECT_FALSE(file.read_after("a", 7, {.count = 3}).more);
    EXPECT_EQ(of(file.read_after("a", 10, {})), offsets{});
    EXPECT_EQ(of(file.read_after("a", std::numeric_limits<std::uint64_t>::max(), {})), offsets{});
}

TEST_F(Database, APageHasAtMostItsBytesButOneMessageAlways)
{
    open(file, "a");
    fill(file, "a", 4);
    const auto one = file.read_after("a", 0, {}).messages.at(0).push.data.size();

    EXPECT_EQ(of(file.read_after("a", 0, {.bytes = 2 * one})), (offsets{1, 2}));
    EXPECT_EQ(of(file.read_after("a", 0, {.bytes = 2 * one - 1})), offsets{1});
    EXPECT_EQ(of(file.read_after("a", 0, {.bytes = 1})), offsets{1});
    EXPECT_TRUE(file.read_after("a", 0, {.bytes = 1}).more);
    EXPECT_EQ(of(file.read_before("a", 0, {.bytes = 2 * one})), (offsets{3, 4}));
    EXPECT_EQ(of(file.read_before("a", 0, {.bytes = 1})), offsets{4});
}

TEST_F(Database, SaysWhenTheNextMessageIsGone)
{
    database small({.path = ":memory:", .room_messages = 2, .young_ms = 0});
    open(small, "a");
    fill(small, "a", 5);
    small.trim(1000, 100);

    EXPECT_TRUE(small.read_after("a", 2, {}).trimmed);
    EXPECT_EQ(of(small.read_after("a", 2, {})), (offsets{4, 5}));
    EXPECT_FALSE(small.read_after("a", 3, {}).trimmed);
    EXPECT_FALSE(small.read_after("a", 5, {}).trimmed);
}

TEST_F(Database, AnUnknownRoomIsAnEmptyPage)
{
    open(file, "a");
    fill(file, "a", 1);

    for (const auto& p : {file.read_before("b", 0, {}), file.read_after("b", 0, {})}) {
        EXPECT_TRUE(p.messages.empty());
        EXPECT_FALSE(p.more || p.trimmed || p.failed);
    }
}

} // namespace
} // namespace citron::backend
