#include "frontend/connector/room_calls.hpp"

#include "common/protocol/dispatcher.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace citron::frontend {

room_calls::room_calls(room_call_options options, cluster::rpc& rpc, protocol::counters& counters)
    : options_(options), rpc_(rpc), pages_(options.pages_at_once), retries_(counters.at("call.retries")),
      timeouts_(counters.at("call.timeouts"))
{
}

room_calls::call_id room_calls::start(room_call what, callback done, instant now)
{
    const auto id = next_++;
    bytes_ += what.body.size();
    call started{.what = std::move(what), .done = std::move(done), .retry_at = now};
    auto& c = calls_.emplace_hint(calls_.end(), id, std::move(started))->second;
    if (!held_)
        attempt(id, c, now);
    return id;
}

void room_calls::attempt(call_id id, call& c, instant now)
{
    c.waiting = false;
    if (!c.what.bulky)
        return ask(
            id, c, [this, id](const cluster::answer& a, instant at) { on_answer(id, a, at); }, now);
    pages_.ask(owner_of(c.what.room), c.what.client, id);
    ask_pages(now);
}

void room_calls::ask(call_id id, call& c, cluster::rpc::callback answered, instant now)
{
    retries_ += c.tried ? 1 : 0;
    if (c.tried && c.what.client != 0 && told_repeat_)
        repack(id, c);
    c.tried = true;
    const auto& [room, route, body, deadline, repeatable, bulky, client] = c.what;
    c.waiting = repeatable && !bulky; // it is asked for again then, and the first answer to any try counts
    c.retry_at = now + options_.try_for;
    rpc_.call_room(room, route, body, c.waiting ? deadline : std::min(c.retry_at, deadline),
                   std::move(answered));
}

/// Those whose turn it is.
void room_calls::ask_pages(instant now)
{
    while (!held_) {
        auto turn = pages_.next();
        if (!turn)
            return;
        const auto found = calls_.find(turn->call);
        if (found == calls_.end()) { // cancelled, or its deadline has passed
            pages_.end(*turn);
            continue;
        }
        const auto id = turn->call;
        ask(
            id, found->second,
            [this, turn = std::move(*turn)](const cluster::answer& a, instant at) {
                pages_.end(turn);
                on_answer(turn.call, a, at);
                ask_pages(at);
            },
            now);
    }
}

/// The owner by the newest view. It may be another one by now: then it counts for the wrong one, until go().
std::string room_calls::owner_of(std::string_view room) const
{
    const auto which = protocol::pick(room, owners_);
    return which == protocol::npos ? std::string{} : owners_[which];
}

void room_calls::repack(call_id id, call& c)
{
    bytes_ -= c.what.body.size();
    told_repeat_(id, c.what.client, c.what.body);
    bytes_ += c.what.body.size();
}

void room_calls::resend(call_id id, instant now)
{
    if (const auto found = calls_.find(id); found != calls_.end() && !held_)
        attempt(id, found->second, now);
}

void room_calls::on_answer(call_id id, const cluster::answer& a, instant now)
{
    const auto found = calls_.find(id);
    if (found == calls_.end())
        return; // answered by another try, or cancelled
    auto& c = found->second;
    const bool definite =
        a.who == cluster::speaker::addressee && a.code != errc::moved && a.code != errc::hole;
    if (definite)
        return finish(id, a, now);
    if (a.who == cluster::speaker::nobody && !c.what.repeatable)
        return finish(id, {errc::unavailable, {}}, now); // may have been carried out: never twice
    c.waiting = true;                                    // on_tick repeats it, or ends it at its deadline
    c.retry_at = now + options_.retry;
    if (a.code == errc::hole)
        if (const auto wanted = protocol::unpack<std::uint64_t>(a.body); wanted && told_hole_)
            told_hole_(id, c.what.client, *wanted, now);
}

void room_calls::cancel(call_id id)
{
    if (const auto node = calls_.extract(id))
        bytes_ -= node.mapped().what.body.size();
}

void room_calls::fail(call_id id, errc why, instant now)
{
    if (calls_.contains(id))
        finish(id, {why, {}}, now);
}

void room_calls::finish(call_id id, const cluster::answer& a, instant now)
{
    const auto node = calls_.extract(id);
    bytes_ -= node.mapped().what.body.size();
    node.mapped().done(a, now);
}

void room_calls::hold()
{
    held_ = true;
    for (auto& [id, c] : calls_)
        c.waiting = c.waiting || c.what.repeatable;
}

void room_calls::go(std::vector<std::string> owners, instant now)
{
    held_ = false;
    owners_ = std::move(owners);
    pages_.begin_anew();
    for (auto& [id, c] : calls_)
        if (c.what.repeatable || c.waiting) // else its one try is under way, and somebody will answer it
            attempt(id, c, now);
}

void room_calls::on_tick(instant now)
{
    std::vector<call_id> expired;
    for (auto& [id, c] : calls_) {
        if (now >= c.what.deadline)
            expired.push_back(id);
        else if (!held_ && c.waiting && now >= c.retry_at)
            attempt(id, c, now);
    }
    for (const auto id : expired) {
        ++timeouts_;
        if (calls_.contains(id))
            finish(id, {errc::timeout, {}}, now);
    }
}

} // namespace citron::frontend
