// What a stage reads off the line of its chat server.
#include "common/protocol/package.hpp"
#include "test/unit/backend/room_stage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace citron::backend::test {

using protocol::envelope;
using protocol::head;
using protocol::kind;

namespace {

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
    return {.term = room_stage::term(1, term), .rev = rev, .epoch = epoch(1), .offset = offset};
}

std::uint64_t room_stage::term(std::uint64_t generation, std::uint64_t number)
{
    return (generation << 32U) + number;
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
    const auto generation = at.term >> 32U, number = at.term - (generation << 32U);
    const auto lies_in = generation == 1 ? std::string() : fmt::format("{}/", generation);
    return fmt::format("{}{}.{} {}@{}", lies_in, number, at.rev, named(at.epoch), at.offset);
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
    if (asked_[e.id] == protocol::handover::route)
        return fmt::format("{}: part {}", e.to.front(), name_of(e.code));
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
    return "forwarded " + std::string(e.route);
}

std::string room_stage::text_of(const protocol::handover& part)
{
    std::string text = part.last ? "last " + text_of(part.at) : "part";
    if (!part.messages.empty())
        text += ", messages " + offsets_of(part.messages);
    if (!part.members.empty())
        text += ", " + joined(part.members, [](const auto& m) { return m.user; });
    if (!part.answers.empty())
        text += ", answers " + joined(part.answers, [](const auto& a) { return a.number; });
    for (const auto& one : part.absent)
        text += fmt::format(", {} has {} ms", one.connector.id, one.left_ms);
    if (!part.away.empty())
        text += fmt::format(", away {}", fmt::join(part.away, " "));
    if (!part.replaced.empty())
        text += fmt::format(", replaced {}", fmt::join(part.replaced, " "));
    return text;
}

std::string room_stage::text_of_call(const envelope& e)
{
    calls.push_back(e.id);
    if (e.route == protocol::handover::route) {
        parts_.push_back(e.id);
        return fmt::format("{}: {}", e.room, text_of(protocol::unpack<protocol::handover>(e.body).value()));
    }
    const auto body = protocol::unpack<protocol::deliver>(e.body).value();
    return fmt::format("{}: {} deliver to {} {}", e.to.front(), e.room, body.session,
                       json_of(body.push.data));
}

std::string room_stage::text_of(const envelope& e)
{
    const auto to = e.to.empty() ? std::string(e.room) : fmt::format("{}", fmt::join(e.to, ","));
    switch (e.kind) {
    case kind::reply:
        return text_of_reply(e);
    case kind::notify:
        return e.to.empty() ? fmt::format("{}: {}", to, text_of_notify(e))
                            : fmt::format("{}: {} {}", to, e.room, text_of_notify(e));
    case kind::call:
        return text_of_call(e);
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
