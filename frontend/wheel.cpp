#include "frontend/wheel.hpp"

#include <algorithm>
#include <utility>

namespace citron::frontend {

wheel::wheel(protocol::milliseconds longest, protocol::milliseconds step)
    : step_(std::max(step, protocol::milliseconds(1))), slots_(static_cast<std::size_t>(longest / step_) + 2)
{
}

void wheel::add(protocol::session_id id, protocol::instant due, protocol::instant now)
{
    if (!std::exchange(started_, true))
        passed_ = tick_of(now);
    const auto size = static_cast<std::int64_t>(slots_.size());
    const auto tick = std::clamp(tick_of(due) + 1, passed_ + 1, passed_ + size);
    slots_[static_cast<std::size_t>(tick % size)].push_back(id);
}

std::vector<protocol::session_id> wheel::take_due(protocol::instant now)
{
    std::vector<protocol::session_id> due;
    if (!started_)
        return due;
    const auto size = static_cast<std::int64_t>(slots_.size());
    const auto until = tick_of(now);
    for (auto tick = std::max(passed_ + 1, until - size + 1); tick <= until; ++tick) {
        auto& slot = slots_[static_cast<std::size_t>(tick % size)];
        due.insert(due.end(), slot.begin(), slot.end());
        slot = {};
    }
    passed_ = std::max(passed_, until);
    return due;
}

} // namespace citron::frontend
