#include "common/runtime/pace.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace citron::runtime {

using protocol::duration;

/// Who owed more than one burst would go on resting long after the work has ended.
void pace::charge(std::size_t pieces, protocol::instant now)
{
    const std::chrono::duration<double> passed = now - charged_;
    charged_ = now;
    left_ = std::min(options_.burst, left_ + options_.free_per_second * passed.count());
    left_ = std::max(-options_.burst, left_ - static_cast<double>(pieces));
}

duration pace::after_turn(work done, protocol::instant now)
{
    if (options_.rest <= duration::zero())
        return duration::zero();
    charge(done.pieces, now);
    if (std::exchange(answers_due_, false))
        return std::clamp(next_ - now, duration::zero(), options_.rest);
    if (left_ >= 0)
        return duration::zero();
    if (!done.asked || options_.short_rest <= duration::zero())
        return options_.rest;
    answers_due_ = true;
    next_ = now + options_.rest;
    return std::min(options_.short_rest, options_.rest);
}

} // namespace citron::runtime
