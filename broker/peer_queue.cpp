#include "broker/peer_queue.hpp"

namespace citron::broker {

bool peer_queue::push(protocol::frame bytes)
{
    if (!frames_.empty() && bytes_ + bytes.size() > limit_)
        return false;
    bytes_ += bytes.size();
    frames_.push_back(std::move(bytes));
    return true;
}

void peer_queue::pop()
{
    bytes_ -= frames_.front().size();
    frames_.pop_front();
}

std::deque<protocol::frame> peer_queue::take_all()
{
    bytes_ = 0;
    return std::exchange(frames_, {});
}

} // namespace citron::broker
