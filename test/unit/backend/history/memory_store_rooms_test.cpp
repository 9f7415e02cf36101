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
    std::vector<store::opened> all;

    s.store.take_over({{"b", 0, 0, "eb"}, {"a", 0, 0, "ea"}},
                      [&](std::vector<store::opened> o) { all = std::move(o); });
    s.store.complete();

    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].at.epoch, "eb");
    EXPECT_EQ(all[0].time, 0U);
    EXPECT_EQ(all[1].at.epoch, "e");
    EXPECT_EQ(all[1].time, 1000U);
}

// ---- writing

TEST(MemoryStore, RefusesAnOldTermAsMoved)
{
    shelf s;
    s.fill("a", 1);
    (void)s.open("a");

    EXPECT_EQ(s.put(shelf::entry("a", "x", 1)), errc::moved);
    EXPECT_EQ(s.put(shelf::entry("a", "x", 2)), errc::ok);
    EXPECT_EQ(s.all(), (offsets{1, 2}));
    EXPECT_EQ(s.counters.at("store.refused"), 1U);
}

TEST(MemoryStore, RefusesARoomThatItDoesNotHoldAsMoved)
{
    shelf s;
    (void)s.store.extract("a");

    EXPECT_EQ(s.put(shelf::entry("a")), errc::moved);
}

TEST(MemoryStore, AnswersEachAppendOfABatchInOrder)
{
    shelf s;
    (void)s.open("b");

    const auto all = s.results({shelf::entry("a"), shelf::entry("b", "x", 7), shelf::entry("a"),
                                shelf::entry("b"), shelf::entry("c")});

    std::vector<errc> codes;
    offsets places;
    for (const auto& one : all) {
        codes.push_back(one.code);
        places.push_back(one.offset);
    }
    EXPECT_EQ(codes, (std::vector{errc::ok, errc::moved, errc::ok, errc::ok, errc::moved}));
    EXPECT_EQ(places, (offsets{1, 0, 2, 1, 0}));
    EXPECT_EQ(s.after(0).messages.at(1).push.data, R"({"msg":"x","offset":2,"epoch":"e","time":1000})");
}

// ---- messages that come again

struct Named : testing::Test
{
    shelf s;

    append_outcome put(const std::string& cid, std::uint64_t term = 1)
    {
        auto one = shelf::entry("a", "x", term);
        one.cid = cid;
        return s.results({one}).at(0);
    }
};

TEST_F(Named, OneOfANameThatItHasIsNotStoredAgain)
{
    (void)put("ann/1");
    (void)put("ann/2");

    const auto again = put("ann/1");

    EXPECT_EQ(again.code, errc::ok);
    EXPECT_TRUE(again.repeat);
    EXPECT_EQ(again.offset, 1U);
    EXPECT_EQ(again.time, 1000U);
    EXPECT_EQ(s.all(), (offsets{1, 2}));
    EXPECT_EQ(s.counters.at("store.repeats"), 1U);
}

TEST_F(Named, TheNameTravelsWithTheMessage)
{
    (void)put("ann/1");
    s.store.adopt("a", s.store.extract("a"));
    (void)s.open("a");

    EXPECT_TRUE(put("ann/1", 2).repeat);
}

TEST_F(Named, ANameWithoutAMessageTravelsWithTheRoom)
{
    (void)s.results({{.what = append::kind::name, .rid = "a", .term = 1, .time = 900, .cid = "ann/1"}});
    (void)put("ann/2");
    s.store.adopt("a", s.store.extract("a"));
    (void)s.open("a");

    EXPECT_TRUE(put("ann/1", 2).repeat);
    EXPECT_EQ(put("ann/1", 2).time, 900U);
    EXPECT_TRUE(put("ann/2", 2).repeat);
    EXPECT_EQ(s.all(), offsets{1});
}

TEST_F(Named, TheNameIsForgottenWithTheMessage)
{
    shelf small({.room_messages = 1});
    for (const auto* cid : {"ann/1", "ann/2", "ann/1"}) {
        auto one = shelf::entry("a");
        one.cid = cid;
        EXPECT_FALSE(small.results({one}).at(0).repeat) << cid;
    }
    EXPECT_EQ(small.all(), offsets{3});
}

TEST_F(Named, ANameWithoutAMessageIsKnownAndTakesNoOffset)
{
    using kind = append::kind;
    const auto ask = [this](kind what, const std::string& cid) {
        return s.results({{.what = what, .rid = "a", .term = 1, .time = 900, .cid = cid}}).at(0);
    };
    EXPECT_FALSE(ask(kind::question, "ann/1").repeat);
    EXPECT_FALSE(ask(kind::name, "ann/1").repeat);

    const auto again = ask(kind::question, "ann/1");
    EXPECT_TRUE(again.repeat);
    EXPECT_EQ(again.offset, 0U);
    EXPECT_EQ(again.time, 900U);
    EXPECT_TRUE(put("ann/1").repeat);
    EXPECT_EQ(put("ann/2").offset, 1U);
}

TEST(MemoryStore, KeepsAsManyNamesWithoutMessagesAsMessages)
{
    shelf small({.room_messages = 2});
    const auto known = [&](const std::string& cid) {
        return small.results({{.what = append::kind::question, .rid = "a", .term = 1, .cid = cid}})
            .at(0)
            .repeat;
    };
    for (const auto* cid : {"1", "2", "3"})
        (void)small.results({{.what = append::kind::name, .rid = "a", .term = 1, .cid = cid}});

    EXPECT_FALSE(known("1"));
    EXPECT_TRUE(known("2"));
    EXPECT_TRUE(known("3"));
}

TEST(MemoryStore, ForgetsNamesWithTheMessagesOfTheRoomLongestNotWrittenTo)
{
    shelf small({.total_bytes = 100});
    (void)small.open("b");
    (void)small.results({{.what = append::kind::name, .rid = "a", .term = 1, .cid = std::string(60, 'x')}});

    (void)small.put(shelf::entry("b", std::string(60, 'y')));

    EXPECT_FALSE(
        small.results({{.what = append::kind::question, .rid = "a", .term = 1, .cid = std::string(60, 'x')}})
            .at(0)
            .repeat);
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
    EXPECT_EQ(to.put(shelf::entry("a", "x", 2)), errc::ok);
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
