// The gate: the PURE gate, and the sockets of those who ask it.
#pragma once

#include "frontend/gate/gate.hpp"
#include "test/sim/frontend_process.hpp"

#include <memory>
#include <string>

namespace citron::sim {

class gate_process final : public frontend_process
{
public:
    gate_process(scene& s, std::string id, broker_process& broker)
        : frontend_process(s, std::move(id), protocol::server_kind::gate, broker)
    {
    }

protected:
    void boot() override
    {
        frontend::gate_options options;
        options.peer = peer_options();
        options.sessions.idle = milliseconds(6000);
        options.secure = scene_.guarded;
        server_ = std::make_unique<frontend::gate>(options, counters_, now());
        server_->set_stats([] { return std::string("{}"); });
        server_->on_tick(now(), wall_clock()); // as the shell: it knows what time it is from the start
    }
    void halt() override
    {
        frontend_process::halt();
        server_.reset();
    }
    void tick() override
    {
        line().on_tick(now());
        server_->on_tick(now(), wall_clock());
        go_on_leaving();
    }
    [[nodiscard]] cluster::peer& line() override { return server_->line(); }
    [[nodiscard]] frontend::session_service& sessions() override { return server_->sessions(); }

private:
    std::unique_ptr<frontend::gate> server_;
};

} // namespace citron::sim
