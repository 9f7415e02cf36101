// Who may write, and rooms that come and go.
#include "test/unit/backend/history/shelf.hpp"

namespace citron::backend {
namespace {

using protocol::errc;
using protocol::head;
using test::offsets;
using test::shelf;

// ---- taking over

TEST(MemoryStore, AnUnknownRoomBeginsAFreshEpoch)
{
    shelf s;

    EXPECT_EQ(s.open("b", 0, "new"), (head{.term = 1, .rev = 0, .epoch = "new", .offset = 0}));
    EXPECT_EQ(s.open("c", 6, "new"), (head{.term = 7, .rev = 0, .epoch = "new", .offset = 0}));
}

TEST(MemoryStore, AKnownEpochIsContinuedUnderAHigherTerm)
{
    shelf s;
    s.fill("a", 3);

    const auto at = s.open("a", 1, "new");

    EXPECT_EQ(at, (head{.term = 2, .rev = 0, .epoch = "e", .offset = 3}));
    EXPECT_EQ(s.all(), (offsets{1, 2, 3}));
}

TEST(MemoryStore, ContentThatALaterOwnerHasContinuedIsDropped)
{
    shelf s;
    s.fill("a", 3);

    const auto at = s.open("a", 4, "new");

    EXPECT_EQ(at, (head{.term = 5, .rev = 0, .epoch = "new", .offset = 0}));
    EXPECT_EQ(s.all(), offsets{});
}

TEST(MemoryStore, TheTermIsRaisedAboveTheFloorAndTheEpochContinued)
{
    shelf s;
    s.fill("a", 3);

    EXPECT_EQ(s.open("a", 1, "new", 40), (head{.term = 41, .rev = 0, .epoch = "e", .offset = 3}));
    EXPECT_EQ(s.open("a", 1, "new", 40), (head{.term = 42, .rev = 0, .epoch = "e", .offset = 3}));
    EXPECT_EQ(s.open("b", 50, "new", 40), (head{.term = 51, .rev = 0, .epoch = "new", .offset = 0}));
}

TEST(MemoryStore, TakesOverManyRoomsInTheOrderGiven)
{
    shelf s;
    s.fill("a", 1);
    std::vector<head> heads;

    s.store.take_over({{"b", 0, 0, "eb"}, {"a", 0, 0, "ea"}},
                      [&](std::vector<head> h) { heads = std::move(h); });
    s.store.complete();

    ASSERT_EQ(heads.size(), 2U);
    EXPECT_EQ(heads[0].epoch, "eb");
    EXPECT_EQ(heads[1].epoch, "e");
}

// ---- writing

TEST(MemoryStore, RefusesAnOldTermAsMoved)
{
    shelf s;
    s.fill("a", 1);
    (void)s.open("a");

    EXPECT_EQ(s.put(shelf::entry("a", 2, "x", 1)), errc::moved);
    EXPECT_EQ(s.put(shelf::entry("a", 2, "x", 2)), errc::ok);
    EXPECT_EQ(s.all(), (offsets{1, 2}));
    EXPECT_EQ(s.counters.at("store.refused"), 1U);
}

TEST(MemoryStore, RefusesARoomThatItDoesNotHoldAsMoved)
{
    shelf s;
    (void)s.store.extract("a");

    EXPECT_EQ(s.put(shelf::entry("a", 1)), errc::moved);
}

TEST(MemoryStore, RefusesAnyOffsetButTheNext)
{
    shelf s;
    s.fill("a", 2);

    EXPECT_EQ(s.put(shelf::entry("a", 2)), errc::unavailable);
    EXPECT_EQ(s.put(shelf::entry("a", 4)), errc::unavailable);
    EXPECT_EQ(s.put(shelf::entry("a", 3)), errc::ok);
    EXPECT_EQ(s.all(), (offsets{1, 2, 3}));
}

TEST(MemoryStore, RefusesAnotherEpoch)
{
    shelf s;

    EXPECT_EQ(s.put(shelf::entry("a", 1, "x", 1, "other")), errc::unavailable);
}

TEST(MemoryStore, AnswersEachAppendOfABatchInOrder)
{
    shelf s;
    (void)s.open("b");

    const auto codes = s.put({shelf::entry("a", 1), shelf::entry("b", 7), shelf::entry("a", 2),
                              shelf::entry("b", 1), shelf::entry("c", 1)});

    EXPECT_EQ(codes, (std::vector{errc::ok, errc::unavailable, errc::ok, errc::ok, errc::moved}));
}

// ---- rooms that travel

TEST(MemoryStore, GivesAwayARoomWhole)
{
    shelf s;
    s.fill("a", 2);

    const auto c = s.store.extract("a");

    EXPECT_EQ(c.at, (head{.term = 1, .rev = 0, .epoch = "e", .offset = 2}));
    EXPECT_EQ(c.messages.size(), 2U);
    EXPECT_TRUE(s.store.rooms().empty());
    EXPECT_TRUE(s.store.extract("a").messages.empty());
}

TEST(MemoryStore, ContinuesAnAdoptedRoom)
{
    shelf from, to;
    from.fill("a", 3);
    (void)to.store.extract("a");

    to.store.adopt("a", from.store.extract("a"));

    EXPECT_EQ(to.open("a", 1, "new"), (head{.term = 2, .rev = 0, .epoch = "e", .offset = 3}));
    EXPECT_EQ(to.all(), (offsets{1, 2, 3}));
    EXPECT_EQ(to.put(shelf::entry("a", 4, "x", 2)), errc::ok);
}

TEST(MemoryStore, OfTwoCopiesTheHigherTermWins)
{
    shelf s;
    s.fill("a", 2);

    s.store.adopt("a", {{.term = 5, .epoch = "later", .offset = 1}, {{1, 1000, {"later"}}}});
    s.store.adopt("a", {{.term = 3, .epoch = "older", .offset = 9}, {{9, 1000, {"older"}}}});

    const auto c = s.store.extract("a");
    EXPECT_EQ(c.at, (head{.term = 5, .rev = 0, .epoch = "later", .offset = 1}));
    ASSERT_EQ(c.messages.size(), 1U);
    EXPECT_EQ(c.messages[0].push.data, "later");
}

TEST(MemoryStore, AnAdoptedRoomIsBoundedToo)
{
    shelf s({.room_messages = 2});

    s.store.adopt("b",
                  {{.term = 5, .epoch = "e", .offset = 3}, {{1, 9, {"x"}}, {2, 9, {"x"}}, {3, 9, {"x"}}}});

    EXPECT_EQ(s.all("b"), (offsets{2, 3}));
}

TEST(MemoryStore, NamesEveryRoomThatItKnowsAlsoEmptyOnes)
{
    shelf s;
    (void)s.open("b");

    auto rooms = s.store.rooms();

    std::ranges::sort(rooms);
    EXPECT_EQ(rooms, (std::vector<std::string>{"a", "b"}));
}

} // namespace
} // namespace citron::backend
