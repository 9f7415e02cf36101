#include "frontend/connector/entry_handler.hpp"

namespace citron::frontend {

using protocol::json;

void entry_handler::enter(session& s, const json& body, const reply& done, instant now)
{
    const auto wanted = parse_entry(body);
    if (!wanted || wanted->user.empty())
        return done(std::unexpected(errc::bad_request), now);
    rooms_.enter(s, *wanted, room_service::others::leave, done, now);
}

void entry_handler::join(session& s, const json& body, const reply& done, instant now)
{
    auto wanted = parse_entry(body);
    if (!wanted)
        return done(std::unexpected(errc::bad_request), now);
    wanted->user = rooms_.name_of(s);
    if (wanted->user.empty())
        return done(std::unexpected(errc::not_entered), now);
    rooms_.enter(s, *wanted, room_service::others::keep, done, now);
}

void entry_handler::leave(session& s, const json& body, const reply& done, instant now)
{
    if (!rooms_.leave(s, protocol::text_at(body, "rid"), now))
        return done(std::unexpected(errc::not_entered), now);
    done("{}", now);
}

void entry_handler::serve(std::string_view method, session& s, const json& body, const reply& done,
                          instant now)
{
    method == "enter"  ? enter(s, body, done, now)
    : method == "join" ? join(s, body, done, now)
                       : leave(s, body, done, now);
}

} // namespace citron::frontend
