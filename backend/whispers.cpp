#include "backend/whispers.hpp"

#include <algorithm>
#include <utility>

namespace citron::backend {

whispers::whispers(whisper_options options, cluster::rpc& rpc, protocol::counters& counters, completion done)
    : options_(options), rpc_(rpc), done_(std::move(done)), retries_(counters.at("whisper.retries")),
      failed_(counters.at("whisper.failed"))
{
}

void whispers::start(const backend_session& from, const protocol::member& to, std::string push,
                     std::string answer, instant now)
{
    const protocol::deliver body{.boot = to.boot,
                                 .session = to.session,
                                 .from = from.key,
                                 .number = from.number,
                                 .push = {std::move(push)}};
    pending_.push_back(
        {next_++, from, to, protocol::pack(body), std::move(answer), now + options_.give_up, now});
    attempt(pending_.back(), now);
}

void whispers::attempt(pending& p, instant now)
{
    p.trying = true;
    const auto deadline = std::min(now + options_.try_for, p.give_up);
    rpc_.call_server(p.to.connector, p.from.rid, protocol::deliver::route, p.body, deadline,
                     [this, id = p.id](const cluster::answer& a, instant at) { on_answer(id, a.code, at); });
}

void whispers::on_answer(std::uint64_t id, errc code, instant now)
{
    const auto p = std::ranges::find(pending_, id, &pending::id);
    if (p == pending_.end())
        return; // cancelled meanwhile
    const bool again = code == errc::unavailable || code == errc::timeout;
    if (!again || now >= p->give_up)
        return finish(p, again ? errc::unavailable : code);
    ++retries_;
    p->trying = false;
    p->retry_at = now + options_.retry;
}

void whispers::finish(std::list<pending>::iterator p, errc code)
{
    failed_ += code == errc::ok ? 0 : 1;
    const auto ended = std::move(*p);
    pending_.erase(p);
    done_(ended.from, code, code == errc::ok ? std::string_view(ended.answer) : std::string_view());
}

void whispers::on_tick(instant now)
{
    for (auto p = pending_.begin(); p != pending_.end();) {
        const auto current = p++;
        if (!current->trying && now >= current->give_up)
            finish(current, errc::unavailable);
        else if (!current->trying && now >= current->retry_at)
            attempt(*current, now);
    }
}

void whispers::on_new_link(const std::string& connector, instant now)
{
    for (auto& p : pending_)
        if (p.to.connector == connector)
            attempt(p, now);
}

void whispers::cancel(const std::string& rid)
{
    for (auto p = pending_.begin(); p != pending_.end();)
        if (const auto current = p++; current->from.rid == rid)
            finish(current, errc::unavailable);
}

} // namespace citron::backend
