#include "broker/switchboard.hpp"

#include "common/cluster/roles.hpp"
#include "common/protocol/dispatcher.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace citron::broker {

using protocol::errc;
using protocol::frame;
using protocol::kind;
using protocol::server_kind;

namespace {

constexpr std::string_view us = "broker";          // whatever our id in conf/servers.json is
constexpr std::size_t longest_hello = 256U << 10U; // a view of thousands of servers; anybody may send one
constexpr std::size_t max_babblers = 1000;         // senders of garbage that are remembered as logged

/// Which kinds a peer may send, by what it is.
bool may_send(server_kind who, kind what)
{
    switch (what) {
    case kind::beat:
    case kind::bye:
    case kind::call:
        return true;
    case kind::drain:
    case kind::reply:
        return who != server_kind::tool;
    case kind::notify:
        return who == server_kind::connector || who == server_kind::chat;
    case kind::done:
    case kind::broadcast:
        return who == server_kind::chat;
    case kind::enroll:
        return who == server_kind::connector;
    default:
        return false;
    }
}

/// Tools look at servers and do nothing to them: their key lies on many a desk. Gates have nothing to do with
/// rooms, and connectors nothing with each other, nor with what owners hand to owners.
bool may_ask(server_kind who, std::string_view route)
{
    switch (who) {
    case server_kind::chat:
        return true;
    case server_kind::connector:
        return !route.starts_with("connector.") && route != protocol::handover::route;
    default:
        return route == protocol::stats_route;
    }
}

/// A chat server's key, say, makes no connector. Asked of every frame, as a socket may take another's
/// identity once that one has gone.
bool speaks_for(std::optional<std::string_view> role, server_kind who)
{
    return !role || *role == cluster::role_of(who);
}

std::string json_of(const protocol::counters& counters)
{
    std::string out;
    for (const auto& [name, value] : counters.all())
        out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", name, value);
    return "{" + out + "}";
}

} // namespace

switchboard::switchboard(registry_options options, protocol::counters& counters, instant now)
    : counters_(counters), registry_(std::move(options), counters, now), beaten_(now),
      forwarded_(counters.at("broker.forwarded")), published_(counters.at("broker.published")),
      undecodable_(counters.at("broker.undecodable")), forbidden_(counters.at("broker.forbidden")),
      outdated_(counters.at("broker.enroll_outdated"))
{
}

void switchboard::on_frame(std::string_view identity, std::string bytes, instant now,
                           std::optional<std::string_view> role)
{
    ++work_.pieces;
    const frame received(std::move(bytes));
    const auto e = protocol::decode(received.view());
    if (!e)
        return on_garbage(identity);
    if (e->kind == kind::hello)
        return greet(identity, *e, role, now);
    const auto* sender = registry_.by_identity(identity);
    if (!sender)
        return refuse(identity, registry_.retired(identity) ? "stale" : "unknown");
    if (sender->info.id != e->from)
        return refuse(identity, "bad_from");
    if (!speaks_for(role, sender->info.type()))
        return refuse(identity, "wrong_role");
    registry_.hear(identity, e->view, now);
    dispatch(*sender, *e, received, now);
    announce({});
}

void switchboard::on_garbage(std::string_view identity)
{
    ++undecodable_;
    if (babblers_.size() < max_babblers && babblers_.emplace(identity).second)
        notes_.push_back(fmt::format("peer.undecodable identity={}", identity));
}

void switchboard::greet(std::string_view identity, const envelope& e, std::optional<std::string_view> role,
                        instant now)
{
    const auto taken = admit(identity, e, role, now);
    if (!taken.peer) {
        refused_.erase(std::string(identity)); // a hello is always answered
        refuse(identity, taken.refusal);
        return announce({});
    }
    const auto body = protocol::pack(protocol::welcome{registry_.view(), taken.fresh});
    deliver(taken.peer, encode({.kind = kind::welcome, .to = {e.from}, .body = body}));
    announce(e.from);
}

