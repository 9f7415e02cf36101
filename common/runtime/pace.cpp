#include "common/runtime/pace.hpp"

#include <algorithm>
#include <chrono>

namespace citron::runtime {

protocol::duration pace::after_turn(protocol::instant now)
{
    using fraction = std::chrono::duration<double, protocol::duration::period>;
    if (rest_ <= protocol::duration::zero())
        return protocol::duration::zero();
    turns_ = std::min(burst_, turns_ + fraction(now - refilled_) / fraction(rest_)) - 1;
    refilled_ = now;
    if (turns_ >= 0)
        return protocol::duration::zero();
    return std::min(rest_, std::chrono::duration_cast<protocol::duration>(fraction(rest_) * -turns_));
}

} // namespace citron::runtime
