#include "test/unit/frontend/connector/stage.hpp"

#include "common/protocol/json.hpp"
#include "common/protocol/package.hpp"
#include "common/protocol/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace citron::frontend::test {

using protocol::envelope;
using protocol::kind;
using protocol::member;
using protocol::server_info;
using protocol::server_kind;

namespace {

connector_options completed(connector_options o)
{
    o.peer.self = {
        .id = "c1", .kind = static_cast<std::uint8_t>(server_kind::connector), .boot = stage::boot};
    if (!o.rooms.random)
        o.rooms.random = [n = std::uint64_t{0}]() mutable { return ++n; };
    return o;
}

std::string words_of(const member& m)
{
    return fmt::format("{}#{}", m.user, m.session);
}

std::string words_of(const head& at)
{
    return fmt::format("{}.{}", at.term, at.rev);
}

std::string words_of(const protocol::enroll& list)
{
    auto words =
        fmt::format("enroll {}{}{}", list.generation, list.first ? " first" : "", list.last ? " last" : "");
    for (const auto& entry : list.rooms) {
        const auto room = protocol::unpack<protocol::enrolled_room>(entry.room.data).value();
        words += fmt::format(" {}@{}", entry.rid, words_of(room.seen));
        for (const auto& m : room.members)
            words += fmt::format(" {}/{}", words_of(m), m.next);
        for (const auto id : room.joining)
            words += fmt::format(" joining {}", id);
    }
    return words;
}

} // namespace

connector_options with_rooms(std::size_t so_many)
{
    connector_options o;
    o.rooms.rooms_per_connection = so_many;
    return o;
}

stage::stage(connector_options options) : server(completed(std::move(options)), counters, now)
{
    server.on_tick(now, unix_ms());
}

// ---- the broker

void stage::link()
{
    nonce_ = server.line().take_open(now).value();
}

void stage::hear_frame(envelope e)
{
    server.line().on_frame(protocol::encode(e), now);
}

void stage::welcome(const protocol::view& v)
{
    const auto body = protocol::pack(protocol::welcome{v, false});
    hear_frame({.kind = kind::welcome, .from = "broker", .body = body});
}

void stage::tell(const protocol::view& v)
{
    const auto body = protocol::pack(v);
    hear_frame({.kind = kind::view, .from = "broker", .body = body});
}

void stage::up()
{
    link();
    welcome(view(1));
    (void)sends();
}

void stage::fill_line()
{
    while (server.line().send({.kind = kind::notify})) {
    }
}

protocol::view stage::view(std::uint64_t generation) const
{
    auto self = completed({}).peer.self;
    self.nonce = nonce_;
    const server_info owner{.id = "s1", .kind = static_cast<std::uint8_t>(server_kind::chat), .boot = 5};
    return {
        .broker = 9, .number = generation, .generation = generation, .ready = true, .servers = {self, owner}};
}

// ---- clients

session& stage::connect()
{
    session& s = *server.sessions().open(now);
    const auto hello =
        protocol::encode_package(protocol::package_type::handshake, R"({"sys":{"type":"test"}})");
    const auto ack = protocol::encode_package(protocol::package_type::handshake_ack, "");
    server.sessions().on_message(s.id, hello + ack, now);
    (void)hear(s);
    return s;
}

void stage::ask(const session& s, std::uint32_t id, std::string_view route, std::string_view body)
{
    server.sessions().on_message(s.id, protocol::encode_request(id, route, body), now);
}

session& stage::member(const std::string& user, const std::string& rid)
{
    session& s = connect();
    enter(s, user, rid);
    return s;
}

void stage::enter(session& s, const std::string& user, const std::string& rid, const head& position)
{
    ask(s, 1000, "connector.entryHandler.enter", protocol::json{{"username", user}, {"rid", rid}}.dump());
    (void)sends();
    admit("add " + rid, position, {user});
    (void)hear(s);
    (void)sends();
}

void stage::join(session& s, const std::string& rid, const head& position)
{
    ask(s, 1001, "connector.entryHandler.join", protocol::json{{"rid", rid}}.dump());
    (void)sends();
    admit("add " + rid, position);
    (void)hear(s);
}

// ---- what the cluster is told

