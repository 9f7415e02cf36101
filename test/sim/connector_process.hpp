// A connector: the PURE connector, and the client sockets that it serves.
#pragma once

#include "frontend/connector/connector.hpp"
#include "test/sim/frontend_process.hpp"

#include <memory>
#include <string>

namespace citron::sim {

class connector_process final : public frontend_process
{
public:
    connector_process(scene& s, std::string id, broker_process& broker)
        : frontend_process(s, std::move(id), protocol::server_kind::connector, broker)
    {
    }

protected:
    void boot() override;
    void halt() override;
    void tick() override;
    [[nodiscard]] cluster::peer& line() override { return server_->line(); }
    [[nodiscard]] frontend::session_service& sessions() override { return server_->sessions(); }

private:
    std::unique_ptr<frontend::connector> server_;
};

} // namespace citron::sim
