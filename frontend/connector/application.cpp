#include "frontend/connector/application.hpp"

namespace citron::frontend {

void application::serve(const protocol::client_route& route, session& s, std::string_view body,
                        const reply& done, instant now) const
{
    const auto found = handlers_.find(route.route);
    if (found == handlers_.end())
        return done(std::unexpected(errc::no_such_route), now);
    const auto parsed = protocol::parse_body(body);
    auto wanted = parsed ? parse_entry(*parsed) : std::unexpected(parsed.error());
    if (!wanted)
        return done(std::unexpected(wanted.error()), now);
    if (const auto why = guard_.admit(s, route.needs, *wanted); why != errc::ok)
        return done(std::unexpected(why), now);
    found->second(s, *wanted, done, now);
}

} // namespace citron::frontend
