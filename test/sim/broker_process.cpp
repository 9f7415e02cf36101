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
}

void broker_process::halt()
{
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
    journal_of("<-", identity, bytes);
    board_->on_frame(identity, bytes, now());
}

void broker_process::deliver(broker::delivery& d)
{
    const auto route = routes_.find(std::string(d.identity.view()));
    if (route != routes_.end()) {
        journal_of("->", d.identity.view(), d.bytes.view());
        return route->second->send_down(std::string(d.bytes.view()));
    }
    journal_of("-x", d.identity.view(), d.bytes.view());
    board_->on_undeliverable(d.identity.view(), d.bytes.view(), now());
}

void broker_process::carry_out()
{
    std::vector<broker::delivery> deliveries;
    for (board_->take_deliveries(deliveries); !deliveries.empty(); board_->take_deliveries(deliveries))
        for (auto& d : deliveries)
            deliver(d);
    std::vector<broker::publication> publications;
    board_->take_publications(publications);
    for (const auto& p : publications) {
        const auto topic = topics_.find(std::string(p.topic.view()));
        if (topic == topics_.end())
            continue; // nobody subscribes: an XPUB drops it in silence
        journal_of("=>", topic->second->identity(), p.bytes.view());
        topic->second->publish(std::string(p.topic.view()).append(p.bytes.view()));
    }
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
