#include "common/runtime/paced_loop.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace citron::runtime {
namespace {

using clock = std::chrono::steady_clock;

constexpr protocol::milliseconds shortest_limit{2}; // of a turn
constexpr int glance = 64;                          // handlers between two looks at the clock

/// False when the loop has ended.
bool turn(net::io_context& loop, protocol::duration longest)
{
    if (loop.run_one() == 0)
        return false;
    const auto end = clock::now() + longest;
    for (int n = 1; loop.poll_one() > 0; ++n)
        if (n % glance == 0 && clock::now() >= end)
            break;
    return true;
}

} // namespace

void run(net::io_context& loop, pace rhythm, const std::function<work()>& take_work)
{
    const auto longest = std::max<protocol::duration>(shortest_limit, rhythm.options().rest);
    while (turn(loop, longest)) {
        const auto rest = rhythm.after_turn(take_work ? take_work() : work{}, clock::now());
        if (rest > protocol::duration::zero() && !loop.stopped())
            std::this_thread::sleep_for(rest);
    }
}

} // namespace citron::runtime
