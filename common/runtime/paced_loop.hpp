// A loop that rests between turns, as pace says.
#pragma once

#include "common/runtime/net.hpp"
#include "common/runtime/pace.hpp"

namespace citron::runtime {

/// Runs `loop` until it is stopped. A turn is everything that is ready, for one rest at most (at least 2 ms):
/// who works that long does not rest.
void run(net::io_context& loop, pace rhythm);

} // namespace citron::runtime
