// PURE. What a switchboard has decided, on its way: each frame is sent, parked until there is room, or
// reported back as undeliverable; whose queue is full is cut off.
#pragma once

#include "broker/parking.hpp"
#include "broker/switchboard.hpp"
#include "common/protocol/counters.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace citron::broker {

class outgoing
{
public:
    /// `board` and `counters` must outlive this. `send`: to a socket by its identity; `publish`: to a topic.
    /// `limit`: bytes parked for each.
    outgoing(switchboard& board, parking::transmit send, parking::transmit publish, std::size_t limit,
             protocol::counters& counters);

    /// Tries again what is parked, then everything that was decided, until nothing comes of it any more.
    void carry_out(instant now);
    [[nodiscard]] std::size_t parked_bytes() const { return requests_.bytes() + broadcasts_.bytes(); }

private:
    using overflow = void (switchboard::*)(std::string_view whom, instant now);

    void send(parking& by, std::string_view whom, const protocol::frame& bytes, overflow told, instant now);
    void retry(parking& by, instant now);
    void abandon(parking& from, std::string_view whom, instant now);

    switchboard& board_;
    parking requests_, broadcasts_;
    std::vector<delivery> deliveries_; ///< of this turn
    std::vector<publication> publications_;
    std::uint64_t& parked_;
};

} // namespace citron::broker
