#include "test/unit/backend/history/shelf.hpp"

namespace citron::backend {
namespace {

using protocol::errc;
using protocol::head;
using test::offsets;
using test::shelf;

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
    shelf s({.room_bytes = 2 * shelf::size("1234") + 2});

    s.fill("a", 4, "1234");

    EXPECT_EQ(s.all(), (offsets{3, 4}));
}

TEST(MemoryStore, KeepsTheNewestMessageHoweverLargeItIs)
{
    shelf s({.room_bytes = 2 * shelf::size("1234") + 2});
    s.fill("a", 2, "1234");

    ASSERT_EQ(s.put(shelf::entry("a", std::string(100, 'x'))), errc::ok);

    EXPECT_EQ(s.all(), offsets{3});
}

TEST(MemoryStore, OverItsTotalTheRoomLongestNotWrittenToLosesItsMessages)
{
    shelf s({.total_bytes = 3 * shelf::size("1234")});
    (void)s.open("b");
    (void)s.open("c");
    s.fill("a", 1, "1234");
    s.fill("b", 1, "1234");
    ASSERT_EQ(s.put(shelf::entry("a", "1234")), errc::ok);

    s.fill("c", 1, "1234");

    EXPECT_EQ(s.all("a"), (offsets{1, 2}));
    EXPECT_EQ(s.all("b"), offsets{});
    EXPECT_EQ(s.all("c"), offsets{1});
}

TEST(MemoryStore, ARoomThatLostItsMessagesKeepsItsHead)
{
    shelf s({.total_bytes = 2 * shelf::size("12")});
    (void)s.open("b");
    s.fill("a", 2, "12");
    s.fill("b", 2, "12");

    const auto at = s.open("a", 0, "other");

    EXPECT_EQ(at, (head{.term = 2, .rev = 0, .epoch = "e", .offset = 2}));
    EXPECT_EQ(s.put(shelf::entry("a", "1", 2)), errc::ok);
}

TEST(MemoryStore, WhatARoomTookWithItNoLongerCounts)
{
    shelf s({.total_bytes = 2 * shelf::size("1234")});
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

    const auto p = s.before(0, {.count = 50, .bytes = 2 * shelf::size("1234") + 1});

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

    const auto p = s.after(1, {.count = 50, .bytes = 2 * shelf::size("1234") + 1});

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
    shelf s({.total_bytes = 2 * shelf::size("12")});
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

// ---- when it answers

TEST(MemoryStore, CompletesOnlyInComplete)
{
    shelf s;
    int answers = 0;

    s.store.submit({shelf::entry("a")}, [&](const auto&) { ++answers; });
    s.store.take_over({{"b", 0, 0, "e"}}, [&](const auto&) { ++answers; });
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
    s.store.submit({shelf::entry("a")}, [&](const auto&) { order.push_back("stored"); });
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
