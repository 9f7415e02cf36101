// What members say in a room: to all, to one, and each numbered send once.
#include "backend/channel.hpp"

#include "common/protocol/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

namespace citron::backend {

using protocol::client_request;
using protocol::event;
using protocol::member;

namespace {

constexpr std::size_t longest_cid = 128; // bytes

/// What a sender is told of its message, plus a `route` if it named one.
std::string receipt(std::initializer_list<protocol::json_member> known, const std::string& route)
{
    json_writer answer(known);
    if (!route.empty())
        answer.add("route", route);
    return std::move(answer).close();
}

/// The same whatever connection it comes by. `to`: one user, who is part of the name; no user's holds a NUL.
/// Empty: the client gave it no name.
std::string name_of(const backend_session& from, const std::string& cid, std::string_view to = {})
{
    if (cid.empty())
        return {};
    return to.empty() ? fmt::format("{}/{}", from.who.key, cid)
                      : fmt::format("{}>{}{}{}", from.who.key, to, '\0', cid);
}

} // namespace

void channel::publish(const backend_session& from, json_writer chat)
{
    const auto cid = from.text("cid");
    if (cid.size() > longest_cid)
        return finish(from, errc::bad_request);
    if (!cid.empty())
        chat.add("cid", cid);
    auto open = std::move(chat).open();
    storing_.push_back({append::kind::message, from.to_answer_later(), open, from.text("route")});
    port_.keep({.rid = rid_,
                .term = at_.term,
                .time = next_time(),
                .chat = std::move(open),
                .sender = from.number ? key_of(from.who) : std::string(),
                .number = from.number,
                .again = from.number <= from.who.sent,
                .cid = name_of(from, cid)});
}

void channel::on_stored(const append_outcome& outcome)
{
    const auto done = std::move(storing_.front());
    storing_.pop_front();
    if (outcome.code == errc::moved && done.what != append::kind::name)
        take_back(done.from);
    done.what == append::kind::message ? on_message_stored(done, outcome) : on_name_stored(done, outcome);
}

void channel::on_message_stored(const storing& done, const append_outcome& outcome)
{
    if (outcome.code != errc::ok)
        return finish(done.from, outcome.code);
    // The answer first, on the same ordered path: who sees the broadcast knows that the answer is ahead of
    // any view.
    finish(done.from, errc::ok,
           receipt({{"offset", outcome.offset}, {"epoch", at_.epoch}, {"time", outcome.time}}, done.route));
    if (outcome.offset <= at_.offset)
        return; // a repeat: broadcast when it was stored, or told to connectors when the room was opened
    // Should the store have messages between that it had called not stored, a missing rev makes them asked
    // for.
    at_.rev += outcome.offset == at_.offset + 1 ? 1 : 2;
    at_.offset = outcome.offset;
    const auto json = stamped(done.chat, outcome.offset, at_.epoch, outcome.time);
    port_.publish(connectors_, {.rid = rid_,
                                .at = at_,
                                .what = static_cast<std::uint8_t>(event::chat),
                                .user = {},
                                .push = {protocol::encode_push("onChat", json)}});
}

/// The sender will ask whoever has the room now; should that be us again, this send is the next.
void channel::take_back(const open_request& from)
{
    const auto sender = by_session(from.who);
    if (sender == seats_.end() || from.number == 0)
        return;
    std::erase_if(sender->sends, [&from](const seat::send& s) { return s.number == from.number; });
    sender->who.next = std::min(sender->who.next, from.number);
}

// ---- to one user: is its cid known? - into an outbox - its cid is known from now on - the answer

void channel::whisper(const backend_session& from, const std::string& user, json_writer chat)
{
    const auto cid = from.text("cid");
    if (cid.size() > longest_cid)
        return finish(from, errc::bad_request);
    const auto time = next_time();
    chat.add("time", time);
    if (!cid.empty())
        chat.add("cid", cid);
    auto sender = from.to_answer_later();
    const auto key = std::pair(sender.who, sender.number);
    const auto [kept, _] = whispering_.insert_or_assign(
        key, whispered_to{.from = std::move(sender),
                          .user = user,
                          .name = name_of(from, cid, user),
                          .push = protocol::encode_push("onChat", std::move(chat).close()),
                          .time = time,
                          .route = from.text("route")});
    cid.empty() ? deliver(kept) : keep_name(kept->second, append::kind::question);
}

void channel::keep_name(const whispered_to& w, append::kind what)
{
    storing_.push_back({what, w.from, {}, {}});
    port_.keep({.what = what, .rid = rid_, .term = at_.term, .time = w.time, .cid = w.name});
}

void channel::on_name_stored(const storing& done, const append_outcome& outcome)
{
    const auto found = whispering_.find({done.from.who, done.from.number});
    if (found == whispering_.end())
        return;
    const bool unheard_of = outcome.code == errc::ok && !outcome.repeat;
    if (done.what == append::kind::question && unheard_of)
        return deliver(found);
    found->second.time = outcome.time; // of its first try
    // Shown, but nobody will know: its sender may say it again, and later sends have their answers already.
    const bool unknown = outcome.code == errc::moved && done.what == append::kind::name;
    end_whisper(found, unknown ? errc::unavailable : outcome.code);
}

void channel::deliver(whisper_place w)
{
    std::vector<member> targets;
    const auto [first, last] = by_user_.equal_range(w->second.user);
    for (auto one = first; one != last; ++one)
        if (!one->second->away)
            targets.push_back(one->second->who);
    if (targets.empty())
        return end_whisper(w, errc::no_such_user);
    w->second.left = targets.size();
    for (const auto& to : targets)
        port_.deliver(rid_, w->second.from, to, w->second.name, w->second.push);
}

void channel::whispered(const open_request& from, errc code)
{
    const auto found = whispering_.find({from.who, from.number});
    if (found == whispering_.end())
        return;
    auto& w = found->second;
    if (code == errc::ok || w.outcome != errc::ok)
        w.outcome = code;
    if (--w.left > 0)
        return;
    w.outcome == errc::ok && !w.name.empty() ? keep_name(w, append::kind::name)
                                             : end_whisper(found, w.outcome);
}

void channel::end_whisper(whisper_place w, errc code)
{
    const auto ended = std::move(w->second);
    whispering_.erase(w);
    finish(ended.from, code, code == errc::ok ? receipt({{"time", ended.time}}, ended.route) : std::string());
}

void channel::signal(const backend_session& from, json_writer push)
{
    announce(event::signal, from.who.user, "onSignal", std::move(push), connectors_);
    finish(from, errc::ok, "{}");
}

// ---- numbered sends

channel::admission channel::admit(seat& from, const client_request& request, const caller& reply_to)
{
    from.who.next = std::max(from.who.next, request.low); // below that all is answered, if not by us
    while (!from.sends.empty() && from.sends.front().number < request.low)
        from.sends.pop_front();
    if (request.answered != 0 &&
        request.answered <= from.who.next) // what lies between was answered, if by a former owner
        from.who.next = std::max(from.who.next, request.number);
    if (request.number > from.who.next)
        return admission::hole;
    if (request.number == from.who.next) {
        from.sends.push_back({request.number, reply_to, std::nullopt});
        ++from.who.next;
        return admission::next;
    }
    const auto first = std::ranges::find(from.sends, request.number, &seat::send::number);
    if (first == from.sends.end())
        return admission::past;
    first->reply_to = reply_to;
    for (auto& waits : storing_) // the seat may be gone by the time it is stored
        if (waits.from.number == request.number && session_ref(waits.from.who) == session_ref(from.who))
            waits.from.reply_to = reply_to;
    if (const auto& answer = first->answer)
        port_.answer(reply_to, rid_, answer->first, answer->second);
    return admission::repeat;
}

/// Of a member, or of one that is remembered; nullptr: of neither.
send_list* channel::sends_of(const session_ref& who)
{
    if (const auto s = by_session(who); s != seats_.end())
        return &s->sends;
    const auto former = former_.find(key_of(who));
    return former == former_.end() ? nullptr : &former->second;
}

void channel::finish(const session_ref& who, std::uint64_t number, const caller& reply_to, errc code,
                     std::string_view body)
{
    const auto* waits = &reply_to;
    if (auto* sends = number ? sends_of(who) : nullptr) {
        const auto sent = std::ranges::find(*sends, number, &seat::send::number);
        if (sent != sends->end()) {
            sent->answer.emplace(code, body);
            waits = &sent->reply_to; // of its last try
        }
    }
    port_.answer(*waits, rid_, code, body);
}

} // namespace citron::backend
