// One direction of a TCP stream: frames arrive in order, each after a delay of its own; a cut loses the tail.
// A stall delays everything; only a stream that is scrambled on purpose repeats or reorders.
#pragma once

#include "test/sim/dice.hpp"
#include "test/sim/timeline.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace citron::sim {

class pipe
{
public:
    using receiver = std::function<void(std::string&&)>;

    /// `slowness` is the longest usual delay; one frame in a hundred takes up to ten times as long.
    pipe(timeline& clock, dice chance, duration slowness, receiver to);

    void send(std::string frame);
    /// Nothing arrives before `end`; nothing is lost by that alone.
    void stall(instant end);
    /// From now on so many of a hundred frames come twice, again, or after the one that follows them.
    void scramble(unsigned percent) { flow_->scrambled = percent; }
    /// The next `count` frames that are sent never arrive; what follows does.
    void swallow(std::size_t count) { flow_->to_swallow = count; }
    /// In a stall: the buffers on the way have no room for more.
    [[nodiscard]] bool full() const;
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
        instant stalled_until = {};
        unsigned scrambled = 0;               ///< per cent
        std::deque<std::string> recent = {};  ///< if scrambled: what may come again
        std::optional<std::string> held = {}; ///< if scrambled: comes after the next one
        std::size_t to_swallow = 0;
    };
    [[nodiscard]] static duration delay(flow& f);
    static void put(const std::shared_ptr<flow>& f, std::string frame);
    static void arrive(const std::shared_ptr<flow>& f);
    static void put_scrambled(const std::shared_ptr<flow>& f, std::string frame);

    std::shared_ptr<flow> flow_;
};

} // namespace citron::sim
