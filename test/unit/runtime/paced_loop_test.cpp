#include "common/runtime/paced_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace citron::runtime {
namespace {

using namespace std::chrono_literals;

TEST(PacedLoop, RunEndsWithTheLoop)
{
    net::io_context loop;
    int done = 0;
    for (int n = 0; n < 100; ++n)
        net::post(loop, [&done] { ++done; });
    run(loop, pace({.rest = 1ms}));
    EXPECT_EQ(done, 100);
}

TEST(PacedLoop, AStoppedLoopLeavesTheRest)
{
    net::io_context loop;
    bool late = false;
    net::post(loop, [&] { loop.stop(); });
    net::post(loop, [&] { late = true; });
    run(loop, pace({.rest = 1ms}));
    EXPECT_FALSE(late);
}

TEST(PacedLoop, ItAsksAfterEveryTurnWhatWasDone)
{
    net::io_context loop;
    int turns = 0, asked = 0;
    std::function<void()> again = [&] {
        if (++turns < 5)
            net::post(loop, again);
    };
    net::post(loop, again);
    run(loop, pace({.rest = 1ms}), [&asked] {
        ++asked;
        return work{.pieces = 1};
    });
    EXPECT_EQ(turns, 5);
    EXPECT_GE(asked, 1);
}

} // namespace
} // namespace citron::runtime
