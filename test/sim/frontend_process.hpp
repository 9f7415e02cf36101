// A server that clients connect to: their sockets, and the WebSockets that they speak.
#pragma once

#include "frontend/drain.hpp"
#include "frontend/session_service.hpp"
#include "frontend/websocket_reader.hpp"
#include "test/sim/peer_process.hpp"
#include "test/sim/socket.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace citron::sim {

class frontend_process : public peer_process
{
public:
    using peer_process::peer_process;

    /// As SIGTERM: tells its clients to move, spread over `span`, and ends when they have, or time is up.
    void leave(duration span);
    [[nodiscard]] bool leaving() const { return running() && drain_.has_value(); }
    [[nodiscard]] std::uint64_t left_life() const { return left_life_; } ///< the last that was told to
    /// It listens; the kernel refuses who dials otherwise.
    [[nodiscard]] bool door_open() const { return running() && !door_closed_; }
    /// The kernel has accepted it; the process has not yet.
    void dialled(socket& s) { dialled_.insert(&s); }

    // ---- from sockets, within a turn
    void accept(socket& s);
    void read(socket& s, std::string bytes);
    void closed(socket& s);

protected:
    void halt() override;
    void carry_out() override;
    /// To be called with each tick.
    void go_on_leaving();
    [[nodiscard]] virtual frontend::session_service& sessions() = 0;

private:
    /// Whole messages to the sessions, and what the WebSocket itself has to say.
    void take(protocol::session_id who, std::string bytes);
    void control(protocol::session_id who, const protocol::frame& f);
    void flush(protocol::session_id id);
    void forget(protocol::session_id id);
    void finish();

    std::optional<frontend::drain> drain_; ///< once it is leaving
    bool door_closed_ = false;
    std::uint64_t left_life_ = 0;
    std::map<protocol::session_id, socket*> sockets_;
    std::map<protocol::session_id, frontend::websocket_reader> readers_;
    std::map<protocol::session_id, protocol::instant> next_read_;
    std::map<const socket*, protocol::session_id> ids_;
    std::set<socket*> dialled_;
};

} // namespace citron::sim
