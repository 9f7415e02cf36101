// PURE. Route -> handler or remote: decodes requests, takes numbered sends in order, refuses the rest.
#pragma once

#include "backend/channel_service.hpp"
#include "common/protocol/client_routes.hpp"
#include "common/protocol/counters.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace citron::backend {

class application
{
public:
    explicit application(protocol::counters& counters);

    /// A client's request, for members of the room only: method(backend_session&). Answer now or later:
    /// room->finish, or what room does itself. Objects outlive this.
    template <typename Handler, typename Method>
    void on_client(std::string_view route, Handler& object, Method method)
    {
        handlers_.emplace(route, std::bind_front(method, &object));
    }
    /// A server's call or notify for an open room: method(channel&, const caller&, const Message&). A body
    /// that is not a Message is counted and refused.
    template <typename Message, typename Remote>
    void on_remote(Remote& object, void (Remote::*method)(channel&, const caller&, const Message&))
    {
        remotes_.emplace(Message::route, [this, &object, method](channel& room, channel_port& port,
                                                                 const protocol::envelope& e) {
            const auto message = protocol::unpack<Message>(e.body);
            const auto from = caller_of(e);
            if (message)
                return (object.*method)(room, from, *message);
            ++malformed_;
            port.answer(from, e.room, errc::bad_request, {});
        });
    }

    /// A call or notify for an open room. What cannot be served is refused: no_such_route, bad_request,
    /// not_entered (a client's request), moved (its connector has yet to say who is here).
    void serve(channel& room, channel_port& port, const protocol::envelope& e);

private:
    using handler = std::function<void(backend_session&)>;
    using remote = std::function<void(channel&, channel_port&, const protocol::envelope&)>;

    void serve_client(channel& room, channel_port& port, const protocol::envelope& e, const handler& h);

    std::map<std::string, handler, std::less<>> handlers_;
    std::map<std::string, remote, std::less<>> remotes_;
    std::uint64_t &repeats_, &holes_, &strangers_, &unknown_, &malformed_;
};

} // namespace citron::backend
