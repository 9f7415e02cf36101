#include "frontend/connector/application.hpp"

namespace citron::frontend {

void application::serve(std::string_view route, session& s, std::string_view body, const reply& done,
                        instant now) const
{
    const auto found = handlers_.find(route);
    if (found == handlers_.end())
        return done(std::unexpected(errc::no_such_route), now);
    const auto parsed = protocol::parse_body(body);
    const auto wanted = parsed ? parse_entry(*parsed) : std::unexpected(parsed.error());
    if (!wanted)
        return done(std::unexpected(wanted.error()), now);
    found->second(s, *wanted, done, now);
}

} // namespace citron::frontend
