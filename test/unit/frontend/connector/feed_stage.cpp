#include "test/unit/frontend/connector/feed_stage.hpp"

#include "common/protocol/package.hpp"

#include <utility>

namespace citron::frontend::test {

using protocol::event;

feed_stage::feed_stage(feed_options options)
    : feed(options, index, calls, sessions, line.counters,
           [this](const std::string&, const std::vector<session_id>& taken, instant) { evicted = taken; })
{
    line.up();
    calls.go({"s1"}, now());
}

place& feed_stage::joining(const std::string& user)
{
    return index.add(*sessions.open(now()), "lobby", user);
}

void feed_stage::admit(place& p, const head& position, std::vector<std::string> users)
{
    feed.on_joined(p, {.at = position, .users = std::move(users)}, now());
}

place& feed_stage::member(const std::string& user, const head& position)
{
    auto& p = joining(user);
    admit(p, position, {user});
    return p;
}

void feed_stage::chat(const head& at)
{
    broadcast(at, event::chat, {}, protocol::encode_push("onChat", std::to_string(at.offset)));
}

void feed_stage::presence(const head& at, event what, const std::string& user)
{
    broadcast(at, what, user, protocol::encode_push(what == event::add ? "onAdd" : "onLeave", user));
}

void feed_stage::broadcast(const head& at, event what, std::string user, std::string push)
{
    feed.on_broadcast({.rid = "lobby",
                       .at = at,
                       .what = static_cast<std::uint8_t>(what),
                       .user = std::move(user),
                       .push = {std::move(push)}},
                      now());
}

protocol::message feed_stage::message(std::uint64_t offset)
{
    return {.offset = offset, .time = 0, .push = {std::to_string(offset)}};
}

void feed_stage::answer(protocol::errc code, std::string_view body)
{
    rpc.on_reply({.kind = protocol::kind::reply, .from = "s1", .id = last_asked_, .code = code, .body = body},
                 now());
}

void feed_stage::pass(milliseconds time)
{
    for (const auto until = now() + time; now() < until;) {
        line.pass(milliseconds(50));
        rpc.on_tick(now());
        calls.on_tick(now());
        feed.on_tick(now());
    }
}

strings feed_stage::asked()
{
    strings questions;
    while (line.peer.outgoing()) {
        const auto frame = line.next();
        if (frame.e.route != protocol::sync::route)
            continue;
        const auto seen = protocol::unpack<protocol::sync>(frame.e.body).value().seen;
        questions.push_back(std::to_string(seen.term) + "." + std::to_string(seen.rev));
        last_asked_ = frame.e.id;
    }
    return questions;
}

} // namespace citron::frontend::test
