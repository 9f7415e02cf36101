#include "frontend/connector/entry_handler.hpp"

namespace citron::frontend {

void entry_handler::enter(session& s, const entry& wanted, const reply& done, instant now)
{
    if (wanted.user.empty())
        return done(std::unexpected(errc::bad_request), now);
    rooms_.enter(s, wanted, done, now);
}

void entry_handler::join(session& s, const entry& wanted, const reply& done, instant now)
{
    rooms_.join(s, wanted, done, now);
}

void entry_handler::leave(session& s, const entry& wanted, const reply& done, instant now)
{
    done(rooms_.leave(s, wanted.rid, now), now);
}

void entry_handler::install(application& app)
{
    app.on_client("connector.entryHandler.enter", *this, &entry_handler::enter);
    app.on_client("connector.entryHandler.join", *this, &entry_handler::join);
    app.on_client("connector.entryHandler.leave", *this, &entry_handler::leave);
}

} // namespace citron::frontend
