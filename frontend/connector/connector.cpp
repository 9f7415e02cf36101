#include "frontend/connector/connector.hpp"

#include <algorithm>
#include <utility>

namespace citron::frontend {

using protocol::envelope;
using protocol::kind;

namespace {

/// A run must not be what fills the outbox of somebody who reads.
room_options fitted(room_options rooms, std::size_t outbox_bytes)
{
    rooms.feed.run_bytes = std::min(rooms.feed.run_bytes, outbox_bytes / 8);
    return rooms;
}

} // namespace

connector::connector(connector_options options, protocol::counters& counters, instant now)
    : line_(std::move(options.peer), *this, counters, now), rpc_(line_, counters),
      sessions_(options.sessions, *this, counters),
      rooms_(fitted(std::move(options.rooms), options.sessions.outbox_bytes), line_, rpc_, sessions_,
             counters),
      authenticator_(std::move(options.identity), counters, now), application_(authenticator_),
      entry_(rooms_), stats_([] { return std::string("{}"); })
{
    entry_.install(application_);
}

// ---- clients

void connector::on_request(session& s, const request& r, instant now)
{
    const reply done = [this, client = s.id, id = r.id,
                        size = r.body.size()](protocol::result<std::string> answer, instant at) {
        session* waiting = sessions_.find(client);
        if (!waiting)
            return;
        answer ? sessions_.respond(*waiting, id, *answer, size, at)
               : sessions_.refuse(*waiting, id, answer.error(), size, at);
    };
    const auto* known = protocol::find_client_route(r.route);
    if (!known || known->route.starts_with("gate."))
        return done(std::unexpected(errc::no_such_route), now);
    if (!known->route.starts_with("connector."))
        return rooms_.forward(s, *known, r.body, done, now);
    application_.serve(*known, s, r.body, done, now);
}

void connector::on_session_closed(session& s, instant now)
{
    rooms_.on_session_closed(s, now);
}

void connector::on_tick(instant now, std::uint64_t unix_ms)
{
    sessions_.on_tick(now);
    rpc_.on_tick(now);
    authenticator_.on_tick(now, unix_ms);
    rooms_.on_tick(now, unix_ms);
}

// ---- the cluster

void connector::on_up(bool, instant) {} // clients stay: enrolling tells the owners who is here

void connector::on_down(instant now)
{
    rooms_.on_down(now);
    rpc_.on_down(now);
}

void connector::on_view(const protocol::view& v, instant now)
{
    rooms_.on_view(v, now);
}

void connector::on_broadcast(const envelope& e, instant now)
{
    rooms_.on_broadcast(e, now);
}

void connector::on_envelope(const envelope& e, instant now)
{
    if (e.kind == kind::reply)
        return rooms_.on_reply(e, now);
    if (e.route == protocol::stats_route)
        return (void)rpc_.reply(e.from, e.id, e.room, errc::ok, stats_());
    if (!rooms_.on_remote(e, now) && e.kind == kind::call)
        (void)rpc_.reply(e.from, e.id, e.room, errc::no_such_route, {});
}

} // namespace citron::frontend
