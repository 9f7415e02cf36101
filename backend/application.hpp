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
    /// A client's request, for members of the room only. Answer now or later: room->finish, or what room does
    /// itself.
    using handler = std::function<void(backend_session&)>;
    /// A server's call or notify for an open room.
    using remote = std::function<void(channel&, channel_port&, const protocol::envelope&)>;

    explicit application(protocol::counters& counters);

    void on_client(std::string_view route, handler h) { handlers_.emplace(route, std::move(h)); }
    /// `r` is called as r(channel&, const caller&, const Message&). A body that is not a Message is counted
    /// and refused.
    template <typename Message, typename Remote>
    void on_remote(Remote r)
    {
        remotes_.emplace(Message::route,
                         [this, r](channel& room, channel_port& port, const protocol::envelope& e) {
                             const auto message = protocol::unpack<Message>(e.body);
                             const caller from{e.from, e.id};
                             if (message)
                                 return r(room, from, *message);
                             ++malformed_;
                             port.answer(from, e.room, errc::bad_request, {});
                         });
    }

    void serve(channel& room, channel_port& port, const protocol::envelope& e);

private:
    void serve_client(channel& room, channel_port& port, const protocol::envelope& e, const handler& h);

    std::map<std::string, handler, std::less<>> handlers_;
    std::map<std::string, remote, std::less<>> remotes_;
    std::uint64_t &repeats_, &holes_, &strangers_, &unknown_, &malformed_;
};

} // namespace citron::backend
