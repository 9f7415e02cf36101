#include "frontend/gate/gate.hpp"

#include "common/protocol/contract.hpp"
#include "frontend/gate/gate_handler.hpp"

namespace citron::frontend {

gate::gate(gate_options options, protocol::counters& counters, instant now)
    : line_(std::move(options.peer), *this, counters, now), rpc_(line_, counters),
      sessions_(std::move(options.sessions), *this, counters)
{
}

void gate::on_request(session& s, const request& r, instant now)
{
    if (r.route != gate_handler::query_entry_route)
        return sessions_.refuse(s, r.id, protocol::errc::no_such_route, r.body.size(), now);
    const auto entry = gate_handler::query_entry(r.body, known_);
    if (!entry)
        return sessions_.refuse(s, r.id, entry.error(), r.body.size(), now);
    sessions_.respond(s, r.id, *entry, r.body.size(), now);
}

void gate::on_view(const protocol::view& v, instant /*now*/)
{
    if (v.ready)
        known_ = v;
}

void gate::on_envelope(const protocol::envelope& e, instant /*now*/)
{
    if (e.kind != protocol::kind::call)
        return;
    if (e.route == protocol::stats_route && stats_)
        rpc_.reply(e.from, e.id, e.room, protocol::errc::ok, stats_());
    else
        rpc_.reply(e.from, e.id, e.room, protocol::errc::no_such_route, {});
}

} // namespace citron::frontend
