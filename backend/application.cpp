#include "backend/application.hpp"

#include <utility>

namespace citron::backend {

using protocol::envelope;

application::application(protocol::counters& counters)
    : repeats_(counters.at("send.repeats")), holes_(counters.at("send.holes")),
      strangers_(counters.at("request.not_entered")), unknown_(counters.at("request.no_such_route")),
      malformed_(counters.at("request.malformed"))
{
}

void application::serve(channel& room, channel_port& port, const envelope& e)
{
    if (const auto h = handlers_.find(e.route); h != handlers_.end())
        return serve_client(room, port, e, h->second);
    if (const auto r = remotes_.find(e.route); r != remotes_.end())
        return r->second(room, port, e);
    ++unknown_;
    port.answer(caller_of(e), e.room, errc::no_such_route, {});
}

void application::serve_client(channel& room, channel_port& port, const envelope& e, const handler& h)
{
    const auto reply_to = caller_of(e);
    auto request = protocol::unpack<protocol::client_request>(e.body);
    if (!request)
        return port.answer(reply_to, e.room, errc::bad_request, {});
    auto* seat = room.find(request->who);
    if (!seat) {
        const bool certain = port.enrolled(request->who.connector);
        strangers_ += certain;
        return port.answer(reply_to, e.room, certain ? errc::not_entered : errc::moved, {});
    }
    if (request->number) {
        const auto admission = room.admit(*seat, *request, reply_to);
        if (admission == channel::admission::repeat) {
            ++repeats_;
            return;
        }
        if (admission == channel::admission::past)
            return port.answer(reply_to, e.room, errc::not_entered, {});
        if (admission == channel::admission::hole) {
            ++holes_;
            return port.answer(reply_to, e.room, errc::hole, protocol::pack(seat->who.next));
        }
    }
    backend_session from{&room, room.rid(), seat->who, request->number, reply_to, {}};
    auto body = protocol::json_object::parse(request->body.data);
    if (!body)
        return room.finish(from, errc::bad_request);
    from.body = std::move(*body);
    if (from.body.contains("rid") && from.text("rid") != e.room)
        return room.finish(from, errc::not_entered);
    h(from);
}

} // namespace citron::backend
