#include "test/sim/pipe.hpp"

#include <utility>

namespace citron::sim {

pipe::pipe(timeline& clock, dice chance, duration slowness, receiver to)
    : flow_(std::make_shared<flow>(clock, chance, slowness, std::move(to)))
{
}

duration pipe::delay(flow& f)
{
    constexpr duration least{50};
    const auto longest = f.chance.percent(1) ? f.slowness * 10 : f.slowness;
    return f.chance.between(least, std::max(least, longest));
}

void pipe::send(std::string frame)
{
    if (!flow_->open)
        return;
    if (flow_->to_swallow > 0) {
        --flow_->to_swallow;
        return;
    }
    flow_->last = std::max(flow_->last, flow_->clock.now() + delay(*flow_));
    flow_->in_flight.push_back(std::move(frame));
    flow_->clock.at(flow_->last, [f = flow_] {
        if (f->in_flight.empty())
            return; // cut meanwhile
        auto arrived = std::move(f->in_flight.front());
        f->in_flight.pop_front();
        f->to(std::move(arrived));
    });
}

void pipe::cut(std::size_t keep)
{
    flow_->open = false;
    if (flow_->in_flight.size() > keep)
        flow_->in_flight.resize(keep);
}

} // namespace citron::sim
