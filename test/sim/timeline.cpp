#include "test/sim/timeline.hpp"

#include <algorithm>

namespace citron::sim {

void timeline::at(instant when, event what)
{
    heap_.push_back({std::max(when, now_), made_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end());
}

void timeline::run_until(instant end)
{
    while (!heap_.empty() && heap_.front().when <= end) {
        std::pop_heap(heap_.begin(), heap_.end());
        const auto due = std::move(heap_.back());
        heap_.pop_back();
        now_ = due.when;
        due.what();
    }
    now_ = end;
}

} // namespace citron::sim
