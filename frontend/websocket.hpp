// The I/O shell of session_service: WebSocket connections, their reads, and one gathered write per turn.
//
// Beast answers the upgrade, over a layer of ours that puts what it writes into the session's outbox; from
// then on a websocket_reader reads. A connection that waits holds no buffer and no stream.
#pragma once

#include "common/protocol/counters.hpp"
#include "common/runtime/net.hpp"
#include "frontend/admission.hpp"
#include "frontend/session_service.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace citron::frontend {

class tls_identity;

struct websocket_options
{
    std::size_t max_message = 2U << 20U; ///< bytes of one WebSocket message; a longer one ends the session
    milliseconds linger{2000};           ///< a closing session is flushed for so long, then cut
    const tls_identity* tls = nullptr;   ///< clients must speak TLS, and are shown this; outlives all
};

struct connection_table;

/// All WebSocket connections of this process.
class websockets
{
public:
    /// `turn` is called after each message that came in: flush_dirty must be called soon, once for many.
    websockets(session_service& sessions, websocket_options options, protocol::counters& counters,
               std::function<void()> turn);
    ~websockets(); ///< cut_all(); nothing of what was handed in is used any more
    websockets(const websockets&) = delete;
    websockets& operator=(const websockets&) = delete;

    /// Who may connect from now on; whoever is here and may not any more is kicked, "abuse". At first
    /// everybody may.
    void admit(admission door);
    /// False: it comes from an address that may not connect; counted. A proxy may: its clients are judged.
    [[nodiscard]] bool admits(const net::ip::tcp::socket& socket);
    /// A connection whose client now has to ask for the upgrade. One that is not admitted is closed; too many
    /// sessions: it is answered 503, of one address: 429 (neither where TLS would have to be spoken first).
    void take(net::ip::tcp::socket socket);
    /// At the end of every turn: writes what sessions have queued, each with as few system calls as possible.
    void flush_dirty();
    /// Every 100 ms or so: cuts closing sessions whose peer does not take its last bytes, reads on where it
    /// paused.
    void on_tick(instant now);
    /// Closes all sockets at once.
    void cut_all();
    [[nodiscard]] std::size_t size() const;

private:
    void carry(net::ip::tcp::socket socket, session& s, const protocol::ip_address& from);

    std::shared_ptr<connection_table> table_; ///< shared with the connections' coroutines
};

} // namespace citron::frontend
