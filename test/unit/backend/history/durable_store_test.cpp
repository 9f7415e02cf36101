// The store that works in a thread of its own, on real files; the loop is run until everything has been
// answered.
#include "backend/history/durable_store.hpp"

#include "common/runtime/config.hpp"
#include "test/unit/backend/history/disk.hpp"

#include <SQLiteCpp/Database.h>

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>

namespace citron::backend {
namespace {

using namespace test;
using std::chrono::steady_clock;

struct DurableStore : ::testing::Test
{
    void start(durable_options options)
    {
        history.emplace(loop, std::move(options), counters, [this] { ++turns; });
    }
    void start() { start({.file = d.file()}); }
    /// Until nothing is awaited any more.
    void run()
    {
        loop.restart();
        loop.run();
    }
    store::opened open(const std::string& rid)
    {
        std::vector<store::opened> got;
        history->take_over({{rid, 0, 0, "e"}}, [&](std::vector<store::opened> o) { got = std::move(o); });
        run();
        return got.at(0);
    }
    append_outcome put(const append& one)
    {
        append_outcome got;
        history->submit({one}, [&](const std::vector<append_outcome>& o) { got = o.at(0); });
        run();
        return got;
    }
    page after(const std::string& rid, std::uint64_t offset)
    {
        page got;
        history->read_after(rid, offset, {}, [&](page p) { got = std::move(p); });
        run();
        return got;
    }
    /// Nobody else can write until it is given back.
    [[nodiscard]] std::unique_ptr<SQLite::Database> lock() const
    {
        auto other = std::make_unique<SQLite::Database>(d.file().path, SQLite::OPEN_READWRITE);
        other->exec("BEGIN IMMEDIATE");
        return other;
    }
    std::uint64_t counted(const std::string& name) { return counters.at("store." + name); }

