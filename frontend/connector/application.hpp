// PURE. Route -> handler: what a connector answers itself.
#pragma once

#include "frontend/connector/authenticator.hpp"
#include "frontend/connector/entry.hpp"
#include "frontend/connector/room_service.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace citron::frontend {

class application
{
public:
    explicit application(authenticator& guard) : guard_(guard) {}

    /// Requests whose body parse_entry reads, and that the guard admits; others never reach the handler. It
    /// is called as method(session&, const entry& wanted, const reply& done, instant now), and answers now or
    /// later: `done` takes the JSON, or why not. `object` outlives this.
    template <typename Handler, typename Method>
    void on_client(std::string_view route, Handler& object, Method method)
    {
        handlers_.emplace(route, std::bind_front(method, &object));
    }

    /// Calls the handler, or `done` at once: no_such_route, bad_request, unauthorized, forbidden.
    void serve(const protocol::client_route& route, session& s, std::string_view body, const reply& done,
               instant now) const;

private:
    using handler = std::function<void(session&, const entry&, const reply&, instant)>;

    authenticator& guard_;
    std::map<std::string, handler, std::less<>> handlers_;
};

} // namespace citron::frontend
