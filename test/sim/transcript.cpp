#include "test/sim/transcript.hpp"

#include "common/protocol/contract.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace citron::sim {

namespace {

using namespace protocol;

std::string text(const head& h)
{
    return fmt::format("t{}.r{} {:.4}:{}", h.term, h.rev, h.epoch, h.offset);
}
std::string text(const member& m)
{
    return fmt::format("{}@{}.{:x}/{} next={}", m.user, m.connector, m.boot & 0xfffU, m.session, m.next);
}

std::string text(const std::vector<member>& all)
{
    std::string out;
    for (const auto& m : all)
        out += text(m) + ", ";
    return out;
}

std::string text(const view& v)
{
    std::string out = fmt::format("view {} of {:x} gen {}{}:", v.number, v.broker & 0xfffU, v.generation,
                                  v.ready ? "" : " NOT READY");
    for (const auto& s : v.servers)
        out += fmt::format(" {}.{:x}#{:x}{}", s.id, s.boot & 0xfffU, s.nonce & 0xfffU,
                           s.draining ? "(drains)" : "");
    for (const auto& d : v.dropped)
        out += fmt::format(" -{}.{:x}", d.id, d.boot & 0xfffU);
    return out;
}

std::string text(const client_request& r)
{
    return fmt::format("{} number={} low={} {}", text(r.who), r.number, r.low, r.body.data);
}

std::string text(const hello& h)
{
    return "knows " + text(h.newest);
}
std::string text(const welcome& w)
{
    return (w.fresh ? "FRESH " : "") + text(w.now);
}
std::string text(const refusal& r)
{
    return r.reason;
}
std::string text(const generation_mark& m)
{
    return fmt::format("gen {}", m.generation);
}
std::string text(const add& a)
{
    return text(a.who);
}
std::string text(const kick& k)
{
    return text(k.who);
}
std::string text(const sync& s)
{
    return text(s.seen);
}
std::string text(const deliver& d)
{
    return fmt::format("to {} from {} number={} {}", d.session, d.from, d.number, d.push.data.substr(6));
}
std::string text(const evict& e)
{
    return fmt::format("{} {}", e.session, e.reason);
}

std::string text(const enroll& e)
{
    std::string out = fmt::format("gen {}{}{}", e.generation, e.first ? " first" : "", e.last ? " last" : "");
    for (const auto& entry : e.rooms)
        if (const auto r = unpack<enrolled_room>(entry.room.data))
            out += fmt::format(" {}[{}: {}joining {}]", entry.rid, text(r->seen), text(r->members),
                               fmt::join(r->joining, ","));
    return out;
}

std::string text(const handover& h)
{
    return fmt::format("{}{} {}messages={} answers={}", h.last ? "last " : "", text(h.at), text(h.members),
                       h.messages.size(), h.answers.size());
}

std::string text(const broadcast& b)
{
    const auto json = b.push.data.find('{');
    return fmt::format("{} {}", text(b.at), json == std::string::npos ? "" : b.push.data.substr(json));
}

std::string text(const heads& h)
{
    std::string out;
    for (const auto& r : h.rooms)
        out += r.rid + " " + text(r.at) + ", ";
    return out;
}

std::string text(const sync_state& s)
{
    return fmt::format("{}{} messages={}{}{} evicted={}", text(s.at),
                       s.roster_known ? fmt::format(" [{}]", fmt::join(s.users, " ")) : "", s.messages.size(),
                       s.more ? " more" : "", s.lost ? " LOST" : "", fmt::join(s.evicted, ","));
}

template <typename T>
std::string as(std::string_view body)
{
    const auto value = unpack<T>(body);
    return value ? text(*value) : "undecodable";
}

std::string body_of(const envelope& e)
{
    switch (e.kind) {
    case kind::hello:
        return as<hello>(e.body);
    case kind::welcome:
        return as<welcome>(e.body);
    case kind::refused:
        return as<refusal>(e.body);
    case kind::view:
        return as<view>(e.body);
    case kind::done:
    case kind::settled:
        return as<generation_mark>(e.body);
    case kind::enroll:
        return as<enroll>(e.body);
    case kind::reply:
        return fmt::format("code={} {}", static_cast<int>(e.code), e.body.starts_with('{') ? e.body : "");
    default:
        break;
    }
    if (e.route == add::route)
        return as<add>(e.body);
    if (e.route == kick::route)
        return as<kick>(e.body);
    if (e.route == sync::route)
        return as<sync>(e.body);
    if (e.route == deliver::route)
        return as<deliver>(e.body);
    if (e.route == evict::route)
        return as<evict>(e.body);
    if (e.route == handover::route)
        return as<handover>(e.body);
    if (e.route == channel_state)
        return as<sync_state>(e.body);
    if (e.route == channel_heads)
        return as<heads>(e.body);
    if (e.route == channel_push)
        return as<broadcast>(e.body);
    return as<client_request>(e.body);
}

} // namespace

std::string transcript(const envelope& e)
{
    return fmt::format(
        "{}{}{}{} view={} {} {}", name_of(e.kind), e.room.empty() ? "" : fmt::format(" room={}", e.room),
        e.id ? fmt::format(" id={:x}", e.id & 0xffffffU) : "",
        e.from.empty() ? "" : fmt::format(" from={}", e.from), e.view.number, e.route, body_of(e));
}

} // namespace citron::sim
