#include "frontend/gate/gate.hpp"

#include "common/protocol/contract.hpp"
#include "frontend/gate/entry_choice.hpp"
#include "frontend/gate/gate_handler.hpp"

#include <utility>

namespace citron::frontend {

gate::gate(gate_options options, protocol::counters& counters, instant now)
    : line_(std::move(options.peer), *this, counters, now), rpc_(line_, counters),
      sessions_(std::move(options.sessions), *this, counters), secure_(options.secure),
      on_none_secure_(std::move(options.on_none_secure)), none_secure_(counters.at("gate.none_secure"))
{
}

void gate::on_request(session& s, const request& r, instant now)
{
    if (r.route != gate_handler::query_entry_route)
        return sessions_.refuse(s, r.id, protocol::errc::no_such_route, r.body.size(), now);
    const auto entry = gate_handler::query_entry(r.body, known_);
    if (!entry) {
        if (entry.error() == protocol::errc::unavailable && unfit_ > 0)
            on_refused();
        return sessions_.refuse(s, r.id, entry.error(), r.body.size(), now);
    }
    complained_ = false;
    sessions_.respond(s, r.id, *entry, r.body.size(), now);
}

void gate::on_view(const protocol::view& v, instant /*now*/)
{
    if (!v.ready)
        return;
    known_ = v;
    unfit_ = secure_ ? leave_secure_connectors(known_) : 0;
}

void gate::on_refused()
{
    ++none_secure_;
    if (!std::exchange(complained_, true))
        on_none_secure_();
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