registry::admission switchboard::admit(std::string_view identity, const envelope& e,
                                       std::optional<std::string_view> role, instant now)
{
    const bool credible = e.body.size() <= longest_hello;
    const auto hello =
        credible ? protocol::unpack<protocol::hello>(e.body) : std::unexpected(errc::too_large);
    if (!hello || hello->self.id != e.from)
        return {.refusal = "bad_hello"};
    if (!speaks_for(role, hello->self.type()))
        return {.refusal = "wrong_role"};
    return registry_.admit(identity, *hello, now);
}

void switchboard::dispatch(const registered& sender, const envelope& e, const frame& bytes, instant now)
{
    if (!may_send(sender.info.type(), e.kind)) {
        ++forbidden_;
        return;
    }
    if ((e.kind == kind::call || e.kind == kind::notify) && !may_ask(sender.info.type(), e.route)) {
        ++forbidden_;
        return e.kind == kind::call ? answer(e, errc::forbidden, {}) : void();
    }
    switch (e.kind) {
    case kind::drain:
        return registry_.drain(sender.identity.view(), now);
    case kind::bye:
        return registry_.leave(std::string(sender.identity.view()), now);
    case kind::done:
        return finish(sender, e);
    case kind::broadcast:
        return publish(e, bytes);
    case kind::enroll:
        return enroll(e);
    case kind::call:
    case kind::reply:
    case kind::notify:
        return route(e, bytes);
    default:
        return; // a beat has been heard already
    }
}

void switchboard::finish(const registered& sender, const envelope& e)
{
    const auto mark = protocol::unpack<protocol::generation_mark>(e.body);
    if (!mark) {
        ++undecodable_;
        return;
    }
    registry_.done(sender.identity.view(), mark->generation);
    if (settled_ != 0 && mark->generation == settled_) // its link was new, and the others have long been told
        deliver(&sender, encode({.kind = kind::settled, .to = {e.from}, .body = e.body}));
}

void switchboard::route(const envelope& e, const frame& bytes)
{
    const bool for_us =
        e.to.empty() ? e.room.empty() : e.to.front() == us || e.to.front() == registry_.options().id;
    if (for_us)
        return serve(e);
    if (e.to.size() > 1) // a call has one answer
        return e.kind == kind::call ? answer(e, errc::bad_request, {}) : undeliverable(e);
    const auto* target = e.to.empty() ? registry_.owner_of(e.room) : registry_.find(e.to.front());
    if (!deliver(target, bytes))
        return undeliverable(e);
    ++forwarded_;
    work_.asked |= e.kind == kind::call && e.to.empty();
}

void switchboard::serve(const envelope& e)
{
    if (e.kind != kind::call)
        return undeliverable(e);
    if (e.route == protocol::stats_route)
        answer(e, errc::ok, stats_ ? stats_() : json_of(counters_));
    else
        answer(e, errc::no_such_route, {});
}

void switchboard::publish(const envelope& e, const frame& bytes)
{
    for (const auto& id : e.to) {
        const auto* target = registry_.find(id);
        if (target && target->in_view() && target->hears_topic()) {
            ++published_;
            publications_.push_back({target->topic, bytes});
        } else {
            undeliverable(e);
        }
    }
}

void switchboard::enroll(const envelope& e)
{
    auto list = protocol::unpack<protocol::enroll>(e.body);
    if (!list) {
        ++undecodable_;
        return;
    }
    if (list->generation != registry_.view().generation) { // it enrolls again once it has seen the new view
        ++outdated_;
        return;
    }
    const auto& owners = registry_.owners();
    std::vector<protocol::enroll> parts(owners.size(), {list->generation, list->first, list->last, {}});
    if (!owners.empty())
        for (auto& room : list->rooms)
            parts[protocol::pick(room.rid, owners)].rooms.push_back(std::move(room));
    for (std::size_t i = 0; i < owners.size(); ++i) {
        if (parts[i].rooms.empty() && !list->first && !list->last)
            continue;
        const auto body = protocol::pack(parts[i]);
        auto part = e;
        part.to = {owners[i]};
        part.body = body;
        if (!deliver(registry_.find(owners[i]), frame(protocol::encode(part))))
            undeliverable(e);
    }
}

