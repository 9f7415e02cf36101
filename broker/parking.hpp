// PURE. Frames on their way to many sockets or topics: sent at once, or kept in order until there is room.
#pragma once

#include "broker/peer_queue.hpp"
#include "common/cluster/send_result.hpp"
#include "common/protocol/frame.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace citron::broker {

class parking
{
public:
    using transmit = std::function<cluster::send_result(std::string_view whom, std::string_view bytes)>;

    /// `limit`: bytes kept for each.
    parking(transmit send, std::size_t limit) : transmit_(std::move(send)), limit_(limit) {}

    enum class outcome
    {
        sent,
        parked,
        unreachable, ///< nobody there: not kept
        overflow,    ///< its queue is full: not kept
    };
    [[nodiscard]] outcome send(std::string_view whom, const protocol::frame& bytes);

    /// Tries everybody again; returns those who are not there any more, whose frames stay until drop().
    [[nodiscard]] std::vector<std::string> retry();
    /// What was kept for `whom`, which is forgotten.
    [[nodiscard]] std::deque<protocol::frame> drop(std::string_view whom);

    [[nodiscard]] std::size_t bytes() const;

private:
    [[nodiscard]] bool flush(std::string_view whom, peer_queue& queue);

    transmit transmit_;
    std::size_t limit_;
    std::map<std::string, peer_queue, std::less<>> queues_; ///< none is empty
};

} // namespace citron::broker
