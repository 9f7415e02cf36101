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
    if (flow_->scrambled == 0)
        return put(flow_, std::move(frame));
    put_scrambled(flow_, std::move(frame));
}

void pipe::put(const std::shared_ptr<flow>& f, std::string frame)
{
    f->last = std::max(f->last, f->clock.now() + delay(*f));
    f->in_flight.push_back(std::move(frame));
    f->clock.at(f->last, [f] { arrive(f); });
}

/// Each of these events delivers whatever is in front by then.
void pipe::arrive(const std::shared_ptr<flow>& f)
{
    if (f->in_flight.empty())
        return; // cut meanwhile
    if (f->clock.now() < f->stalled_until)
        return f->clock.at(f->stalled_until, [f] { arrive(f); });
    auto arrived = std::move(f->in_flight.front());
    f->in_flight.pop_front();
    f->to(std::move(arrived));
}

void pipe::put_scrambled(const std::shared_ptr<flow>& f, std::string frame)
{
    constexpr std::size_t window = 4;
    f->recent.push_back(frame);
    if (f->recent.size() > window)
        f->recent.pop_front();
    if (auto before = std::exchange(f->held, std::nullopt)) {
        put(f, std::move(frame));
        return put(f, std::move(*before));
    }
    if (!f->chance.percent(f->scrambled))
        return put(f, std::move(frame));
    if (f->chance.percent(50)) {
        f->held = std::move(frame); // beats follow at the latest
        return;
    }
    put(f, std::move(frame));
    put(f, f->recent[f->chance.below(f->recent.size())]);
}

void pipe::stall(instant end)
{
    flow_->stalled_until = std::max(flow_->stalled_until, end);
    flow_->last = std::max(flow_->last, flow_->stalled_until);
}

bool pipe::full() const
{
    constexpr std::size_t buffers = 16U << 10U; // bytes
    if (flow_->clock.now() >= flow_->stalled_until)
        return false;
    std::size_t bytes = 0;
    for (const auto& frame : flow_->in_flight)
        bytes += frame.size();
    return bytes > buffers;
}

void pipe::cut(std::size_t keep)
{
    flow_->open = false;
    flow_->held.reset();
    if (flow_->in_flight.size() > keep)
        flow_->in_flight.resize(keep);
}

} // namespace citron::sim
