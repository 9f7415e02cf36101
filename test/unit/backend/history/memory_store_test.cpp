#include "backend/history/memory_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace citron::backend {
namespace {

using protocol::errc;
using protocol::head;
using offsets = std::vector<std::uint64_t>;

/// A store whose answers come at once; room "a" is open in epoch "e" under term 1 unless a test says
/// otherwise.
struct shelf
{
    explicit shelf(memory_options options = {}) : store(options, counters) { (void)open("a"); }

    head open(const std::string& rid, std::uint64_t term_above = 0, const std::string& epoch = "e")
    {
        std::vector<head> heads;
        store.take_over({{rid, term_above, epoch}}, [&](std::vector<head> h) { heads = std::move(h); });
        store.complete();
        return heads.at(0);
    }
    static append entry(const std::string& rid, std::uint64_t offset, const std::string& text = "x",
                        std::uint64_t term = 1, const std::string& epoch = "e")
    {
        return {rid, {.term = term, .epoch = epoch, .offset = offset}, {offset, 1000, {text}}};
    }
    std::vector<errc> put(std::vector<append> batch)
    {
        std::vector<errc> codes;
        store.submit(std::move(batch), [&](const std::vector<append_outcome>& outcomes) {
            std::ranges::transform(outcomes, std::back_inserter(codes), &append_outcome::code);
        });
        store.complete();
        return codes;
    }
    errc put(const append& one) { return put(std::vector{one}).at(0); }
    void fill(const std::string& rid, std::uint64_t last, const std::string& text = "x")
    {
        for (std::uint64_t offset = 1; offset <= last; ++offset)
            ASSERT_EQ(put(entry(rid, offset, text)), errc::ok);
    }
    page before(std::uint64_t offset, page_limit limit = {}, const std::string& rid = "a")
    {
        std::optional<page> got;
        store.read_before(rid, offset, limit, [&](page p) { got = std::move(p); });
        store.complete();
        return got.value();
    }
    page after(std::uint64_t offset, page_limit limit = {}, const std::string& rid = "a")
    {
        std::optional<page> got;
        store.read_after(rid, offset, limit, [&](page p) { got = std::move(p); });
        store.complete();
        return got.value();
    }
    offsets all(const std::string& rid = "a") { return of(before(0, {.count = 1000}, rid)); }
    static offsets of(const page& p)
    {
        offsets found;
        std::ranges::transform(p.messages, std::back_inserter(found), &protocol::message::offset);
        return found;
    }

