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
    run(loop, pace(1ms));
    EXPECT_EQ(done, 100);
}

TEST(PacedLoop, AStoppedLoopLeavesTheRest)
{
    net::io_context loop;
    bool late = false;
    net::post(loop, [&] { loop.stop(); });
    net::post(loop, [&] { late = true; });
    run(loop, pace(1ms));
    EXPECT_FALSE(late);
}

} // namespace
} // namespace citron::runtime