    disk d;
    net::io_context loop;
    protocol::counters counters;
    int turns = 0;
    std::optional<durable_store> history;
};

TEST_F(DurableStore, AnswersOnTheLoopAndNeverFromWithinTheCall)
{
    start();
    std::vector<store::opened> opened;
    history->take_over({{"a", 0, 0, "e"}}, [&](std::vector<store::opened> o) { opened = std::move(o); });
    EXPECT_TRUE(opened.empty());
    EXPECT_FALSE(history->idle());
    run();

    ASSERT_EQ(opened.size(), 1U);
    EXPECT_EQ(opened[0].at, (head{.term = 1, .rev = 0, .epoch = "e", .offset = 0}));
    EXPECT_EQ(put(said("a")).offset, 1U);
    EXPECT_EQ(of(after("a", 0)), offsets{1});
    EXPECT_EQ(turns, 3);
    EXPECT_TRUE(history->idle());
    EXPECT_FALSE(history->local());
    EXPECT_EQ(history->id(), database(d.file()).id());
}

TEST_F(DurableStore, CountsWhatBecameOfAppends)
{
    start();
    open("a");
    history->submit({named("a", "one"), named("a", "one"), said("b")}, [](const auto&) {});
    run();

    EXPECT_EQ(counted("stored"), 1U);
    EXPECT_EQ(counted("repeats"), 1U);
    EXPECT_EQ(counted("refused"), 1U);
    EXPECT_EQ(counted("failed"), 0U);
    EXPECT_EQ(counted("commits"), 1U);
}

TEST_F(DurableStore, WhatIsSubmittedDuringACommitIsCommittedTogether)
{
    start();
    open("a");
    auto locked = lock();
    std::vector<std::uint64_t> got;
    for (int i = 0; i < 100; ++i)
        history->submit({said("a"), said("a")}, [&](const std::vector<append_outcome>& o) {
            for (const auto& outcome : o)
                got.push_back(outcome.offset);
        });
    locked.reset();
    run();

    ASSERT_EQ(got.size(), 200U);
    for (std::size_t i = 0; i < got.size(); ++i)
        EXPECT_EQ(got[i], i + 1);
    EXPECT_LE(counted("commits"), 2U);
    EXPECT_EQ(counted("stored"), 200U);
}

TEST_F(DurableStore, CompletesInTheOrderAskedAndReadsWhatWasSubmittedBefore)
{
    start();
    open("a");
    auto locked = lock(); // so that all of it waits together
    std::string order;
    const auto count = [&](char name) {
        return [&order, name](const page& p) { order += name + std::to_string(p.messages.size()) + " "; };
    };
    const auto note = [&](char name) {
        return [&order, name](const std::vector<append_outcome>& o) {
            order += name + std::string(o.at(0).code == errc::ok ? "+ " : "- ");
        };
    };
    history->submit({said("a")}, note('s'));
    history->submit({said("a")}, note('t'));
    history->read_before("a", 0, {}, count('r'));
    history->submit({said("a")}, note('u'));
    history->take_over({{"a", 0, 0, "e"}},
                       [&](const auto& o) { order += "o" + std::to_string(o[0].at.offset) + " "; });
    history->submit({said("a")}, note('v')); // under the term before
    history->read_after("a", 1, {}, count('q'));
    locked.reset();
    run();

    EXPECT_EQ(order, "s+ t+ r2 u+ o3 v- q2 ");
}

TEST_F(DurableStore, WhatGoesBeyondItsBytesIsUnavailableInItsTurn)
{
    start({.file = d.file(), .waiting_bytes = 20'000});
    open("a");
    auto locked = lock();
    std::string order;
    const std::string large(15'000, 'x');
    history->submit({said("a", large)},
                    [&](const auto& o) { order += o[0].code == errc::ok ? "first+ " : "first- "; });
    history->submit({said("a", large), said("a")}, [&](const auto& o) {
        order += std::to_string(o.size()) + (o[1].code == errc::unavailable ? "- " : "+ ");
    });
    EXPECT_EQ(order, "");
    locked.reset();
    run();

    EXPECT_EQ(order, "first+ 2- ");
    EXPECT_EQ(counted("failed"), 2U);
    EXPECT_EQ(put(said("a", large)).offset, 2U); // there is room again
}

TEST_F(DurableStore, TrimsByItself)
{
    auto options = d.file();
    options.room_messages = 10;
    start({.file = options});
    open("a");
    history->submit(std::vector<append>(300, said("a")), [](const auto&) {});
    auto guard = net::make_work_guard(loop); // nobody is told of trimming
    loop.restart();
    while (counted("trimmed") < 290)
        ASSERT_NE(loop.run_one_for(std::chrono::seconds{10}), 0U);
    guard.reset();
    EXPECT_EQ(after("a", 0).messages.size(), 10U);
    EXPECT_EQ(counted("trimmed"), 290U);
}

// ---- the end

TEST_F(DurableStore, CommitsEverythingBeforeItGoesAndCallsNobody)
{
    start();
    open("a");
    bool called = false;
    auto locked = lock();
    for (int i = 0; i < 50; ++i)
        history->submit({said("a")}, [&](const auto&) { called = true; });
    locked.reset();
    history.reset();
    run();

    EXPECT_FALSE(called);
    database file(d.file());
    EXPECT_EQ(all(file, "a").size(), 50U);
}

TEST_F(DurableStore, MayGoWithinACompletion)
{
    start();
    open("a");
    auto locked = lock();
    int called = 0;
    for (int i = 0; i < 3; ++i)
        history->submit({said("a")}, [&](const auto&) {
            ++called;
            history.reset();
        });
    const int before = turns;
    locked.reset();
    run();

    EXPECT_EQ(called, 1);
    EXPECT_EQ(turns, before);
}

TEST_F(DurableStore, ACompletionThatThrowsStopsNoOther)
{
    start();
    open("a");
    bool called = false;
    auto locked = lock();
    history->submit({said("a")}, [](const auto&) { throw std::runtime_error("on purpose"); });
    history->submit({said("a")}, [&](const auto&) { called = true; });
    locked.reset();
    run();

    EXPECT_TRUE(called);
}

// ---- what fails

TEST_F(DurableStore, AFileThatCannotBeOpenedIsAMistakeOfTheConfiguration)
{
    std::ofstream(d.file().path) << std::string(10'000, 'x');
    try {
        start();
        FAIL() << "opened";
    } catch (const runtime::config_error& error) {
        EXPECT_TRUE(says(error.what(), d.file().path));
        EXPECT_TRUE(says(error.what(), "not a database"));
    }
}

TEST_F(DurableStore, AFileThatIsLockedAtTheStartIsWaitedFor)
{
    auto options = d.file();
    options.patience = std::chrono::milliseconds{10};
    auto locked =
        std::make_unique<SQLite::Database>(options.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    locked->exec("BEGIN EXCLUSIVE");
    ::testing::internal::CaptureStderr();

    start({.file = options, .start_patience = std::chrono::minutes{1}, .waits = [&] { locked.reset(); }});

    EXPECT_TRUE(says(::testing::internal::GetCapturedStderr(), "history.waits what="));
    EXPECT_FALSE(locked);
    EXPECT_EQ(open("a").at.term, 1U);
}

TEST_F(DurableStore, AFileThatStaysLockedOrFullAtTheStartIsNoMistakeOfTheConfiguration)
{
    const auto why = [&](const database_options& file) {
        return failure_of([&] { start({.file = file, .start_patience = std::chrono::milliseconds{1}}); }).why;
    };
    auto full = d.file("full.db");
    full.max_bytes = 4'096;
    EXPECT_EQ(why(full), reason::full);

    auto busy = d.file();
    busy.patience = std::chrono::milliseconds{10};
    SQLite::Database other(busy.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("BEGIN EXCLUSIVE");
    EXPECT_EQ(why(busy), reason::busy);
}

TEST_F(DurableStore, ALockedFileIsUnavailableUntilItIsFree)
{
    auto options = d.file();
    options.patience = std::chrono::milliseconds{10};
    start({.file = options});
    open("a");
    auto locked = lock();
    bool empty = false;
    history->take_over({{"a", 0, 0, "e"}}, [&](const auto& o) { empty = o.empty(); });

    EXPECT_EQ(put(said("a")).code, errc::unavailable);
    EXPECT_TRUE(empty);
    EXPECT_FALSE(after("a", 0).failed); // reading goes on

    locked.reset();
    EXPECT_EQ(put(said("a")).offset, 1U);
}

TEST_F(DurableStore, WhatWaitsBehindALockIsAnsweredWithoutWaitingForEachInTurn)
{
    auto options = d.file();
    options.patience = std::chrono::milliseconds{1'000};
    start({.file = options});
    open("a");
    put(said("a"));
    auto locked = lock();
    const auto begun = steady_clock::now();
    EXPECT_EQ(put(said("a")).code, errc::unavailable);
    const auto once = steady_clock::now() - begun;

    constexpr int asked = 10;
    int unavailable = 0, closed = 0, read = 0;
    const auto note = [&](const auto& o) { unavailable += o.at(0).code == errc::unavailable ? 1 : 0; };
    for (int i = 0; i < asked; ++i) {
        history->submit({said("a")}, note);
        history->take_over({{"a", 0, 0, "e"}}, [&](const auto& o) { closed += o.empty() ? 1 : 0; });
        history->submit({said("a")}, note);
        history->read_after("a", 0, {}, [&](const page& p) { read += of(p) == offsets{1} ? 1 : 0; });
    }
    run();

    EXPECT_LT(steady_clock::now() - begun, asked * once); // not three times as much
    EXPECT_EQ(unavailable, 2 * asked);
    EXPECT_EQ(closed, asked);
    EXPECT_EQ(read, asked);
    locked.reset();
    EXPECT_EQ(put(said("a")).offset, 2U);
}

/// How often `word` stands in `text`.
std::size_t times(const std::string& text, const std::string& word)
{
    std::size_t count = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1))
        ++count;
    return count;
}

TEST_F(DurableStore, AFailingDiskIsToldOnceAndSoIsItsRecovery)
{
    std::signal(SIGXFSZ, SIG_IGN);
    start();
    open("a");
    ASSERT_EQ(put(said("a", std::string(1'000'000, 'x'))).code, errc::ok);
    rlimit usual{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
    const rlimit none{std::filesystem::file_size(d.file().path + "-wal"), usual.rlim_max};
    ::testing::internal::CaptureStderr();

    ::setrlimit(RLIMIT_FSIZE, &none); // no file grows any more
    const auto first = put(said("a", std::string(3'000'000, 'y'))).code;
    const auto second = put(said("a", std::string(3'000'000, 'y'))).code;
    ::setrlimit(RLIMIT_FSIZE, &usual);
    append_outcome got{.code = errc::unavailable};
    const auto patience = steady_clock::now() + std::chrono::seconds{10};
    while (got.code != errc::ok && steady_clock::now() < patience)
        got = put(said("a"));

    const auto said_of_it = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(first, errc::unavailable);
    EXPECT_EQ(second, errc::unavailable);
    EXPECT_EQ(got.offset, 2U);
    EXPECT_EQ(times(said_of_it, "history.unavailable what="), 1U) << said_of_it;
    EXPECT_EQ(times(said_of_it, "history.recovered"), 1U) << said_of_it;
    EXPECT_GE(counted("failed"), 2U);
}

TEST_F(DurableStore, AFileThatWentAwayIsOpenedAgainWhenItIsBack)
{
    start();
    open("a");
    put(said("a"));
    std::filesystem::rename(d.file().path, d.file("away").path);
    EXPECT_EQ(put(said("a")).code, errc::unavailable);
    EXPECT_TRUE(after("a", 0).failed);
    EXPECT_FALSE(std::filesystem::exists(d.file().path)); // no empty one takes its place

    std::filesystem::rename(d.file("away").path, d.file().path);
    append_outcome got{.code = errc::unavailable};
    const auto patience = steady_clock::now() + std::chrono::seconds{10};
    while (got.code != errc::ok && steady_clock::now() < patience)
        got = put(said("a"));
    EXPECT_EQ(got.offset, 2U);
}

TEST_F(DurableStore, ACopyInItsPlaceIsOpened)
{
    start();
    open("a");
    put(said("a"));
    database(d.file()).backup(d.file("copy").path);
    for (const auto* end : {"", "-wal", "-shm"})
        std::filesystem::rename(d.file().path + end, d.file("away").path + end);
    std::filesystem::rename(d.file("copy").path, d.file().path);

    EXPECT_EQ(put(said("a")).code, errc::unavailable);
    EXPECT_EQ(put(said("a")).offset, 2U);

    database copy(d.file());
    EXPECT_EQ(all(copy, "a"), (offsets{1, 2}));
}

TEST_F(DurableStore, AnotherHistoryInItsPlaceIsNotTaken)
{
    start();
    open("a");
    for (const auto* end : {"", "-wal", "-shm"})
        std::filesystem::rename(d.file().path + end, d.file("away").path + end);
    {
        database stranger(d.file());
        (void)test::open(stranger, "a");
    }
    const auto patience = steady_clock::now() + std::chrono::milliseconds{700};
    while (steady_clock::now() < patience)
        ASSERT_EQ(put(said("a")).code, errc::unavailable);

    database stranger(d.file());
    EXPECT_EQ(all(stranger, "a"), offsets{});
}

} // namespace
} // namespace citron::backend