    protocol::counters counters;
    memory_store store;
};

// ---- bounds

TEST(MemoryStore, KeepsTheNewestMessagesOfARoom)
{
    shelf s({.room_messages = 3});

    s.fill("a", 5);

    EXPECT_EQ(s.all(), (offsets{3, 4, 5}));
    EXPECT_EQ(s.counters.at("store.trimmed"), 2U);
}

TEST(MemoryStore, KeepsARoomBelowItsBytes)
{
    shelf s({.room_bytes = 10});

    s.fill("a", 4, "1234");

    EXPECT_EQ(s.all(), (offsets{3, 4}));
}

TEST(MemoryStore, KeepsTheNewestMessageHoweverLargeItIs)
{
    shelf s({.room_bytes = 10});
    s.fill("a", 2, "1234");

    ASSERT_EQ(s.put(shelf::entry("a", 3, std::string(100, 'x'))), errc::ok);

    EXPECT_EQ(s.all(), offsets{3});
}

TEST(MemoryStore, OverItsTotalTheRoomLongestNotWrittenToLosesItsMessages)
{
    shelf s({.total_bytes = 12});
    (void)s.open("b");
    (void)s.open("c");
    s.fill("a", 1, "1234");
    s.fill("b", 1, "1234");
    ASSERT_EQ(s.put(shelf::entry("a", 2, "1234")), errc::ok);

    s.fill("c", 1, "1234");

    EXPECT_EQ(s.all("a"), (offsets{1, 2}));
    EXPECT_EQ(s.all("b"), offsets{});
    EXPECT_EQ(s.all("c"), offsets{1});
}

TEST(MemoryStore, ARoomThatLostItsMessagesKeepsItsHead)
{
    shelf s({.total_bytes = 4});
    (void)s.open("b");
    s.fill("a", 2, "12");
    s.fill("b", 2, "12");

    const auto at = s.open("a", 0, "other");

    EXPECT_EQ(at, (head{.term = 2, .rev = 0, .epoch = "e", .offset = 2}));
    EXPECT_EQ(s.put(shelf::entry("a", 3, "1", 2)), errc::ok);
}

TEST(MemoryStore, WhatARoomTookWithItNoLongerCounts)
{
    shelf s({.total_bytes = 8});
    (void)s.open("b");
    s.fill("a", 2, "1234");

    (void)s.store.extract("a");
    s.fill("b", 2, "1234");

    EXPECT_EQ(s.all("b"), (offsets{1, 2}));
}

// ---- pages

TEST(MemoryStore, PagesBackwardsFromTheNewest)
{
    shelf s;
    s.fill("a", 5);

    const auto newest = s.before(0, {.count = 2});
    const auto older = s.before(4, {.count = 2});
    const auto oldest = s.before(2, {.count = 2});

    EXPECT_EQ(shelf::of(newest), (offsets{4, 5}));
    EXPECT_TRUE(newest.more);
    EXPECT_EQ(shelf::of(older), (offsets{2, 3}));
    EXPECT_TRUE(older.more);
    EXPECT_EQ(shelf::of(oldest), offsets{1});
    EXPECT_FALSE(oldest.more);
}

TEST(MemoryStore, ABackwardPageEndsAtItsBytesWithTheNewest)
{
    shelf s;
    s.fill("a", 5, "1234");

    const auto p = s.before(0, {.count = 50, .bytes = 9});

    EXPECT_EQ(shelf::of(p), (offsets{4, 5}));
    EXPECT_TRUE(p.more);
}

TEST(MemoryStore, PagesForwards)
{
    shelf s;
    s.fill("a", 5);

    const auto p = s.after(1, {.count = 3});
    const auto rest = s.after(4, {.count = 3});

    EXPECT_EQ(shelf::of(p), (offsets{2, 3, 4}));
    EXPECT_TRUE(p.more);
    EXPECT_EQ(shelf::of(rest), offsets{5});
    EXPECT_FALSE(rest.more);
}

TEST(MemoryStore, AForwardPageEndsAtItsBytesWithTheOldest)
{
    shelf s;
    s.fill("a", 5, "1234");

    const auto p = s.after(1, {.count = 50, .bytes = 9});

    EXPECT_EQ(shelf::of(p), (offsets{2, 3}));
    EXPECT_TRUE(p.more);
    EXPECT_FALSE(p.trimmed);
}

TEST(MemoryStore, APageHoldsAtLeastOneMessage)
{
    shelf s;
    s.fill("a", 2, "123456");

    EXPECT_EQ(shelf::of(s.before(0, {.bytes = 3})), offsets{2});
    EXPECT_EQ(shelf::of(s.after(0, {.bytes = 3})), offsets{1});
}

TEST(MemoryStore, SaysWhenTheMessageAfterTheNamedOneIsGone)
{
    shelf s({.room_messages = 3});
    s.fill("a", 5);

    EXPECT_TRUE(s.after(1).trimmed);
    EXPECT_EQ(shelf::of(s.after(1)), (offsets{3, 4, 5}));
    EXPECT_FALSE(s.after(2).trimmed);
    EXPECT_FALSE(s.after(5).trimmed);
}

TEST(MemoryStore, SaysThatMessagesAreGoneAlsoWhenNoneIsLeft)
{
    shelf s({.total_bytes = 4});
    (void)s.open("b");
    s.fill("a", 2, "12");
    s.fill("b", 2, "12");

    EXPECT_TRUE(s.after(1).trimmed);
    EXPECT_TRUE(s.after(1).messages.empty());
    EXPECT_FALSE(s.after(2).trimmed);
    EXPECT_FALSE(s.before(0).more);
}

TEST(MemoryStore, AnUnknownRoomIsAnEmptyPage)
{
    shelf s;

    EXPECT_TRUE(s.before(0, {}, "nowhere").messages.empty());
    EXPECT_TRUE(s.after(0, {}, "nowhere").messages.empty());
}

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

TEST(MemoryStore, TakesOverManyRoomsInTheOrderGiven)
{
    shelf s;
    s.fill("a", 1);
    std::vector<head> heads;

    s.store.take_over({{"b", 0, "eb"}, {"a", 0, "ea"}}, [&](std::vector<head> h) { heads = std::move(h); });
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

// ---- when it answers

TEST(MemoryStore, CompletesOnlyInComplete)
{
    shelf s;
    int answers = 0;

    s.store.submit({shelf::entry("a", 1)}, [&](const auto&) { ++answers; });
    s.store.take_over({{"b", 0, "e"}}, [&](const auto&) { ++answers; });
    s.store.read_before("a", 0, {}, [&](const auto&) { ++answers; });
    s.store.read_after("a", 0, {}, [&](const auto&) { ++answers; });

    EXPECT_EQ(answers, 0);
    EXPECT_FALSE(s.store.idle());
    s.store.complete();
    EXPECT_EQ(answers, 4);
    EXPECT_TRUE(s.store.idle());
}

TEST(MemoryStore, CompletesInTheOrderAsked)
{
    shelf s;
    std::vector<std::string> order;

    s.store.read_before("a", 0, {},
                        [&](const page& p) { order.push_back("read " + std::to_string(p.messages.size())); });
    s.store.submit({shelf::entry("a", 1)}, [&](const auto&) { order.push_back("stored"); });
    s.store.read_after("a", 0, {},
                       [&](const page& p) { order.push_back("read " + std::to_string(p.messages.size())); });
    s.store.complete();

    EXPECT_EQ(order, (std::vector<std::string>{"read 0", "stored", "read 1"}));
}

TEST(MemoryStore, WhatACallbackAsksCompletesNextTime)
{
    shelf s;
    bool answered = false;
    s.store.read_before("a", 0, {}, [&](const page&) {
        s.store.read_before("a", 0, {}, [&](const page&) { answered = true; });
    });

    s.store.complete();
    EXPECT_FALSE(answered);
    s.store.complete();

    EXPECT_TRUE(answered);
}

} // namespace
} // namespace citron::backend
