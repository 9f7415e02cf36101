// A connector: the PURE connector, and the client sockets that it serves.
#pragma once

#include "frontend/connector/connector.hpp"
#include "test/sim/peer_process.hpp"
#include "test/sim/socket.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace citron::sim {

class connector_process final : public peer_process
{
public:
    connector_process(scene& s, std::string id, broker_process& broker)
        : peer_process(s, std::move(id), protocol::server_kind::connector, broker)
    {
    }

    /// The kernel has accepted it; the process has not yet.
    void dialled(socket& s) { dialled_.insert(&s); }

    // ---- from sockets, within a turn
    void accept(socket& s);
    void read(socket& s, const std::string& payload);
    void closed(socket& s);

    [[nodiscard]] std::size_t sessions() const { return sockets_.size(); }

protected:
    void boot() override;
    void halt() override;
    void tick() override;
    void carry_out() override;
    [[nodiscard]] cluster::peer& line() override { return server_->line(); }

private:
    void flush(protocol::session_id id);
    void forget(protocol::session_id id);

    std::unique_ptr<frontend::connector> server_;
    std::map<protocol::session_id, socket*> sockets_;
    std::map<const socket*, protocol::session_id> ids_;
    std::set<socket*> dialled_;
};

} // namespace citron::sim