void switchboard::undeliverable(const envelope& e)
{
    ++counters_.at(fmt::format("broker.undeliverable.{}", protocol::name_of(e.kind)));
    if (e.kind == kind::call)
        answer(e, errc::unavailable, {});
}

void switchboard::answer(const envelope& call, errc code, std::string_view body)
{
    const auto reply = encode({.kind = kind::reply,
                               .to = {call.from},
                               .room = call.room,
                               .id = call.id,
                               .route = call.route,
                               .code = code,
                               .body = body});
    if (!deliver(registry_.find(call.from), reply))
        ++counters_.at("broker.undeliverable.reply");
}

void switchboard::refuse(std::string_view identity, std::string_view reason)
{
    ++counters_.at(fmt::format("broker.refused.{}", reason));
    if (!refused_.emplace(identity).second)
        return;
    const auto body = protocol::pack(protocol::refusal{std::string(reason)});
    deliveries_.push_back({frame(std::string(identity)), encode({.kind = kind::refused, .body = body})});
    notes_.push_back(fmt::format("peer.refused identity={} reason={}", identity, reason));
}

bool switchboard::on_subscription(std::string_view topic, bool subscribed, instant now)
{
    const bool sound = registry_.subscribe(topic, subscribed, now);
    announce({});
    return sound;
}

void switchboard::on_undeliverable(std::string_view /*identity*/, std::string_view bytes, instant /*now*/)
{
    if (const auto e = protocol::decode(bytes))
        undeliverable(*e);
}

void switchboard::on_overflow(std::string_view identity, instant now)
{
    registry_.cut(identity, now);
    announce({});
}

void switchboard::on_topic_overflow(std::string_view topic, instant now)
{
    registry_.cut_topic(topic, now);
    announce({});
}

void switchboard::on_tick(instant now)
{
    refused_.clear();
    registry_.tick(now);
    announce({});
    if (now - beaten_ < registry_.options().beat)
        return;
    beaten_ = now;
    beat();
}

void switchboard::beat()
{
    const auto bytes = encode({.kind = kind::beat, .body = {}});
    for (const auto& [id, peer] : registry_.all()) {
        deliver(&peer, bytes);
        if (peer.hears_topic())
            publications_.push_back({peer.topic, bytes});
    }
}

void switchboard::announce(std::string_view informed)
{
    if (const auto& view = registry_.view(); view.number != pushed_) {
        pushed_ = view.number;
        const auto bytes = encode({.kind = kind::view, .body = protocol::pack(view)});
        for (const auto& [id, peer] : registry_.all()) // tools too: they are in no view, but hear of each
            if (id != informed)
                deliver(&peer, bytes);
    }
    if (registry_.settled() == settled_)
        return;
    settled_ = registry_.settled();
    const auto bytes =
        encode({.kind = kind::settled, .body = protocol::pack(protocol::generation_mark{settled_})});
    for (const auto& [id, peer] : registry_.all())
        if (peer.info.type() == server_kind::chat)
            deliver(&peer, bytes);
}

bool switchboard::deliver(const registered* target, const frame& bytes)
{
    if (!target || target->identity.size() == 0)
        return false;
    deliveries_.push_back({target->identity, bytes});
    return true;
}

frame switchboard::encode(envelope e) const
{
    e.from = us;
    e.view = registry_.view().id();
    return frame(protocol::encode(e));
}

std::vector<std::string> switchboard::take_notes()
{
    auto notes = registry_.take_notes();
    std::ranges::move(notes_, std::back_inserter(notes));
    notes_.clear();
    return notes;
}

} // namespace citron::broker
