#include "common/cluster/rpc.hpp"

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
    pending_.emplace(id, pending{std::move(done), deadlines_.emplace(deadline, id)});
}

void rpc::call_server(std::string server, std::string room, std::string_view route, std::string_view body,
                      instant deadline, callback done)
{
    envelope e{.to = {std::move(server)}, .room = std::move(room), .route = std::string(route), .body = body};
    call(std::move(e), deadline, std::move(done));
}

void rpc::call_room(std::string room, std::string_view route, std::string_view body, instant deadline,
                    callback done)
{
    envelope e{.room = std::move(room), .route = std::string(route), .body = body};
    call(std::move(e), deadline, std::move(done));
}

bool rpc::notify_server(std::string server, std::string room, std::string_view route, std::string_view body)
{
    envelope e{.kind = kind::notify,
               .to = {std::move(server)},
               .room = std::move(room),
               .route = std::string(route),
               .body = body};
    return line_.send(std::move(e));
}

bool rpc::notify_room(std::string room, std::string_view route, std::string_view body)
{
    envelope e{.kind = kind::notify, .room = std::move(room), .route = std::string(route), .body = body};
    return line_.send(std::move(e));
}

bool rpc::reply(const std::string& caller, std::uint64_t id, std::string_view room, errc code,
                std::string_view body)
{
    envelope e{
        .kind = kind::reply, .to = {caller}, .room = std::string(room), .id = id, .code = code, .body = body};
    return line_.send(std::move(e));
}

void rpc::finish(std::uint64_t id, const answer& a, instant now)
{
    auto node = pending_.extract(id);
    if (node.empty()) {
        ++late_;
        return;
    }
    deadlines_.erase(node.mapped().deadline);
    node.mapped().done(a, now);
}

void rpc::on_reply(const envelope& e, instant now)
{
    finish(e.id, {e.code, e.body, e.from == "broker" ? speaker::broker : speaker::addressee}, now);
}

void rpc::on_down(instant now)
{
    deadlines_.clear();
    for (auto& [id, call] : std::exchange(pending_, {}))
        call.done({errc::unavailable, {}, speaker::nobody}, now);
}

void rpc::on_tick(instant now)
{
    // Those due now, not those that the callbacks begin.
    std::vector<deadlines::value_type> due(deadlines_.begin(), deadlines_.upper_bound(now));
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
