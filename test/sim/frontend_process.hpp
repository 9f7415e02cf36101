// A server that clients connect to: their sockets, and the WebSockets that they speak.
#pragma once

#include "frontend/session_service.hpp"
#include "frontend/websocket_reader.hpp"
#include "test/sim/peer_process.hpp"
#include "test/sim/socket.hpp"

#include <map>
#include <set>
#include <string>

namespace citron::sim {

class frontend_process : public peer_process
{
public:
    using peer_process::peer_process;

    /// The kernel has accepted it; the process has not yet.
    void dialled(socket& s) { dialled_.insert(&s); }

    // ---- from sockets, within a turn
    void accept(socket& s);
    void read(socket& s, std::string bytes);
    void closed(socket& s);

protected:
    void halt() override;
    void carry_out() override;
    [[nodiscard]] virtual frontend::session_service& sessions() = 0;

private:
    void control(protocol::session_id who, const protocol::frame& f);
    void flush(protocol::session_id id);
    void forget(protocol::session_id id);

    std::map<protocol::session_id, socket*> sockets_;
    std::map<protocol::session_id, frontend::websocket_reader> readers_;
    std::map<const socket*, protocol::session_id> ids_;
    std::set<socket*> dialled_;
};

} // namespace citron::sim
