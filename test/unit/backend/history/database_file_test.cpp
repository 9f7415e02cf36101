// The file of class database: who may open it, who may write to it, and what it survives.
#include "test/unit/backend/history/disk.hpp"

#include <SQLiteCpp/Database.h>

#include <sys/wait.h>

#include <array>
#include <csignal>
#include <fstream>
#include <memory>
#include <thread>

namespace citron::backend {
namespace {

using namespace test;

/// Another program's connection to a file.
SQLite::Database other(const database_options& file)
{
    return {file.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
}

// ---- opening

TEST(DatabaseFile, ARestartKeepsHeadsMessagesAndNames)
{
    const disk d;
    std::string id;
    {
        database file(d.file());
        id = file.id();
        open(file, "a", 4, "e1");
        auto a = named("a", "one");
        a.term = 5;
        put(file, a);
    }
    database file(d.file());

    EXPECT_EQ(file.id(), id);
    auto again = named("a", "one");
    again.term = 5;
    EXPECT_TRUE(put(file, again).repeat);
    EXPECT_EQ(all(file, "a"), offsets{1});
    EXPECT_EQ(open(file, "a").at, (head{.term = 6, .rev = 0, .epoch = "e1", .offset = 1}));
}

TEST(DatabaseFile, EachNewFileHasAnIdOfItsOwnOrTheOneGiven)
{
    const disk d;
    EXPECT_EQ(database(d.file("1")).id().size(), 32U);
    EXPECT_NE(database(d.file("2")).id(), database(d.file("3")).id());
    EXPECT_EQ(database({.path = ":memory:", .fresh_id = "x"}).id(), "x");
}

TEST(DatabaseFile, SeveralMayMakeItAtOnce)
{
    const disk d;
    std::vector<std::string> ids(8);
    {
        std::vector<std::jthread> threads;
        for (auto& id : ids)
            threads.emplace_back([&] {
                database file(d.file());
                open(file, "a");
                id = file.id();
            });
    }
    EXPECT_EQ(std::ranges::count(ids, ids[0]), 8);
    EXPECT_EQ(ids[0].size(), 32U);
    database file(d.file());
    EXPECT_EQ(open(file, "a").at.term, 9U);
}

TEST(DatabaseFile, AnotherVersionIsRefusedAndNamed)
{
    const disk d;
    {
        const database file(d.file());
    }
    other(d.file()).exec("PRAGMA user_version=7");

    const auto error = failure_of([&] { const database file(d.file()); });

    EXPECT_TRUE(says(error.what(), d.file().path));
    EXPECT_TRUE(says(error.what(), "version 7"));
    EXPECT_TRUE(says(error.what(), "version 1"));
}

TEST(DatabaseFile, ADatabaseOfSomethingElseIsLeftAlone)
{
    const disk d;
    other(d.file()).exec("CREATE TABLE t(x)");

    const auto error = failure_of([&] { const database file(d.file()); });

    EXPECT_TRUE(says(error.what(), "not a history"));
    EXPECT_EQ(other(d.file()).execAndGet("PRAGMA journal_mode").getString(), "delete");
}

TEST(DatabaseFile, AFileThatIsNoDatabaseIsCorrupt)
{
    const disk d;
    std::ofstream(d.file().path) << std::string(10'000, 'x');

    EXPECT_EQ(failure_of([&] { const database file(d.file()); }).why, reason::corrupt);
}

TEST(DatabaseFile, AFolderThatIsMissingIsNamed)
{
    const disk d;

    const auto error = failure_of([&] { const database file(d.file("none/history.db")); });

    EXPECT_EQ(error.why, reason::other);
    EXPECT_TRUE(says(error.what(), d.file("none/history.db").path));
}

// ---- what goes wrong later

TEST(DatabaseFile, ADamagedPageIsCorruptAndNothingIsStored)
{
    const disk d;
    {
        database file(d.file());
        open(file, "a");
        fill(file, "a", 1000);
    }
    std::fstream raw(d.file().path, std::ios::in | std::ios::out | std::ios::binary);
    raw.seekp(4096);
    raw << std::string(std::filesystem::file_size(d.file().path) - 4096, '\xee') << std::flush;

    const auto error = failure_of([&] {
        database file(d.file());
        put(file, said("a"));
    });
    EXPECT_EQ(error.why, reason::corrupt);
}

TEST(DatabaseFile, AFileThatSomebodyKeepsLockedIsBusy)
{
    const disk d;
    auto options = d.file();
    options.patience = std::chrono::milliseconds{20};
    database file(options);
    open(file, "a");
    auto locker = other(d.file());
    locker.exec("BEGIN IMMEDIATE");

    EXPECT_EQ(failure_of([&] { put(file, said("a")); }).why, reason::busy);
    EXPECT_EQ(failure_of([&] { open(file, "a"); }).why, reason::busy);
    EXPECT_EQ(all(file, "a"), offsets{}); // reading goes on

    locker.exec("ROLLBACK");
    EXPECT_EQ(put(file, said("a")).offset, 1U);
}

TEST(DatabaseFile, AFullFileStoresNothingOfTheBatch)
{
    const disk d;
    auto options = d.file();
    options.max_bytes = 200'000;
    database file(options);
    open(file, "a");
    put(file, named("a", "one"));
    std::vector<append> batch{named("a", "two"), said("a", std::string(300'000, 'x'))};

    EXPECT_EQ(failure_of([&] { (void)file.commit(batch, at(1000)); }).why, reason::full);
    EXPECT_EQ(all(file, "a"), offsets{1});
    EXPECT_EQ(put(file, said("a")).offset, 2U);
    EXPECT_FALSE(put(file, named("a", "two")).repeat);
}

TEST(DatabaseFile, ABatchThatFailsInItsMiddleLeavesNothing)
{
    const disk d;
    database file(d.file());
    open(file, "a");
    auto stranger = other(d.file());
    stranger.exec("INSERT INTO messages(room, offset, time, sender, number, body) VALUES(1, 2, 0, '', 0, "
                  "'{')"); // where the 2nd is to be

    EXPECT_EQ(failure_of([&] {
                  (void)file.commit(std::vector{named("a", "one"), said("a")}, at(1000));
              }).why,
              reason::other);
    stranger.exec("DELETE FROM messages WHERE offset=2");

    EXPECT_EQ(all(file, "a"), offsets{});
    const auto outcome = put(file, named("a", "one"));
    EXPECT_EQ(outcome.offset, 1U);
    EXPECT_FALSE(outcome.repeat);
}

TEST(DatabaseFile, AFileThatWasReplacedIsNotWrittenTo)
{
    const disk d;
    database file(d.file());
    open(file, "a");
    std::filesystem::rename(d.file().path, d.file("away").path);

    EXPECT_EQ(failure_of([&] { put(file, said("a")); }).why, reason::other);
    EXPECT_TRUE(says(failure_of([&] { (void)all(file, "a"); }).what(), "moved or replaced"));

    std::filesystem::rename(d.file("away").path, d.file().path);
    EXPECT_EQ(put(file, said("a")).offset, 1U);
}

// ---- several at once

TEST(DatabaseFile, WhoTakesOverFencesTheOther)
{
    const disk d;
    database a(d.file()), b(d.file());
    EXPECT_EQ(open(a, "room").at.term, 1U);
    EXPECT_EQ(put(a, said("room")).offset, 1U);

    EXPECT_EQ(open(b, "room", 1).at, (head{.term = 2, .rev = 0, .epoch = "e", .offset = 1}));

    EXPECT_EQ(put(a, said("room")).code, errc::moved);
    EXPECT_EQ(put(b, said("room", "x", 2)).offset, 2U);
    EXPECT_EQ(all(a, "room"), (offsets{1, 2}));
}

TEST(DatabaseFile, NamesAreKnownToTheNextOwnerWhoeverTurnedTheirTables)
{
    constexpr std::uint64_t minute = 60'000;
    const disk d;
    database a(d.file()), b(d.file());
    open(a, "room");
    open(b, "other");
    put(b, said("other"), 101 * minute); // sees the tables as they are
    put(a, named("room", "one"), 100 * minute);
    put(b, said("other"), 111 * minute); // the tables turn
    put(a, named("room", "two"), 112 * minute);
    open(b, "room", 1);

    for (const auto* cid : {"one", "two"}) {
        auto again = named("room", cid);
        again.term = 2;
        EXPECT_TRUE(put(b, again, 113 * minute).repeat) << cid;
    }
}

TEST(DatabaseFile, NamesAreKnownForTenMinutesWhateverOtherProcessesTakeForTheTime)
{
    constexpr std::uint64_t minute = 60'000;
    const disk d;
    database a(d.file()), b(d.file());
    open(a, "room");
    open(b, "other");
    put(a, named("room", "one"), 100 * minute);
    for (std::uint64_t turns = 0; turns < 4; ++turns) {
        put(b, said("other"), 200 * minute);
        put(a, said("room"), 101 * minute);
    }

    EXPECT_TRUE(put(a, named("room", "one"), 109 * minute).repeat);
}

TEST(DatabaseFile, ACopyIsMadeWhileOthersWrite)
{
    const disk d;
    database file(d.file());
    open(file, "a");
    std::jthread writer([&d](const std::stop_token& stop) {
        database mine(d.file());
        open(mine, "b");
        while (!stop.stop_requested())
            (void)mine.commit(std::vector<append>(2, said("b")), at(1000));
    });
    for (int i = 0; i < 10; ++i) {
        fill(file, "a", 3);
        file.backup(d.file("copy").path);

        database copy(d.file("copy"));
        EXPECT_EQ(copy.id(), file.id());
        EXPECT_EQ(all(copy, "a").size(), 3U * static_cast<unsigned>(i + 1));
        const auto written = all(copy, "b");
        EXPECT_EQ(written.size() % 2, 0U);
        EXPECT_EQ(written.size(), open(copy, "b").at.offset);
    }
}

TEST(DatabaseFile, InACopyThatIsPutBackOffsetsGoOnInAFreshEpoch)
{
    const disk d;
    database file(d.file());
    open(file, "a");
    fill(file, "a", 3);

    file.backup(d.file("copy").path);
    fill(file, "a", 2); // which somebody saw, in this very term

    database copy(d.file("copy"));
    const auto opened = open(copy, "a", 0, "new");
    EXPECT_EQ(opened.at.epoch, "new");
    EXPECT_EQ(opened.at.offset, 3U);
    EXPECT_EQ(open(file, "a", 0, "new").at.epoch, "e");
}

TEST(DatabaseFile, IsNotCopiedOntoItself)
{
    const disk d;
    database file(d.file());

    EXPECT_TRUE(says(failure_of([&] { file.backup(d.file().path); }).what(), "is the file"));
}

// ---- being killed

/// Stores messages of room "a", three at a time, and writes the last offset into `pipe` when that is done.
[[noreturn]] void store_until_killed(const database_options& options, int pipe)
{
    database file(options);
    const auto term = open(file, "a").at.term;
    for (std::uint64_t number = 1;; number += 3) {
        std::vector<append> batch;
        for (std::uint64_t i = 0; i < 3; ++i) {
            batch.push_back(numbered("a", number + i, true));
            batch.back().term = term;
            batch.back().sender = std::to_string(term);
        }
        const auto last = file.commit(batch, at(1000)).back().offset;
        if (::write(pipe, &last, sizeof last) != sizeof last)
            ::_exit(1);
    }
}

/// The last offset that a child said it has stored, before it was killed after `reports` of them.
std::uint64_t reported_by_killed(const database_options& options, int reports)
{
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        throw std::runtime_error("no pipe");
    const auto child = ::fork();
    if (child == 0)
        store_until_killed(options, ends[1]);
    ::close(ends[1]);
    std::uint64_t last = 0;
    for (int i = 0; ::read(ends[0], &last, sizeof last) == sizeof last; ++i)
        if (i == reports)
            ::kill(child, SIGKILL);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    return last;
}

TEST(DatabaseFile, WhatWasCommittedSurvivesBeingKilled)
{
    const disk d;
    auto options = d.file();
    for (int round = 0; round < 100; ++round) {
        options.durability = round % 2 == 0 ? durability::os : durability::fsync;
        const auto reported = reported_by_killed(options, 1 + 7 * round % 50);

        database file(options);
        const auto stored = all(file, "a");
        const auto head = open(file, "a").at;
        EXPECT_GE(head.offset, reported);
        EXPECT_GT(reported, 0U);
        EXPECT_EQ(head.offset % 3, 0U); // whole batches
        EXPECT_EQ(head.term, 2U * static_cast<unsigned>(round) + 2);
        ASSERT_EQ(stored.size(), head.offset);
        for (std::size_t i = 0; i < stored.size(); ++i)
            ASSERT_EQ(stored[i], i + 1);
    }
}

} // namespace
} // namespace citron::backend
