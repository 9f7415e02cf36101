// PURE. Rooms on their way to their next owners: in parts, a window of bytes at a time, until each has said
// that it has the room. What was taken is kept all the same until the generation is settled.
#pragma once

#include "backend/room.hpp"
#include "common/cluster/rpc.hpp"
#include "common/protocol/counters.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace citron::backend {

struct handover_options
{
    std::size_t part_bytes = 1U << 20U;   ///< of one part; a single message may be larger
    std::size_t window_bytes = 8U << 20U; ///< on the way and not answered yet: beats and answers pass between
    std::size_t part_overhead = 1'024;    ///< counted for each part besides: many small ones are a flood too
    milliseconds try_for{3'000};          ///< deadline of one part
    milliseconds retry{200};              ///< pause after a part that did not arrive
};

class handovers
{
public:
    handovers(handover_options options, cluster::rpc& rpc, protocol::counters& counters);

    /// `generation`: the one that takes the room away from us.
    void add(const std::string& rid, room_baggage baggage, std::uint64_t generation);
    /// Sends what the window allows. At the end of every turn while the line is up.
    void pump(instant now);
    /// The next owners have all of it.
    [[nodiscard]] bool all_taken() const { return untaken_ == 0; }
    /// Everything back: the owners have changed again.
    [[nodiscard]] std::map<std::string, room_baggage> take_back();
    /// The generation is settled: nobody will want it back.
    void clear();
    [[nodiscard]] std::size_t size() const { return rooms_.size(); }

private:
    struct parcel
    {
        room_baggage baggage;
        std::uint64_t generation = 0;
        std::uint64_t series = 0; ///< a series that did not arrive whole is followed by another
        std::uint32_t part = 0;   ///< the next one
        std::size_t messages = 0, members = 0, answers = 0, away = 0; ///< packed so far
        bool sent = false, taken = false;
    };

    void begin_series(const std::string& rid, parcel& p);
    void send_part(const std::string& rid, parcel& p, instant now);
    [[nodiscard]] protocol::handover pack(parcel& p, instant now) const;
    void on_answer(const std::string& rid, std::uint64_t series, std::size_t size, bool last,
                   const cluster::answer& a, instant now);

    handover_options options_;
    cluster::rpc& rpc_;
    std::map<std::string, parcel> rooms_;
    /// Rooms with parts to send; may name some twice or in vain. Where nobody is waits for the others.
    std::deque<std::string> queue_, resting_;
    std::uint64_t next_series_ = 1;
    std::size_t in_flight_ = 0, untaken_ = 0;
    instant paused_until_{};
    std::uint64_t &parts_, &repeats_;
};

} // namespace citron::backend
