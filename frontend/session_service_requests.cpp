// Requests of clients: which are served, which are refused, and how they are answered.
#include "common/protocol/client_routes.hpp"
#include "common/protocol/route.hpp"
#include "frontend/session_service.hpp"

#include <algorithm>

namespace citron::frontend {
namespace {

using protocol::errc;

/// The client knew, or was told before. Whatever else it is refused, others or we may be the reason.
bool is_own_fault(errc why)
{
    return why == errc::bad_request || why == errc::no_such_route || why == errc::too_large ||
           why == errc::rate_limited || why == errc::unauthorized || why == errc::forbidden;
}

/// What the dictionary lists may; of anything else the words tell.
bool may_be_called(std::string_view text)
{
    if (protocol::find_client_route(text))
        return true;
    const auto route = protocol::parse_route(text);
    return route && route->for_clients();
}

} // namespace

void session_service::on_data(session& s, std::string_view body, instant now)
{
    const auto m = protocol::decode_message(body);
    if (!m) {
        ++count_.protocol_errors;
        return kick(s, "protocol", now);
    }
    if (m->type != protocol::message_type::request && m->type != protocol::message_type::notify) {
        ++count_.ignored;
        return blame(s, now);
    }
    const auto& code = m->route_code;
    const std::string* spelled = code ? handshake_.route_of(*code) : nullptr;
    serve(s, {m->id, spelled ? *spelled : m->route, m->body}, now);
}

void session_service::serve(session& s, const request& r, instant now)
{
    ++count_.requests;
    const auto* known = protocol::find_client_route(r.route);
    if (const auto wait = gate_.ask(s, known && known->enters(), now); wait.count() > 0) {
        ++count_.rate_limited;
        return turn_down(s, r.id, errc::rate_limited, wait, now);
    }
    if (const auto why = judge(s, r); why != errc::ok)
        return turn_down(s, r.id, why, milliseconds(0), now);
    ++s.in_flight;
    s.in_flight_bytes += r.body.size();
    handler_.on_request(s, r, now);
}

/// A request that no handler sees. All reasons for it are the client's own doing.
void session_service::turn_down(session& s, std::uint32_t id, errc why, milliseconds wait, instant now)
{
    answer(s, id, refusal_json(why, advice_.after_refusal(why, wait)), now);
    blame(s, now);
}

void session_service::blame(session& s, instant now)
{
    if (s.state != phase::closing && gate_.annoy(s, now))
        kick(s, "abuse", now);
}

// An unknown code leaves the route empty, and that is no route either.
errc session_service::judge(const session& s, const request& r)
{
    if (!may_be_called(r.route)) {
        ++count_.unroutable;
        return errc::no_such_route;
    }
    if (r.body.size() > options_.max_message) {
        ++count_.too_large;
        return errc::too_large;
    }
    if (s.in_flight >= options_.in_flight || s.in_flight_bytes + r.body.size() > options_.in_flight_bytes) {
        ++count_.overloaded;
        return errc::overloaded;
    }
    return errc::ok;
}

void session_service::respond(session& s, std::uint32_t id, std::string_view json, std::size_t request_bytes,
                              instant now)
{
    s.in_flight -= std::min<std::size_t>(s.in_flight, 1);
    s.in_flight_bytes -= std::min(s.in_flight_bytes, request_bytes);
    answer(s, id, json, now);
}

void session_service::refuse(session& s, std::uint32_t id, errc why, std::size_t request_bytes, instant now)
{
    respond(s, id, refusal_json(why, advice_.after_refusal(why, milliseconds(0))), request_bytes, now);
    if (is_own_fault(why))
        blame(s, now);
}

void session_service::answer(session& s, std::uint32_t id, std::string_view json, instant now)
{
    if (id == 0 || s.state == phase::closing)
        return;
    ++count_.answers;
    push(s, websocket_frame(protocol::response_head(id, json.size()), json), now);
}

std::string refusal_json(errc why, milliseconds retry_after)
{
    const std::string_view error = why == errc::duplicate_user ? R"("error":true,)" : "";
    return std::string(R"({"code":500,)")
        .append(error)
        .append(R"("reason":")")
        .append(reason(why))
        .append(retry_json(retry_after));
}

} // namespace citron::frontend
