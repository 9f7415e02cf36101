// PURE. What became of a frame that was to be sent.
#pragma once

namespace citron::cluster {

enum class send_result
{
    sent,
    full,        ///< nobody there yet, or its queue is full: try again when on_turn comes
    unreachable, ///< router: no such identity
    too_large,   ///< beyond max_frame: the other side would cut the line
};

} // namespace citron::cluster
