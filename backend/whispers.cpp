#include "backend/whispers.hpp"

#include <algorithm>
#include <utility>

namespace citron::backend {

whispers::whispers(whisper_options options, cluster::rpc& rpc, protocol::counters& counters, completion done)
    : options_(options), rpc_(rpc), done_(std::move(done)), retries_(counters.at("whisper.retries")),
      failed_(counters.at("whisper.failed"))
{
}

void whispers::start(std::string rid, const open_request& from, const protocol::member& to,
                     const std::string& name, std::string push, instant now)
{
    const protocol::deliver body{.boot = to.boot,
                                 .session = to.session,
                                 .from = name.empty() ? key_of(from.who) : name,
                                 .number = name.empty() ? from.number : 0,
                                 .push = {std::move(push)}};
    const auto id = next_++;
    auto& p = pending_[id];
    p = {std::move(rid), from, to, protocol::pack(body), now + options_.give_up, now};
    attempt(id, p, now);
}

void whispers::attempt(std::uint64_t id, pending& p, instant now)
{
    p.trying = true;
    const auto deadline = std::min(now + options_.try_for, p.give_up);
    rpc_.call_server(p.to.connector, p.rid, protocol::deliver::route, p.body, deadline,
                     [this, id](const cluster::answer& a, instant at) { on_answer(id, a.code, at); });
}

void whispers::on_answer(std::uint64_t id, errc code, instant now)
{
    const auto found = pending_.find(id);
    if (found == pending_.end())
        return; // cancelled meanwhile
    auto& p = found->second;
    const bool again = code == errc::unavailable || code == errc::timeout;
    if (!again || now >= p.give_up)
        return finish(found, again ? errc::unavailable : code);
    ++retries_;
    p.trying = false;
    p.retry_at = now + options_.retry;
}

void whispers::finish(table::iterator p, errc code)
{
    failed_ += code == errc::ok ? 0 : 1;
    const auto ended = std::move(p->second);
    pending_.erase(p);
    done_(ended.rid, ended.from, code);
}

void whispers::on_tick(instant now)
{
    for (auto next = pending_.begin(); next != pending_.end();) {
        const auto current = next++;
        auto& p = current->second;
        if (!p.trying && now >= p.give_up)
            finish(current, errc::unavailable);
        else if (!p.trying && now >= p.retry_at)
            attempt(current->first, p, now);
    }
}

void whispers::on_new_link(const std::string& connector, instant now)
{
    for (auto& [id, p] : pending_)
        if (p.to.connector == connector)
            attempt(id, p, now);
}

void whispers::cancel(const std::string& rid)
{
    for (auto next = pending_.begin(); next != pending_.end();)
        if (const auto current = next++; current->second.rid == rid)
            finish(current, errc::unavailable);
}

} // namespace citron::backend
