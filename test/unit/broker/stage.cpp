#include "test/unit/broker/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace citron::broker::test {

using protocol::kind;
using protocol::milliseconds;
using protocol::server_kind;

namespace {

std::string text_of(const protocol::view& v)
{
    std::vector<std::string> ids;
    for (const auto& server : v.servers)
        ids.push_back(server.id + (server.draining ? "*" : ""));
    return fmt::format("{}{}.{} {}", v.ready ? "" : "!", v.number, v.generation,
                       ids.empty() ? "-" : fmt::format("{}", fmt::join(ids, ",")));
}

std::string text_of(const protocol::envelope& e)
{
    const auto name = protocol::name_of(e.kind);
    switch (e.kind) {
    case kind::welcome: {
        const auto body = protocol::unpack<protocol::welcome>(e.body).value();
        return fmt::format("welcome{} {}", body.fresh ? " fresh" : "", text_of(body.now));
    }
    case kind::view:
        return fmt::format("view {}", text_of(protocol::unpack<protocol::view>(e.body).value()));
    case kind::refused:
        return "refused " + protocol::unpack<protocol::refusal>(e.body).value().reason;
    case kind::settled:
        return fmt::format("settled {}", protocol::unpack<protocol::generation_mark>(e.body)->generation);
    case kind::reply:
        return fmt::format("reply {} {} from {}", e.id, protocol::reason(e.code), e.from);
    case kind::enroll: {
        const auto list = protocol::unpack<protocol::enroll>(e.body).value();
        std::string rooms;
        for (const auto& room : list.rooms)
            rooms += " " + room.rid;
        return fmt::format("enroll from {}{}{}{}", e.from, list.first ? " first" : "",
                           list.last ? " last" : "", rooms);
    }
    default:
        return e.id ? fmt::format("{} {} from {}", name, e.id, e.from)
                    : fmt::format("{} from {}", name, e.from);
    }
}

} // namespace

stage::stage(registry_options options) : board(std::move(options), counters, now) {}

actor stage::make(std::string id, server_kind kind, std::uint64_t boot)
{
    return {{.id = std::move(id), .kind = static_cast<std::uint8_t>(kind), .boot = boot, .nonce = ++nonces_},
            {}};
}

actor stage::enter(std::string id, server_kind kind)
{
    auto who = make(std::move(id), kind);
    hello(who);
    if (kind == server_kind::connector)
        subscribe(who);
    (void)hears(who);
    return who;
}

void stage::hello(actor& who)
{
    const auto body = protocol::pack(protocol::hello{who.self, who.known, 1});
    say(who, {.kind = kind::hello, .body = body});
}

void stage::reopen(actor& who)
{
    who.self.nonce = ++nonces_;
    hello(who);
}

void stage::subscribe(const actor& who, bool on)
{
    board.on_subscription(who.topic(), on, now);
}

void stage::say(const actor& who, protocol::envelope e)
{
    e.from = who.self.id;
    e.view = who.known.id();
    board.on_frame(who.identity(), protocol::encode(e), now, role);
}

void stage::done(const actor& who, std::uint64_t generation)
{
    const auto body = protocol::pack(protocol::generation_mark{generation});
    say(who, {.kind = kind::done, .body = body});
}

void stage::pass(milliseconds time, const std::vector<const actor*>& beating)
{
    constexpr milliseconds step(100);
    for (milliseconds gone(0); gone < time; gone += step) {
        now += step;
        if ((gone + step) % milliseconds(500) == milliseconds(0))
            for (const auto* who : beating)
                say(*who, kind::beat);
        board.on_tick(now);
    }
}

void stage::stand_still(milliseconds time)
{
    now += time;
}

void stage::collect()
{
    std::vector<delivery> deliveries;
    std::vector<publication> publications;
    board.take_deliveries(deliveries);
    board.take_publications(publications);
    for (const auto& d : deliveries)
        inbox_[std::string(d.identity.view())].emplace_back(d.bytes.view());
    for (const auto& p : publications)
        inbox_[std::string(p.topic.view())].emplace_back(p.bytes.view());
}

std::string stage::hears(actor& who)
{
    collect();
    std::vector<std::string> words;
    for (const auto& bytes : std::exchange(inbox_[who.identity()], {})) {
        const auto e = protocol::decode(bytes).value();
        if (e.kind == kind::beat)
            continue;
        words.push_back(text_of(e));
        if (e.kind == kind::view)
            who.known = protocol::unpack<protocol::view>(e.body).value();
        if (e.kind == kind::welcome)
            who.known = protocol::unpack<protocol::welcome>(e.body).value().now;
    }
    return fmt::format("{}", fmt::join(words, "; "));
}

std::string stage::hears_on_topic(const actor& who)
{
    collect();
    std::vector<std::string> words;
    for (const auto& bytes : std::exchange(inbox_[who.topic()], {}))
        words.push_back(text_of(protocol::decode(bytes).value()));
    return fmt::format("{}", fmt::join(words, "; "));
}

std::vector<std::string> stage::frames(const actor& who)
{
    collect();
    return inbox_[who.identity()];
}

std::string stage::now_alive() const
{
    return text_of(board.peers().view());
}

} // namespace citron::broker::test
