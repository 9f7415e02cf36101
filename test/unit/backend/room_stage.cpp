#include "test/unit/backend/room_stage.hpp"

#include "common/protocol/dispatcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace citron::backend::test {

using protocol::envelope;
using protocol::head;
using protocol::kind;
using protocol::server_kind;

namespace {

constexpr std::uint64_t boot = 7; // of every process here

chat_server_options options_of(channel_options channels)
{
    chat_server_options options;
    options.peer.self = {
        .id = "s1", .kind = static_cast<std::uint8_t>(server_kind::chat), .boot = boot, .store = "memory"};
    options.channels = channels;
    return options;
}

} // namespace

room_stage::room_stage(channel_options options, database* disk)
    : store({}, counters), on_disk(disk ? std::make_unique<sim::shared_store>(*disk) : nullptr),
      server(options_of(options), on_disk ? static_cast<backend::store&>(*on_disk) : store, counters, now)
{
    view = {.broker = 9, .number = 1, .generation = 1, .ready = true, .servers = {}, .dropped = {}};
    for (const auto* id : {"c1", "c2"})
        view.servers.push_back({.id = id, .kind = 2, .boot = boot, .nonce = ++nonces_});
    server.on_tick(now, clock);
    welcome(false);
}

member room_stage::who(std::string user, std::string connector, protocol::session_id session, std::string key)
{
    return {.user = std::move(user),
            .connector = std::move(connector),
            .boot = boot,
            .session = session,
            .key = std::move(key)};
}

std::string room_stage::room_of(std::string_view owner)
{
    const std::vector<std::string> both{"s1", "s2"};
    for (int i = 1;; ++i)
        if (const auto room = fmt::format("room{}", i); both[protocol::pick(room, both)] == owner)
            return room;
}

// ---- the broker

void room_stage::hear(const envelope& e)
{
    server.line().on_frame(protocol::encode(e), now);
}

void room_stage::welcome(bool fresh)
{
    const auto nonce = server.line().take_open(now).value();
    std::erase_if(view.servers, [](const auto& one) { return one.id == "s1"; });
    view.servers.push_back(server.line().self());
    view.servers.back().nonce = nonce;
    const auto body = protocol::pack(protocol::welcome{view, fresh});
    hear({.kind = kind::welcome, .from = "broker", .body = body});
}

void room_stage::show(bool owners_changed)
{
    ++view.number;
    if (owners_changed)
        view.generation = view.number;
    const auto body = protocol::pack(view);
    hear({.kind = kind::view, .from = "broker", .body = body});
}

protocol::server_info& room_stage::server_named(const std::string& id)
{
    return *std::ranges::find(view.servers, id, &protocol::server_info::id);
}

void room_stage::connector_comes(const std::string& id)
{
    view.servers.push_back({.id = id, .kind = 2, .boot = boot, .nonce = ++nonces_});
    show(false);
}

void room_stage::chat_server_comes(const std::string& id)
{
    view.servers.push_back({.id = id, .kind = 3, .boot = boot, .nonce = ++nonces_});
    show(true);
}

void room_stage::goes(const std::string& id)
{
    const bool owner = server_named(id).type() == server_kind::chat;
    view.dropped.push_back(server_named(id).self());
    std::erase_if(view.servers, [&](const auto& one) { return one.id == id; });
    show(owner);
}

void room_stage::loses_its_link(const std::string& id)
{
    const bool owner = server_named(id).type() == server_kind::chat;
    std::erase_if(view.servers, [&](const auto& one) { return one.id == id; });
    show(owner);
}

void room_stage::drains(const std::string& id)
{
    server_named(id).draining = true;
    show(true);
}

void room_stage::comes_back(const std::string& id)
{
    auto& known = server_named(id);
    known.nonce = ++nonces_;
    show(known.type() == server_kind::chat);
}

void room_stage::settle()
{
    settle(view.generation);
}

void room_stage::settle(std::uint64_t generation)
{
    const auto body = protocol::pack(protocol::generation_mark{generation});
    hear({.kind = kind::settled, .from = "broker", .body = body});
}

