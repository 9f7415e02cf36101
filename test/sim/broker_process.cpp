#include "test/sim/broker_process.hpp"

#include "test/sim/transcript.hpp"

namespace citron::sim {

wire& broker_process::make_wire(peer_process& peer, std::string identity, std::string topic)
{
    return wires_.emplace_back(scene_, peer, *this, std::move(identity), std::move(topic));
}

void broker_process::boot()
{
    broker::registry_options options;
    options.nonce = scene_.chance.next() | 1U;
    options.id = id();
    options.expected = expected_;
    board_ = std::make_unique<broker::switchboard>(options, counters_, now());
    constexpr std::size_t queue = 128U << 10U; // bytes; the product's is larger
    outgoing_ = std::make_unique<broker::outgoing>(
        *board_, [this](auto whom, auto bytes) { return transmit(whom, bytes); },
        [this](auto whom, auto bytes) { return transmit_broadcast(whom, bytes); }, queue, counters_);
}

void broker_process::halt()
{
    outgoing_.reset();
    board_.reset();
    topics_.clear();
    for (const auto& [identity, w] : std::exchange(routes_, {}))
        w->broker_died();
}

void broker_process::tick()
{
    board_->on_tick(now());
}

void broker_process::subscription(wire& w, bool subscribed)
{
    scene_.log.line(id(), "{} {}", subscribed ? "is subscribed by" : "loses the subscription of",
                    w.identity());
    if (subscribed)
        topics_[w.topic()] = &w;
    else
        topics_.erase(w.topic());
    board_->on_subscription(w.topic(), subscribed, now());
}

void broker_process::read(const std::string& identity, const std::string& bytes)
{
    constexpr std::size_t most = 16;
    heard_.push_back(bytes);
    if (heard_.size() > most)
        heard_.pop_front();
    journal_of("<-", identity, bytes);
    board_->on_frame(identity, bytes, now());
}

std::string broker_process::identity_of(const std::string& server) const
{
    const auto found = routes_.lower_bound(server + "#");
    return found != routes_.end() && found->first.starts_with(server + "#") ? found->first : std::string();
}

std::string broker_process::overheard(std::uint64_t which) const
{
    return heard_.empty() ? std::string() : heard_[which % heard_.size()];
}

cluster::send_result broker_process::transmit(std::string_view identity, std::string_view bytes)
{
    const auto route = routes_.find(identity);
    journal_of(route == routes_.end() ? "-x" : "->", identity, bytes);
    if (route == routes_.end())
        return cluster::send_result::unreachable;
    if (route->second->full())
        return cluster::send_result::full;
    route->second->send_down(std::string(bytes));
    return cluster::send_result::sent;
}

cluster::send_result broker_process::transmit_broadcast(std::string_view topic, std::string_view bytes)
{
    const auto subscriber = topics_.find(topic);
    if (subscriber == topics_.end())
        return cluster::send_result::sent; // an XPUB drops it in silence
    if (subscriber->second->topic_full())
        return cluster::send_result::full;
    journal_of("=>", subscriber->second->identity(), bytes);
    subscriber->second->publish(std::string(topic).append(bytes));
    return cluster::send_result::sent;
}

void broker_process::carry_out()
{
    outgoing_->carry_out(now());
}

void broker_process::journal_of(std::string_view arrow, std::string_view peer, std::string_view bytes)
{
    if (!scene_.log.on())
        return;
    const auto e = protocol::decode(bytes);
    if (!e || e->kind == protocol::kind::beat)
        return;
    scene_.log.line(id(), "{} {} {}", arrow, peer.substr(0, peer.find('#') + 4), transcript(*e));
}

} // namespace citron::sim