stage::sent stage::read(const envelope& e)
{
    sent s{.room = std::string(e.room), .id = e.id};
    const auto route = protocol::parse_route(e.route);
    const auto method = route ? std::string(route->method) : std::string();
    if (e.kind == kind::reply) {
        s.words = fmt::format("reply {} {}{}{}", e.id, reason(e.code), e.body.empty() ? "" : " ", e.body);
    } else if (e.kind == kind::enroll) {
        s.words = words_of(protocol::unpack<protocol::enroll>(e.body).value());
    } else if (e.route == protocol::add::route) {
        const auto body = protocol::unpack<protocol::add>(e.body).value();
        s.who = body.who;
        const auto since = fmt::format(" since {}/{}", body.since_epoch, body.since_offset);
        s.words = fmt::format("add {} {}{}", e.room, words_of(s.who), body.resume ? since : "");
    } else if (e.route == protocol::kick::route) {
        const auto body = protocol::unpack<protocol::kick>(e.body).value();
        s.who = body.who;
        s.words = fmt::format("kick {} {}{}", e.room, words_of(s.who), body.moving ? " moving" : "");
    } else if (e.route == protocol::sync::route) {
        s.words = fmt::format("sync {} {}", e.room,
                              words_of(protocol::unpack<protocol::sync>(e.body).value().seen));
    } else if (e.kind == kind::call) {
        const auto body = protocol::unpack<protocol::client_request>(e.body).value();
        s.who = body.who;
        answered_before = body.answered;
        const auto number = body.number ? fmt::format(" {}/{}", body.number, body.low) : "";
        s.words = fmt::format("{} {} {}{} {}", method, e.room, words_of(s.who), number, body.body.data);
    }
    return s;
}

strings stage::sends()
{
    strings words;
    for (auto& line = server.line(); line.outgoing(); line.pop_outgoing()) {
        auto s = read(protocol::decode(*line.outgoing()).value());
        if (s.words.empty())
            continue;
        words.push_back(s.words);
        sent_.push_back(std::move(s));
    }
    return words;
}

const stage::sent& stage::newest(std::string_view what) const
{
    const auto backwards = std::ranges::reverse_view(sent_);
    const auto found =
        std::ranges::find_if(backwards, [what](const sent& s) { return s.words.starts_with(what); });
    if (found == backwards.end())
        throw std::logic_error("never sent: " + std::string(what));
    return *found;
}

void stage::answer(std::string_view what, errc code, std::string_view body, const std::string& from)
{
    const auto& call = newest(what);
    hear_frame({.kind = kind::reply,
                .from = from,
                .to = {"c1"},
                .room = call.room,
                .id = call.id,
                .code = code,
                .body = body});
}

void stage::admit(std::string_view what, const head& position, std::vector<std::string> users)
{
    answer(what, errc::ok,
           protocol::pack(protocol::added{.at = position, .joined = 1, .users = std::move(users)}));
}

member stage::who(std::string_view what) const
{
    return newest(what).who;
}

// ---- what the cluster tells

void stage::publish(const std::string& rid, const head& at)
{
    const protocol::broadcast b{
        .rid = rid, .at = at, .push = {protocol::encode_push("onChat", std::to_string(at.offset))}};
    publish(protocol::channel_push, protocol::pack(b));
}

void stage::publish(std::string_view route, std::string_view body)
{
    const auto bytes =
        protocol::encode({.kind = kind::broadcast, .from = "s1", .to = {"c1"}, .route = route, .body = body});
    server.line().on_published(protocol::topic_of("c1", nonce_) + bytes, now);
}

void stage::call(std::uint64_t id, std::string_view route, std::string_view body, const std::string& rid)
{
    hear_frame({.kind = kind::call,
                .from = "s1",
                .to = {"c1"},
                .room = rid,
                .id = id,
                .route = route,
                .body = body});
}

void stage::notify(std::string_view route, std::string_view body, const std::string& rid)
{
    hear_frame({.kind = kind::notify, .from = "s1", .to = {"c1"}, .room = rid, .route = route, .body = body});
}

void stage::pass(milliseconds time)
{
    const auto beat = protocol::encode({.kind = kind::beat, .from = "broker"});
    for (const auto until = now + time; now < until;) {
        now += milliseconds(50);
        server.line().on_frame(beat, now);
        server.line().on_published(protocol::topic_of("c1", nonce_) + beat, now);
        server.line().on_tick(now);
        server.on_tick(now, unix_ms());
    }
}

} // namespace citron::frontend::test
