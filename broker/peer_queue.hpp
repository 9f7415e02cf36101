// PURE. Frames that one socket or topic has not taken yet: first in, first out, bounded in bytes.
#pragma once

#include "common/protocol/frame.hpp"

#include <cstddef>
#include <deque>
#include <utility>

namespace citron::broker {

class peer_queue
{
public:
    explicit peer_queue(std::size_t limit) : limit_(limit) {}

    /// False when it is full: the frame is not queued, and the peer must be cut off, because a hole in its
    /// stream could not be seen otherwise. An empty queue takes a frame of any size.
    [[nodiscard]] bool push(protocol::frame bytes);
    /// Precondition of front and pop: not empty.
    [[nodiscard]] const protocol::frame& front() const { return frames_.front(); }
    void pop();
    [[nodiscard]] bool empty() const { return frames_.empty(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// Everything that waits, in order; the queue is empty afterwards.
    [[nodiscard]] std::deque<protocol::frame> take_all();

private:
    std::size_t limit_;
    std::size_t bytes_ = 0;
    std::deque<protocol::frame> frames_;
};

} // namespace citron::broker
