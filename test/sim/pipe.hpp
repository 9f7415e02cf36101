// One direction of a TCP stream: frames arrive in order, each after a delay of its own; a cut loses the tail.
#pragma once

#include "test/sim/dice.hpp"
#include "test/sim/timeline.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace citron::sim {

class pipe
{
public:
    using receiver = std::function<void(std::string&&)>;

    /// `slowness` is the longest usual delay; one frame in a hundred takes up to ten times as long.
    pipe(timeline& clock, dice chance, duration slowness, receiver to);

    void send(std::string frame);
    /// The next `count` frames that are sent never arrive; what follows does.
    void swallow(std::size_t count) { flow_->to_swallow = count; }
    /// Nothing can be sent any more, and of what is in flight only the first `keep` frames still arrive.
    void cut(std::size_t keep);
    /// As cut, with a random part of what is in flight.
    void tear() { cut(flow_->chance.below(flow_->in_flight.size() + 1)); }
    /// When the last frame in flight will have arrived; never in the past.
    [[nodiscard]] instant empty_at() const { return std::max(flow_->last, flow_->clock.now()); }

private:
    struct flow // outlives the pipe as long as frames are in flight
    {
        timeline& clock;
        dice chance;
        duration slowness;
        receiver to;
        std::deque<std::string> in_flight = {};
        instant last = {};
        bool open = true;
        std::size_t to_swallow = 0;
    };
    [[nodiscard]] static duration delay(flow& f);

    std::shared_ptr<flow> flow_;
};

} // namespace citron::sim
