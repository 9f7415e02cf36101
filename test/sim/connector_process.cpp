#include "test/sim/connector_process.hpp"

#include "common/protocol/client_routes.hpp"
#include "test/sim/broker_process.hpp"
#include "test/sim/guarded.hpp"

namespace citron::sim {

void connector_process::boot()
{
    frontend::connector_options options;
    options.peer = peer_options();
    options.sessions.heartbeat = milliseconds(3000);
    options.sessions.idle = milliseconds(6000); // a client that vanished is found out within a run
    for (const auto& known : protocol::client_routes)
        options.sessions.dictionary.emplace_back(known.route);
    options.rooms.random = [this] { return scene_.chance.next(); };
    if (scene_.guarded) {
        options.sessions.limits = limits();
        options.sessions.random = [this] { return scene_.chance.next(); };
        options.identity = token_rules();
        options.peer.self.tls = id() != "conn-1"; // which the gate names to nobody then
    }
    server_ = std::make_unique<frontend::connector>(options, counters_, now());
    server_->set_stats([] { return std::string("{}"); });
    server_->on_tick(now(), wall_clock()); // as the shell: it knows what time it is from the start
}

void connector_process::halt()
{
    frontend_process::halt();
    server_.reset();
}

void connector_process::tick()
{
    line().on_tick(now());
    server_->on_tick(now(), wall_clock());
    go_on_leaving();
}

} // namespace citron::sim
