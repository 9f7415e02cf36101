#include "test/sim/connector_process.hpp"

#include "common/protocol/client_routes.hpp"
#include "test/sim/broker_process.hpp"

#include <array>

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
    server_ = std::make_unique<frontend::connector>(options, counters_, now());
    server_->set_stats([] { return std::string("{}"); });
}

void connector_process::halt()
{
    peer_process::halt();
    server_.reset();
    ids_.clear();
    for (const auto& [id, s] : std::exchange(sockets_, {}))
        s->server_died();
    for (auto* s : std::exchange(dialled_, {}))
        s->server_died();
}

void connector_process::tick()
{
    line().on_tick(now());
    server_->on_tick(now(), wall_clock());
}

void connector_process::accept(socket& s)
{
    dialled_.erase(&s);
    auto* session = server_->sessions().open(now());
    if (!session)
        return s.shut();
    sockets_.emplace(session->id, &s);
    ids_.emplace(&s, session->id);
}

void connector_process::read(socket& s, const std::string& payload)
{
    if (const auto id = ids_.find(&s); id != ids_.end())
        server_->sessions().on_message(id->second, payload, now());
}

void connector_process::closed(socket& s)
{
    if (const auto id = ids_.find(&s); id != ids_.end())
        forget(id->second);
}

void connector_process::forget(protocol::session_id id)
{
    const auto found = sockets_.find(id);
    ids_.erase(found->second);
    sockets_.erase(found);
    server_->sessions().on_gone(id, now());
}

void connector_process::flush(protocol::session_id id)
{
    auto* session = server_->sessions().find(id);
    const auto found = sockets_.find(id);
    if (!session || found == sockets_.end())
        return;
    std::array<std::string_view, 16> parts;
    while (!session->out.empty()) {
        std::string bytes;
        for (std::size_t n = session->out.gather(parts), i = 0; i < n; ++i)
            bytes += parts[i];
        session->out.consume(bytes.size());
        found->second->write(std::move(bytes));
    }
    if (session->state == frontend::phase::closing) {
        found->second->shut();
        forget(id);
    }
}

void connector_process::carry_out()
{
    while (server_->sessions().flush_dirty([this](frontend::session& s) { flush(s.id); })) {
    }
    peer_process::carry_out();
}

} // namespace citron::sim
