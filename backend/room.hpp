// PURE. A room on its way to this server, open here, or on its way out.
#pragma once

#include "backend/channel.hpp"
#include "common/protocol/contract.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace citron::backend {

/// An envelope that outlives the bytes it came in.
struct stored_envelope
{
    explicit stored_envelope(const protocol::envelope& e) : bytes(protocol::encode(e)) {}
    /// Borrows from this object.
    [[nodiscard]] protocol::envelope get() const { return protocol::decode(bytes).value(); }

    std::string bytes;
};

/// What an envelope counts for while it waits.
[[nodiscard]] inline std::size_t waiting_size(const protocol::envelope& e)
{
    constexpr std::size_t header = 256;
    return header + e.body.size();
}

/// What a former owner gave us, or what we gave away and keep until the generation is settled.
struct room_baggage
{
    protocol::head at;
    std::uint64_t time = 0; ///< of the last message
    std::vector<protocol::member> members;
    std::vector<protocol::message> messages; ///< stores that are local() only
    std::vector<protocol::handover::answered> answers;
    std::map<protocol::incarnation, instant>
        absent;                      ///< silent connectors of members, and how long these stay
    std::set<std::string> away;      ///< key_of members that were told to move
    std::list<std::string> replaced; ///< key_of sessions whose place others have taken, oldest first
};

struct room
{
    enum class state
    {
        gathering, ///< waits for the generation to settle and for every connector to enroll
        opening,   ///< the store raises its term
        open,
        closing ///< another owns it now: ends what it accepted, then is handed over
    };

    room(std::string rid, channel_port& port, bool several, std::size_t most_members)
        : members(std::move(rid), port, several, most_members)
    {
    }

    state now = state::gathering;
    channel members;
    std::map<std::string, protocol::enrolled_room> enrolled; ///< by connector; while gathering
    room_baggage baggage;                                    ///< from a hand-over; while gathering
    bool handed_over = false;                                ///< baggage is there
    bool served = false;                                     ///< has been open: its members are seated
    std::list<stored_envelope> waiting;                      ///< requests until it is open, in order
    std::size_t waiting_bytes = 0;
    instant active{};          ///< last broadcast: heads are announced for a while
    instant closing{};         ///< since when it is
    std::uint64_t opening = 0; ///< names the take-over that the store was asked for
};

} // namespace citron::backend
