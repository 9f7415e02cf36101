// A loop that rests between turns, as pace says.
#pragma once

#include "common/runtime/net.hpp"
#include "common/runtime/pace.hpp"

#include <functional>

namespace citron::runtime {

/// Runs `loop` until it is stopped. A turn is everything that is ready, for one rest at most (at least 2 ms):
/// who works that long does not rest. `take_work` tells what was done since it was last called; without it
/// every turn is one piece.
void run(net::io_context& loop, pace rhythm, const std::function<work()>& take_work = {});

} // namespace citron::runtime
