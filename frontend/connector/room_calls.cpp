#include "frontend/connector/room_calls.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace citron::frontend {

room_calls::room_calls(room_call_options options, cluster::rpc& rpc, protocol::counters& counters)
    : options_(options), rpc_(rpc), retries_(counters.at("call.retries")),
      timeouts_(counters.at("call.timeouts"))
{
}

room_calls::call_id room_calls::start(std::string room, std::string_view route, std::string body,
                                      instant deadline, bool repeatable, callback done, instant now,
                                      session_id client)
{
    const auto id = next_++;
    bytes_ += body.size();
    call started{std::move(room), route, std::move(body), deadline, now, repeatable, std::move(done), client};
    auto& c = calls_.emplace_hint(calls_.end(), id, std::move(started))->second;
    if (!held_)
        attempt(id, c, now);
    return id;
}

void room_calls::attempt(call_id id, call& c, instant now)
{
    retries_ += c.tried ? 1 : 0;
    if (c.tried && c.client != 0 && told_repeat_)
        repack(id, c);
    c.tried = true;
    c.waiting = false;
    rpc_.call_room(c.room, c.route, c.body, std::min(now + options_.try_for, c.deadline),
                   [this, id](const cluster::answer& a, instant at) { on_answer(id, a, at); });
}

void room_calls::repack(call_id id, call& c)
{
    bytes_ -= c.body.size();
    told_repeat_(id, c.client, c.body);
    bytes_ += c.body.size();
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
    if (a.who == cluster::speaker::nobody && !c.repeatable)
        return finish(id, {errc::unavailable, {}}, now); // may have been carried out: never twice
    c.waiting = true;                                    // on_tick repeats it, or ends it at its deadline
    c.retry_at = now + options_.retry;
    if (a.code == errc::hole)
        if (const auto wanted = protocol::unpack<std::uint64_t>(a.body); wanted && told_hole_)
            told_hole_(id, c.client, *wanted, now);
}

void room_calls::cancel(call_id id)
{
    if (const auto node = calls_.extract(id))
        bytes_ -= node.mapped().body.size();
}

void room_calls::fail(call_id id, errc why, instant now)
{
    if (calls_.contains(id))
        finish(id, {why, {}}, now);
}

void room_calls::finish(call_id id, const cluster::answer& a, instant now)
{
    const auto node = calls_.extract(id);
    bytes_ -= node.mapped().body.size();
    node.mapped().done(a, now);
}

void room_calls::hold()
{
    held_ = true;
    for (auto& [id, c] : calls_)
        c.waiting = c.waiting || c.repeatable;
}

void room_calls::go(instant now)
{
    held_ = false;
    for (auto& [id, c] : calls_)
        if (c.repeatable || c.waiting) // else its one try is still under way, and somebody will answer it
            attempt(id, c, now);
}

void room_calls::on_tick(instant now)
{
    std::vector<call_id> expired;
    for (auto& [id, c] : calls_) {
        if (now >= c.deadline)
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
