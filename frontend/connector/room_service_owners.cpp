// What owners say to the connector of their rooms' members, and what it tells new ones.
#include "frontend/connector/room_service.hpp"

#include "frontend/connector/enroll_list.hpp"

#include <tuple>
#include <utility>

namespace citron::frontend {

using protocol::envelope;

void room_service::on_broadcast(const envelope& e, instant now)
{
    const turn current(*this, now);
    if (e.route == protocol::channel_heads) {
        if (const auto list = protocol::unpack<protocol::heads>(e.body))
            return feed_.on_heads(*list, now);
    } else if (auto b = protocol::unpack<protocol::broadcast>(e.body)) {
        return feed_.on_broadcast(std::move(*b), now);
    }
    ++undecodable_;
}

void room_service::on_reply(const envelope& e, instant now)
{
    const turn current(*this, now); // the answer to a sync is shown to members, any of whom may end
    rpc_.on_reply(e, now);
}

bool room_service::on_remote(const envelope& e, instant now)
{
    const turn current(*this, now);
    if (e.route == protocol::channel_state) {
        if (const auto state = protocol::unpack<protocol::sync_state>(e.body))
            feed_.on_state(std::string(e.room), *state, now);
        else
            ++undecodable_;
        return true;
    }
    if (e.route == protocol::evict::route)
        return on_evict(e, now), true;
    if (e.route == protocol::deliver::route)
        return on_deliver(e, now), true;
    return false;
}

void room_service::on_evict(const envelope& e, instant now)
{
    const auto who = protocol::unpack<protocol::evict>(e.body);
    if (!who)
        ++undecodable_;
    else if (who->boot == line_.self().boot)
        evict(e.room, who->session, who->reason, now);
}

void room_service::on_deliver(const envelope& e, instant now)
{
    const auto message = protocol::unpack<protocol::deliver>(e.body);
    const bool ours = message && message->boot == line_.self().boot; // not of a former life of this server
    place* p = ours ? index_.find(message->session, e.room) : nullptr;
    if (!p || p->client->state == phase::closing) {
        (void)rpc_.reply(e.from, e.id, e.room, message ? errc::no_such_user : errc::bad_request, {});
        return;
    }
    const auto fate = p->note_whisper(message->from, message->number, now);
    if (fate == place::whisper_fate::later)
        return void(rpc_.reply(e.from, e.id, e.room, errc::unavailable, {}));
    ++(fate == place::whisper_fate::repeat ? redelivered_ : delivered_);
    if (fate == place::whisper_fate::show)
        sessions_.push(*p->client, websocket_frame(message->push.data), now);
    const bool took = p->client->state != phase::closing; // else its outbox was full
    (void)rpc_.reply(e.from, e.id, e.room, took ? errc::ok : errc::no_such_user, {});
}

void room_service::evict(std::string_view rid, session_id id, std::string_view reason, instant now)
{
    if (place* p = index_.find(id, rid)) {
        ++evicted_;
        sessions_.kick(*p->client, reason, now);
    }
}

// ---- owners change

void room_service::on_down(instant)
{
    enrolled_ = {};
    calls_.hold();
}

void room_service::on_view(const protocol::view& v, instant now)
{
    const turn current(*this, now);
    const auto* self = v.find(line_.self().id);
    const bool in = self && self->nonce == line_.self().nonce; // our subscription has arrived
    auto owners = protocol::owners(v);
    if (!v.ready || !in || owners.empty())
        return calls_.hold();
    const std::tuple truth(v.broker, v.generation, line_.self().nonce);
    if (enrolled_ == truth)
        return;
    enrolled_ = truth;
    enroll(v);
    calls_.go(std::move(owners), now);
}

void room_service::enroll(const protocol::view& v)
{
    ++enrollments_;
    for (const auto& part :
         enroll_list(index_, v.generation, [this](const place& p) { return member_of(p); })) {
        const auto body = protocol::pack(part);
        if (!line_.send({.kind = protocol::kind::enroll, .body = body}))
            return line_.renew(); // a new line enrolls anew
    }
}

} // namespace citron::frontend
