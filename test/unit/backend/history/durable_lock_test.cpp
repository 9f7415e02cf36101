// A process that stands still in the middle of a commit, and what the others may do about it.
#include "backend/history/durable_store.hpp"
#include "backend/history/lock_holder.hpp"
#include "test/unit/backend/history/disk.hpp"

#include <SQLiteCpp/Database.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>

namespace citron::backend {
namespace {

using namespace test;

/// A child that has begun to write - or does what else it is told -, and goes no further until it is killed.
class frozen
{
public:
    explicit frozen(const std::string& path, const std::vector<std::string>& doing = {"BEGIN IMMEDIATE"})
    {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        pid = ::fork();
        if (pid == 0) {
            SQLite::Database file(path, SQLite::OPEN_READWRITE);
            for (const auto& one : doing)
                file.exec(one);
            (void)!::write(ready[1], "x", 1);
            for (;;)
                ::pause();
        }
        char byte = 0;
        EXPECT_EQ(::read(ready[0], &byte, 1), 1);
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~frozen()
    {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    frozen(const frozen&) = delete;
    frozen& operator=(const frozen&) = delete;

    pid_t pid = 0;
};

/// In the middle of a read.
const std::vector<std::string> reading{"BEGIN", "SELECT count(*) FROM rooms"};

struct DurableLock : testing::Test
{
    disk d;
    std::string path = d.file().path;
};

TEST_F(DurableLock, ItsHolderIsKnownByItsPid)
{
    const database file(d.file());
    lock_holder holder(path);
    EXPECT_EQ(holder.find(), 0);
    {
        const frozen other(path);
        EXPECT_EQ(holder.find(), other.pid);
    }
    EXPECT_EQ(holder.find(), 0);
}

TEST_F(DurableLock, ItsHolderIsKnownAlsoBehindASymbolicLink)
{
    std::filesystem::create_directory(d.root / "elsewhere");
    const auto real = d.file("elsewhere/real.db");
    {
        const database made(real);
    }
    std::filesystem::create_symlink(real.path, path);
    const database file(d.file());
    lock_holder holder(path);

    const frozen other(path);
    EXPECT_EQ(holder.find(), other.pid);
}

TEST_F(DurableLock, WhoReadsIsKnownByItsPid)
{
    database file(d.file());
    (void)open(file, "a"); // else there is nothing in the log to be read
    lock_holder holder(path);
    EXPECT_EQ(holder.find_readers(), std::vector<pid_t>{});
    {
        const frozen other(path, reading);
        EXPECT_EQ(holder.find_readers(), std::vector{other.pid});
        EXPECT_EQ(holder.find(), 0);
    }
    EXPECT_EQ(holder.find_readers(), std::vector<pid_t>{});
}

TEST_F(DurableLock, LookingForItsHolderDropsNoLockOfOurs)
{
    database file(d.file());
    (void)open(file, "a");
    lock_holder holder(path);
    SQLite::Database own(path, SQLite::OPEN_READWRITE);
    own.exec("BEGIN IMMEDIATE");
    EXPECT_EQ(holder.find(), 0) << "it is ours";

    const auto child = ::fork();
    if (child == 0) {
        try {
            SQLite::Database other(path, SQLite::OPEN_READWRITE);
            other.exec("BEGIN IMMEDIATE");
        } catch (const SQLite::Exception&) {
            ::_exit(7);
        }
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 7) << "another process must still find it locked";
}

TEST_F(DurableLock, AProcessIsEndedOnlyIfItIsStillThatOne)
{
    const database file(d.file());
    const frozen other(path);
    const auto who = process_of(static_cast<std::uint64_t>(other.pid));
    EXPECT_NE(who.started, 0U);

    EXPECT_FALSE(end_process({who.pid, who.started + 1}));
    EXPECT_FALSE(end_process({who.pid, 0}));
    EXPECT_EQ(::kill(other.pid, 0), 0);

    EXPECT_TRUE(end_process(who));
    int status = 0;
    ASSERT_EQ(::waitpid(other.pid, &status, 0), other.pid);
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    EXPECT_EQ(process_of(who.pid).started, 0U);
}

TEST_F(DurableLock, WhoeverWaitsForItIsToldWhoHoldsIt)
{
    net::io_context loop;
    protocol::counters counters;
    std::vector<std::uint64_t> told;
    const auto end_it = [&](std::uint64_t pid) {
        told.push_back(pid);
        EXPECT_TRUE(end_process(process_of(pid)));
    };
    durable_store history(loop, {.file = d.file(), .blocked_by = end_it}, counters, [] {});
    history.take_over({{"a", 0, 0, "e"}}, [](const auto&) {});
    loop.run();

    const frozen other(path);
    std::optional<append_outcome> outcome;
    history.submit({said("a")}, [&](const auto& o) { outcome = o.at(0); });
    loop.restart();
    loop.run();

    EXPECT_EQ(told, std::vector{static_cast<std::uint64_t>(other.pid)});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->code, errc::ok);
}

TEST_F(DurableLock, WhoeverHasWaitedInVainIsInAHurryUntilItIsFree)
{
    net::io_context loop;
    protocol::counters counters;
    std::size_t told = 0;
    bool end_it = false;
    auto options = d.file();
    options.patience = std::chrono::milliseconds{1'500};
    durable_store history(loop,
                          {.file = options,
                           .blocked_by =
                               [&](std::uint64_t pid) {
                                   ++told;
                                   EXPECT_TRUE(!end_it || end_process(process_of(pid)));
                               }},
                          counters, [] {});
    history.take_over({{"a", 0, 0, "e"}}, [](const auto&) {});
    loop.run();
    const auto put = [&] {
        errc got{};
        history.submit({said("a")}, [&](const auto& o) { got = o.at(0).code; });
        loop.restart();
        loop.run();
        return got;
    };
    {
        const frozen other(path);
        EXPECT_EQ(put(), errc::unavailable);
        const auto before = told;
        EXPECT_EQ(put(), errc::unavailable);
        EXPECT_EQ(told, before + 1) << "it is told of each time";
    }
    EXPECT_EQ(put(), errc::ok);

    const frozen other(path);
    end_it = true;
    EXPECT_EQ(put(), errc::ok) << "it waits as long as before, and is told of the other meanwhile";
}

TEST_F(DurableLock, WhoKeepsALongLogFromBeginningAnewIsTold)
{
    net::io_context loop;
    protocol::counters counters;
    std::vector<std::uint64_t> told;
    auto options = d.file();
    options.log_pages = 50;
    durable_store history(loop,
                          {.file = options, .blocked_by = [&](std::uint64_t pid) { told.push_back(pid); }},
                          counters, [] {});
    history.take_over({{"a", 0, 0, "e"}}, [](const auto&) {});
    loop.run();
    const auto put_until = [&](const std::string& counter) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (counters.at(counter) == 0 && std::chrono::steady_clock::now() < patience) {
            history.submit({said("a")}, [](const auto& o) { EXPECT_EQ(o.at(0).code, errc::ok); });
            loop.restart();
            loop.run();
        }
    };
    const auto size = [this] { return std::filesystem::file_size(path + "-wal"); };
    {
        const frozen other(path, reading);
        put_until("store.log_blocked");
        EXPECT_EQ(told, std::vector{static_cast<std::uint64_t>(other.pid)});
        EXPECT_EQ(counters.at("store.log_restarts"), 0U);
    }
    put_until("store.log_restarts");
    EXPECT_EQ(counters.at("store.log_blocked"), 1U);

    const auto most = size();
    for (int i = 0; i < 200; ++i) {
        history.submit({said("a")}, [](const auto& o) { EXPECT_EQ(o.at(0).code, errc::ok); });
        loop.restart();
        loop.run();
    }
    EXPECT_LE(size(), most + 100 * 4'096U);
}

} // namespace
} // namespace citron::backend
