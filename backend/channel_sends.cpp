// What members say in a room: to all, to one, and each numbered send once.
#include "backend/channel.hpp"

#include "common/protocol/package.hpp"

#include <algorithm>
#include <initializer_list>
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

} // namespace

void channel::publish(const backend_session& from, json_writer chat)
{
    const auto cid = from.text("cid");
    if (cid.size() > longest_cid)
        return finish(from, errc::bad_request);
    if (!cid.empty())
        chat.add("cid", cid);
    auto open = std::move(chat).open();
    storing_.push_back({from.to_answer_later(), open, from.text("route")});
    port_.keep({.rid = rid_,
                .term = at_.term,
                .time = next_time(),
                .chat = std::move(open),
                .sender = from.number ? key_of(from.who) : std::string(),
                .number = from.number,
                .again = from.number <= from.who.sent,
                .cid = cid.empty() ? std::string() : from.who.key + "/" + cid});
}

void channel::on_stored(const append_outcome& outcome)
{
    const auto done = std::move(storing_.front());
    storing_.pop_front();
    if (outcome.code == errc::moved)
        take_back(done.from);
    if (outcome.code != errc::ok)
        return finish(done.from, outcome.code);
    // The answer first, on the same ordered path: who sees the broadcast knows that the answer is ahead of
    // any view.
    finish(done.from, errc::ok,
           receipt({{"offset", outcome.offset}, {"epoch", at_.epoch}, {"time", outcome.time}}, done.route));
    if (outcome.repeat)
        return; // broadcast when it was stored, or told to connectors when the room was opened
    at_.offset = outcome.offset;
    ++at_.rev;
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

void channel::whisper(const backend_session& from, const std::string& user, json_writer chat)
{
    const auto [first, last] = by_user_.equal_range(user);
    if (first == last)
        return finish(from, errc::no_such_user);
    const auto time = next_time();
    chat.add("time", time);
    if (const auto cid = from.text("cid"); !cid.empty())
        chat.add("cid", cid);
    const auto answer = receipt({{"time", time}}, from.text("route"));
    const auto push = protocol::encode_push("onChat", std::move(chat).close());
    std::vector<member> targets;
    std::transform(first, last, std::back_inserter(targets),
                   [](const auto& entry) { return entry.second->who; });
    const auto sender = from.to_answer_later();
    whispering_.insert_or_assign({sender.who, sender.number}, whispered_to{targets.size()});
    for (const auto& to : targets)
        port_.deliver(rid_, sender, to, push, answer);
}

void channel::whispered(const open_request& from, errc code, std::string_view answer)
{
    const auto found = whispering_.find({from.who, from.number});
    if (found == whispering_.end())
        return;
    auto& w = found->second;
    if (code == errc::ok || w.outcome != errc::ok) {
        w.outcome = code;
        w.answer = answer;
    }
    if (--w.left > 0)
        return;
    const auto ended = std::move(w);
    whispering_.erase(found);
    finish(from, ended.outcome, ended.answer);
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
    if (first->answer)
        port_.answer(reply_to, rid_, first->answer->first, first->answer->second);
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
