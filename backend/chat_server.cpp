#include "backend/chat_server.hpp"

#include <utility>

namespace citron::backend {

using protocol::envelope;
using protocol::kind;

chat_server::chat_server(chat_server_options options, store& history, protocol::counters& counters,
                         instant now)
    : line_(std::move(options.peer), *this, counters, now), rpc_(line_, counters),
      channels_(
          options.channels, line_, rpc_, history, counters,
          [this](channel& room, const envelope& e, instant) { application_.serve(room, channels_, e); }),
      application_(counters), handler_(channels_), remote_(channels_),
      stats_([] { return std::string("{}"); })
{
    handler_.install(application_);
    remote_.install(application_);
    application_.on_remote(channels_, &channel_service::sync);
    line_.number_above(history.generation());
}

void chat_server::on_tick(instant now, std::uint64_t unix_ms)
{
    rpc_.on_tick(now);
    channels_.on_tick(now, unix_ms);
}

void chat_server::end_turn(instant now)
{
    channels_.end_turn(now);
}

void chat_server::drain(instant now)
{
    line_.drain(now);
}

bool chat_server::drained() const
{
    if (!line_.up() || !line_.view().ready)
        return false;
    const auto* self = line_.view().find(line_.self().id);
    const bool marked = self && self->draining;
    return protocol::owners(line_.view()).empty() || (marked && channels_.settled());
}

void chat_server::on_up(bool fresh, instant now)
{
    channels_.on_up(fresh, now);
}

void chat_server::on_down(instant now)
{
    rpc_.on_down(now);
}

void chat_server::on_view(const protocol::view& v, instant now)
{
    fallen_.on_view(v);
    channels_.on_view(v, now);
}

void chat_server::on_settled(std::uint64_t generation, instant now)
{
    channels_.on_settled(generation, now);
}

void chat_server::on_envelope(const envelope& e, instant now)
{
    if (e.kind == kind::reply)
        return rpc_.on_reply(e, now);
    if (e.kind == kind::enroll)
        return channels_.on_enroll(e, now);
    if (e.route == protocol::handover::route)
        return channels_.on_handover(e, now);
    if (e.route == protocol::stats_route)
        return channels_.answer(caller_of(e), e.room, protocol::errc::ok, stats_());
    if (e.room.empty())
        return channels_.answer(caller_of(e), e.room, protocol::errc::bad_request, {});
    channels_.on_room_envelope(e, now);
}

} // namespace citron::backend