void room_stage::lose_line()
{
    server.line().on_lost(now);
}

void room_stage::new_line(bool fresh)
{
    now += milliseconds(500);
    view.generation = ++view.number;
    welcome(fresh);
}

// ---- connectors

protocol::enroll_entry room_stage::entry(const std::string& room, const std::vector<member>& members,
                                         const head& seen) const
{
    return {room, {protocol::pack(protocol::enrolled_room{seen, members, {}})}};
}

void room_stage::enroll(const std::string& connector, const std::vector<member>& members, const head& seen,
                        const std::vector<protocol::session_id>& joining)
{
    protocol::enroll list{.generation = view.generation, .first = true, .last = true, .rooms = {}};
    if (!members.empty() || !joining.empty() || seen.term)
        list.rooms = {{rid, {protocol::pack(protocol::enrolled_room{seen, members, joining})}}};
    enroll_part(connector, list);
}

void room_stage::enroll_part(const std::string& connector, const protocol::enroll& part)
{
    const auto body = protocol::pack(part);
    hear({.kind = kind::enroll, .from = connector, .body = body});
}

void room_stage::serve()
{
    settle();
    for (const auto& one : view.servers)
        if (one.type() == server_kind::connector)
            enroll(one.id);
    (void)says();
}

void room_stage::call(const std::string& from, std::string_view route, const std::string& body)
{
    asked_[next_call_] = route;
    hear({.kind = kind::call, .from = from, .room = rid, .id = next_call_++, .route = route, .body = body});
}

void room_stage::notify(const std::string& from, std::string_view route, const std::string& body)
{
    hear({.kind = kind::notify, .from = from, .room = rid, .route = route, .body = body});
}

void room_stage::enter(const protocol::add& request)
{
    call(request.who.connector, protocol::add::route, protocol::pack(request));
}

void room_stage::kick(const member& who)
{
    notify(who.connector, protocol::kick::route, protocol::pack(protocol::kick{who}));
}

void room_stage::sync(const std::string& connector, const head& seen)
{
    call(connector, protocol::sync::route, protocol::pack(protocol::sync{seen}));
}

void room_stage::ask(const member& who, std::string_view route, const std::string& json, std::uint64_t number,
                     std::uint64_t low)
{
    const protocol::client_request request{.who = who, .number = number, .low = low, .body = {json}};
    call(who.connector, route, protocol::pack(request));
}

void room_stage::send(const member& who, std::uint64_t number, const std::string& text, std::uint64_t low)
{
    json_writer body{{"content", text}, {"target", "*"}};
    ask(who, "chat.chatHandler.send", std::move(body).close(), number, low);
}

void room_stage::reply(std::uint64_t call, errc code, const std::string& from)
{
    hear({.kind = kind::reply, .from = from, .to = {"s1"}, .id = call, .code = code});
}

// ---- other chat servers

void room_stage::hand_over(protocol::handover part, const std::string& from)
{
    constexpr std::uint64_t id = 1'000'000; // none of the calls that tests number
    if (part.generation == 0)
        part.generation = view.generation;
    asked_[id] = protocol::handover::route;
    const auto body = protocol::pack(part);
    hear({.kind = kind::call,
          .from = from,
          .room = rid,
          .id = id,
          .route = protocol::handover::route,
          .body = body});
}

void room_stage::answer_parts(errc code, const std::string& from)
{
    for (const auto id : std::exchange(parts_, {}))
        reply(id, code, from);
}

// ---- time

void room_stage::turn()
{
    for (end_turn(); !store.idle(); end_turn())
        store.complete();
    for (; on_disk && !on_disk->idle(); end_turn()) {
        on_disk->carry_out(clock);
        on_disk->tell();
    }
}

void room_stage::pass(milliseconds time)
{
    constexpr milliseconds step(100);
    for (milliseconds gone(0); gone < time; gone += step) {
        now += step;
        clock += 100;
        hear({.kind = kind::beat, .from = "broker"});
        server.line().on_tick(now);
        server.on_tick(now, clock);
        turn();
    }
}

} // namespace citron::backend::test
