#include "broker/parking.hpp"

namespace citron::broker {

using cluster::send_result;

parking::outcome parking::send(std::string_view whom, const protocol::frame& bytes)
{
    auto queue = queues_.find(whom);
    if (queue == queues_.end()) {
        const auto sent = transmit_(whom, bytes.view());
        if (sent == send_result::sent)
            return outcome::sent;
        if (sent != send_result::full)
            return outcome::unreachable;
        queue = queues_.try_emplace(std::string(whom), limit_).first;
    }
    return queue->second.push(bytes) ? outcome::parked : outcome::overflow;
}

std::vector<std::string> parking::retry()
{
    std::vector<std::string> gone;
    for (auto it = queues_.begin(); it != queues_.end();) {
        const auto here = it++;
        if (!flush(here->first, here->second))
            gone.push_back(here->first);
        else if (here->second.empty())
            queues_.erase(here);
    }
    return gone;
}

/// False when nobody is there.
bool parking::flush(std::string_view whom, peer_queue& queue)
{
    while (!queue.empty()) {
        const auto sent = transmit_(whom, queue.front().view());
        if (sent == send_result::full)
            return true;
        if (sent != send_result::sent)
            return false;
        queue.pop();
    }
    return true;
}

std::deque<protocol::frame> parking::drop(std::string_view whom)
{
    const auto found = queues_.find(whom);
    if (found == queues_.end())
        return {};
    auto kept = found->second.take_all();
    queues_.erase(found);
    return kept;
}

std::size_t parking::bytes() const
{
    std::size_t sum = 0;
    for (const auto& [whom, queue] : queues_)
        sum += queue.bytes();
    return sum;
}

} // namespace citron::broker
