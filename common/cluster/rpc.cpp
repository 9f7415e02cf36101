#include "common/cluster/rpc.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace citron::cluster {

using protocol::envelope;
using protocol::errc;
using protocol::kind;

rpc::rpc(peer& line, protocol::counters& counters)
    : line_(line), next_(line.self().boot << 32U | 1U), timeouts_(counters.at("rpc.timeout")),
      late_(counters.at("rpc.late"))
{
}

void rpc::call(envelope e, instant deadline, callback done)
{
    e.kind = kind::call;
    e.id = next_++;
    const auto id = e.id;
    if (!line_.send(std::move(e)))
        deadline = instant::min(); // the next tick says so: never from within call()
    earliest_ = std::min(earliest_, deadline);
    pending_.emplace_hint(pending_.end(), id, pending{std::move(done), deadline});
}

void rpc::call_server(std::string_view server, std::string_view room, std::string_view route,
                      std::string_view body, instant deadline, callback done)
{
    envelope e{.to = {server}, .room = room, .route = route, .body = body};
    call(std::move(e), deadline, std::move(done));
}

void rpc::call_room(std::string_view room, std::string_view route, std::string_view body, instant deadline,
                    callback done)
{
    envelope e{.room = room, .route = route, .body = body};
    call(std::move(e), deadline, std::move(done));
}

bool rpc::notify_server(std::string_view server, std::string_view room, std::string_view route,
                        std::string_view body)
{
    envelope e{.kind = kind::notify, .to = {server}, .room = room, .route = route, .body = body};
    return line_.send(std::move(e));
}

bool rpc::notify_room(std::string_view room, std::string_view route, std::string_view body)
{
    envelope e{.kind = kind::notify, .room = room, .route = route, .body = body};
    return line_.send(std::move(e));
}

bool rpc::reply(std::string_view caller, std::uint64_t id, std::string_view room, errc code,
                std::string_view body)
{
    envelope e{.kind = kind::reply, .to = {caller}, .room = room, .id = id, .code = code, .body = body};
    return line_.send(std::move(e));
}

void rpc::finish(std::uint64_t id, const answer& a, instant now)
{
    auto node = pending_.extract(id);
    if (node.empty()) {
        ++late_;
        return;
    }
    node.mapped().done(a, now);
}

void rpc::on_reply(const envelope& e, instant now)
{
    finish(e.id, {e.code, e.body, e.from == "broker" ? speaker::broker : speaker::addressee}, now);
}

void rpc::on_down(instant now)
{
    for (auto& [id, call] : std::exchange(pending_, {}))
        call.done({errc::unavailable, {}, speaker::nobody}, now);
}

void rpc::on_tick(instant now)
{
    if (now < earliest_)
        return;
    earliest_ = instant::max();
    std::vector<std::pair<instant, std::uint64_t>> due; // now, not those that the callbacks begin
    for (const auto& [id, call] : pending_) {
        if (call.deadline <= now)
            due.emplace_back(call.deadline, id);
        else
            earliest_ = std::min(earliest_, call.deadline);
    }
    std::ranges::sort(due);
    for (const auto& [deadline, id] : due) {
        if (!pending_.contains(id))
            continue; // a callback before it took the line down
        const bool unsent = deadline == instant::min();
        timeouts_ += unsent ? 0 : 1;
        const answer unheard{errc::timeout, {}, speaker::nobody};
        finish(id, unsent ? answer{errc::unavailable, {}, speaker::broker} : unheard, now);
    }
}

} // namespace citron::cluster
