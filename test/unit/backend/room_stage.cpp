#include "test/unit/backend/room_stage.hpp"

#include "common/protocol/dispatcher.hpp"
#include "common/protocol/package.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

std::string_view name_of(errc code)
{
    if (code == errc::moved)
        return "moved";
    return code == errc::hole ? "hole" : protocol::reason(code);
}

std::string json_of(std::string_view push)
{
    const auto package = protocol::take_package(push);
    const auto message = package ? protocol::decode_message(package->body) : std::unexpected(package.error());
    return message ? std::string(message->body) : "not a push";
}

template <typename List, typename Name>
std::string joined(const List& list, Name name)
{
    std::vector<std::string> names;
    for (const auto& one : list)
        names.push_back(fmt::format("{}", name(one)));
    return fmt::format("{}", fmt::join(names, " "));
}

std::string offsets_of(const std::vector<protocol::message>& messages)
{
    return joined(messages, [](const auto& m) { return m.offset; });
}

} // namespace

room_stage::room_stage(channel_options options)
    : store({}, counters), server(options_of(options), store, counters, now)
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
    hear({.kind = kind::call,
          .from = from,
          .room = rid,
          .id = next_call_++,
          .route = std::string(route),
          .body = body});
}

void room_stage::notify(const std::string& from, std::string_view route, const std::string& body)
{
    hear({.kind = kind::notify, .from = from, .room = rid, .route = std::string(route), .body = body});
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
    const protocol::json body{{"content", text}, {"target", "*"}};
    ask(who, "chat.chatHandler.send", body.dump(), number, low);
}

void room_stage::reply(std::uint64_t call, errc code)
{
    hear({.kind = kind::reply, .from = "c1", .to = {"s1"}, .id = call, .code = code});
}

void room_stage::hand_over(const protocol::handover& part)
{
    notify("s2", protocol::channel_handover, protocol::pack(part));
}

// ---- time

void room_stage::turn()
{
    for (end_turn(); !store.idle(); end_turn())
        store.complete();
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

// ---- what it says

std::string room_stage::named(const std::string& epoch)
{
    if (epoch.empty())
        return "-";
    auto found = std::ranges::find(epochs_, epoch);
    if (found == epochs_.end())
        found = epochs_.insert(epochs_.end(), epoch);
    return fmt::format("e{}", found - epochs_.begin() + 1);
}

std::string room_stage::epoch(std::size_t number) const
{
    return epochs_.at(number - 1);
}

head room_stage::at(std::uint64_t term, std::uint64_t rev, std::uint64_t offset) const
{
    return {.term = term, .rev = rev, .epoch = epoch(1), .offset = offset};
}

/// Client JSON with the epochs by their names.
std::string room_stage::renamed(std::string text)
{
    for (std::size_t i = 0; i < epochs_.size(); ++i)
        for (std::size_t at = 0; (at = text.find(epochs_[i], at)) != std::string::npos;)
            text.replace(at, epochs_[i].size(), fmt::format("e{}", i + 1));
    return text;
}

std::string room_stage::text_of(const head& at)
{
    return fmt::format("{}.{} {}@{}", at.term, at.rev, named(at.epoch), at.offset);
}

std::string room_stage::text_of(const protocol::sync_state& s)
{
    auto text = "at " + text_of(s.at);
    if (!s.messages.empty())
        text += ", messages " + offsets_of(s.messages);
    text += s.more ? ", more" : "";
    text += s.lost ? ", lost" : "";
    if (s.roster_known)
        text += fmt::format(", [{}]", fmt::join(s.users, " "));
    if (!s.evicted.empty())
        text += fmt::format(", evicted {}", fmt::join(s.evicted, " "));
    return text;
}

std::string room_stage::text_of_reply(const envelope& e)
{
    const auto intro = fmt::format("{}: #{} {}", e.to.front(), e.id, name_of(e.code));
    if (e.code == errc::hole)
        return fmt::format("{} {}", intro, protocol::unpack<std::uint64_t>(e.body).value());
    if (e.body.empty())
        return intro;
    if (asked_[e.id] == protocol::sync::route)
        return intro + " " + text_of(protocol::unpack<protocol::sync_state>(e.body).value());
    if (asked_[e.id] != protocol::add::route)
        return intro + " " + renamed(std::string(e.body));
    const auto a = protocol::unpack<protocol::added>(e.body).value();
    auto text = fmt::format("{} {} [{}]", intro, text_of(a.at), fmt::join(a.users, " "));
    text += a.recovered ? ", recovered" : "";
    return a.messages.empty() ? text : text + ", messages " + offsets_of(a.messages);
}

std::string room_stage::text_of_notify(const envelope& e)
{
    if (e.route == protocol::channel_state)
        return text_of(protocol::unpack<protocol::sync_state>(e.body).value());
    if (e.route == protocol::evict::route) {
        const auto body = protocol::unpack<protocol::evict>(e.body).value();
        return fmt::format("evict {} {}", body.session, body.reason);
    }
    if (e.route != protocol::channel_handover)
        return "forwarded " + e.route;
    const auto part = protocol::unpack<protocol::handover>(e.body).value();
    std::string text = part.last ? "last " + text_of(part.at) : "part";
    if (!part.messages.empty())
        text += ", messages " + offsets_of(part.messages);
    if (!part.members.empty())
        text += ", " + joined(part.members, [](const auto& m) { return m.user; });
    if (!part.answers.empty())
        text += ", answers " + joined(part.answers, [](const auto& a) { return a.number; });
    return text;
}

std::string room_stage::text_of(const envelope& e)
{
    const auto to = e.to.empty() ? e.room : fmt::format("{}", fmt::join(e.to, ","));
    switch (e.kind) {
    case kind::reply:
        return text_of_reply(e);
    case kind::notify:
        return e.to.empty() ? fmt::format("{}: {}", to, text_of_notify(e))
                            : fmt::format("{}: {} {}", to, e.room, text_of_notify(e));
    case kind::call: {
        calls.push_back(e.id);
        const auto body = protocol::unpack<protocol::deliver>(e.body).value();
        return fmt::format("{}: {} deliver to {} {}", to, e.room, body.session, json_of(body.push.data));
    }
    case kind::broadcast:
        if (e.route == protocol::channel_heads) {
            const auto list = protocol::unpack<protocol::heads>(e.body).value();
            return fmt::format("{}: heads {}", to, joined(list.rooms, [&](const auto& r) {
                                   return r.rid + " " + text_of(r.at);
                               }));
        } else {
            const auto b = protocol::unpack<protocol::broadcast>(e.body).value();
            const auto at = text_of(b.at);
            return fmt::format("{}: {} {} {}", to, b.rid, at, renamed(json_of(b.push.data)));
        }
    case kind::done:
        return fmt::format("done {}", protocol::unpack<protocol::generation_mark>(e.body)->generation);
    default:
        return std::string(protocol::name_of(e.kind));
    }
}

lines room_stage::says()
{
    end_turn();
    lines said;
    for (auto& line = server.line(); line.outgoing(); line.pop_outgoing()) {
        const auto e = protocol::decode(*line.outgoing()).value();
        if (e.kind != kind::beat && e.kind != kind::hello)
            said.push_back(text_of(e));
    }
    return said;
}

} // namespace citron::backend::test
