// PURE. One client of a frontend, as the protocol sees it; the socket is the shell's.
#pragma once

#include "common/protocol/types.hpp"
#include "frontend/outbox.hpp"
#include "frontend/session_guard.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace citron::frontend {

using protocol::instant;
using protocol::milliseconds;
using protocol::session_id;

/// Pomelo's states of a connection.
enum class phase : std::uint8_t
{
    inited,   ///< nothing received yet
    wait_ack, ///< handshake answered
    working,  ///< requests are served
    closing   ///< the last bytes are queued; nothing more is read or queued
};

class connection; // of the shell
struct grant;

struct session
{
    session(session_id number, std::size_t outbox_limit, outbox_memory& memory)
        : id(number), out(outbox_limit, memory)
    {
    }

    session_id id;
    phase state = phase::inited;
    bool dirty = false;            ///< already on the list of sessions to flush
    bool moving = false;           ///< ended by send_away: comes back by another server, presumably
    connection* carrier = nullptr; ///< whose outbox this is; nothing to a PURE class
    std::shared_ptr<const frontend::grant> grant; ///< of the token that it entered with; nullptr: none
    outbox out;
    instant opened{};
    instant heard{};           ///< last data from the client
    std::size_t in_flight = 0; ///< requests not answered yet
    std::size_t in_flight_bytes = 0;
    std::unique_ptr<session_guard> guard; ///< the gatekeeper's; none where nothing is limited
};

} // namespace citron::frontend
