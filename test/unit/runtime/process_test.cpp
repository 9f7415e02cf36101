#include "common/runtime/config.hpp"
#include "common/runtime/lifecycle.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"
#include "common/runtime/stats.hpp"

#include "test/unit/runtime/conf_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <iterator>

namespace citron::runtime {
namespace {

using namespace std::chrono_literals;

std::string read(const std::filesystem::path& path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Stats, TellsCountersGaugesAndTheProcess)
{
    protocol::counters counters;
    counters.at("link.lost") = 3;
    stats s("chat-server-1", protocol::server_kind::chat, counters);
    std::uint64_t rooms = 1;
    s.gauge("rooms.open", [&] { return rooms; });
    rooms = 7;

    const auto all = nlohmann::json::parse(s.json());

    EXPECT_EQ(all.at("id"), "chat-server-1");
    EXPECT_EQ(all.at("kind"), "chat");
    EXPECT_EQ(all.at("pid"), ::getpid());
    EXPECT_EQ(all.at("link.lost"), 3);
    EXPECT_EQ(all.at("rooms.open"), 7);
    EXPECT_GT(all.at("rss_bytes"), 100'000);
    EXPECT_GE(all.at("uptime_ms"), 0);
}

TEST(Log, GoesToTheFileOfTheServerOneLinePerEvent)
{
    const test::conf_folder folder;
    testing::internal::CaptureStderr();
    log::start("chat-server-1", folder.root);

    log::debug("not.shown");
    log::info("session.closed sid={} name={}", 7, log::printable("a\nb"));
    log::stop();

    const auto file = read(folder.root / "logs" / "chat-server-1.log");
    EXPECT_EQ(file, testing::internal::GetCapturedStderr());
    EXPECT_TRUE(file.ends_with(" I chat-server-1 session.closed sid=7 name=a\\u000ab\n")) << file;
    EXPECT_EQ(std::ranges::count(file, '\n'), 1);
}

TEST(Log, AFolderThatCannotBeMadeIsToldClearly)
{
    const test::conf_folder folder;
    folder.write("file", "");

    try {
        log::start("x", folder.conf / "file");
        FAIL();
    } catch (const config_error& error) {
        EXPECT_TRUE(std::string(error.what())
                        .starts_with((folder.conf / "file/logs/x.log: cannot be written").string()))
            << error.what();
    }
}

TEST(Spawn, WhatATaskThrowsIsLoggedWithItsName)
{
    net::io_context loop;
    const auto task = []() -> net::awaitable<void> {
        throw std::runtime_error("on\npurpose");
        co_return;
    };
    testing::internal::CaptureStderr();

    spawn(loop.get_executor(), "writer", task());
    loop.run();

    EXPECT_TRUE(testing::internal::GetCapturedStderr().ends_with("writer failed: on\\u000apurpose\n"));
}

TEST(Lifecycle, StopsOnceAndThenNothingHoldsTheLoop)
{
    net::io_context loop;
    int stops = 0;
    lifecycle life(loop, 10s, [&] {
        ++stops;
        life.done();
    });

    life.begin();
    life.begin();
    loop.run();

    EXPECT_EQ(stops, 1);
    EXPECT_TRUE(life.stopping());
}

TEST(Lifecycle, SigtermStops)
{
    testing::internal::CaptureStderr();
    net::io_context loop;
    int stops = 0;
    lifecycle life(loop, 10s, [&] {
        ++stops;
        life.done();
    });
    loop.poll();

    std::raise(SIGTERM);
    loop.run();

    EXPECT_EQ(stops, 1);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("process.stopping signal=15"), std::string::npos);
}

TEST(Lifecycle, ASignalOfTheOtherKindIsNoSecondOne)
{
    net::io_context loop;
    int stops = 0;
    lifecycle life(loop, 10s, [&] { ++stops; });
    loop.poll();

    std::raise(SIGINT);
    std::raise(SIGTERM);
    loop.poll();
    life.done();
    loop.run();

    EXPECT_EQ(stops, 1);
}

TEST(Lifecycle, EachSighupReloadsAndNoneStops)
{
    net::io_context loop;
    int stops = 0, reloads = 0;
    lifecycle life(
        loop, 10s, [&] { ++stops; },
        [&] {
            if (++reloads == 1)
                throw std::runtime_error("unreadable");
        });
    loop.poll();
    testing::internal::CaptureStderr();

    for (int i = 0; i < 2; ++i) {
        std::raise(SIGHUP);
        loop.poll();
    }
    life.done();
    loop.run();

    EXPECT_EQ(reloads, 2);
    EXPECT_EQ(stops, 0);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("reload failed: unreadable"), std::string::npos);
}

TEST(Lifecycle, SighupHarmsNobodyWhoHasNothingToReload)
{
    net::io_context loop;
    lifecycle life(loop, 10s, [] {});
    loop.poll();

    std::raise(SIGHUP);
    loop.poll();

    EXPECT_FALSE(life.stopping());
    life.done();
    loop.run();
}

/// The whole process is the subject: it runs in a child.
void stop_late(int signals)
{
    net::io_context loop;
    lifecycle life(loop, 1ms, [] {});
    loop.poll();
    for (int i = 0; i < signals; ++i) {
        std::raise(SIGTERM);
        loop.poll();
    }
    loop.run();
}

TEST(LifecycleDeathTest, EndsByItselfWhenDrainingTakesTooLong)
{
    EXPECT_EXIT(stop_late(1), testing::ExitedWithCode(1), "process.stop_timed_out");
}

TEST(LifecycleDeathTest, ASecondSignalEndsAtOnce)
{
    EXPECT_EXIT(stop_late(2), testing::KilledBySignal(SIGTERM), "");
}

TEST(LifecycleDeathTest, GiveUpSaysWhyAndEndsWithTwo)
{
    EXPECT_EXIT(give_up("no\nway"), testing::ExitedWithCode(2), "no.u000away");
}

} // namespace
} // namespace citron::runtime
