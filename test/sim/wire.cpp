#include "test/sim/wire.hpp"

#include "test/sim/broker_process.hpp"
#include "test/sim/peer_process.hpp"

#include <utility>

namespace citron::sim {

namespace {
constexpr duration quick{200}, slow{30'000}; ///< a TCP connect with ZeroMQ's greetings, on one machine

std::string_view text_of(loss how)
{
    switch (how) {
    case loss::topic:
        return "topic";
    case loss::silent:
        return "link, silently";
    case loss::passing:
        return "next broadcasts";
    default:
        return "link";
    }
}
} // namespace

wire::wire(scene& s, peer_process& peer, broker_process& broker, std::string identity, std::string topic)
    : scene_(s), peer_(peer), broker_(broker), peer_life_(peer.life()), broker_life_(broker.life()),
      identity_(std::move(identity)), topic_(std::move(topic)),
      up_(s.clock, s.chance.split(), s.some_slowness(),
          [this](std::string&& bytes) {
              broker_.receive(broker_life_, [this, b = std::move(bytes)] { broker_.read(identity_, b); });
          }),
      down_(s.clock, s.chance.split(), s.some_slowness(),
            [this](std::string&& bytes) {
                peer_.receive(peer_life_, [this, b = std::move(bytes)] { peer_.read(*this, b); });
            }),
      published_(s.clock, s.chance.split(), s.some_slowness(), [this](std::string&& frame) {
          peer_.receive(peer_life_, [this, f = std::move(frame)] { peer_.read_published(*this, f); });
      })
{
}

void wire::at_broker(instant when, void (wire::*what)())
{
    scene_.clock.at(when, [this, what] { broker_.receive(broker_life_, [this, what] { (this->*what)(); }); });
}

void wire::connect()
{
    const auto start = std::max(scene_.clock.now(), peer_.cut_off_until());
    const auto arrival = start + scene_.chance.between(quick, slow);
    if (!broker_.running()) {
        broken_ = true;
        return tell_peer(arrival); // connection refused
    }
    at_broker(arrival, &wire::accept);
    if (!topic_.empty()) // its own TCP connection: before or after the other
        at_broker(start + scene_.chance.between(quick, slow * 3), &wire::subscribe);
}

void wire::accept()
{
    if (closed_ || broken_)
        return;
    broker_.attach(*this);
    scene_.clock.after(scene_.chance.between(quick, quick * 5),
                       [this] { peer_.receive(peer_life_, [this] { ready_ = !closed_ && !broken_; }); });
}

void wire::subscribe()
{
    if (closed_ || broken_)
        return;
    subscribed_ = true;
    broker_.subscription(*this, true);
}

void wire::subscription_gone()
{
    broker_.subscription(*this, false);
}

void wire::unsubscribe(instant when)
{
    if (std::exchange(subscribed_, false))
        at_broker(when + scene_.chance.between(quick, slow), &wire::subscription_gone);
}

void wire::detach()
{
    broker_.detach(*this);
}

void wire::part_from_broker(instant when)
{
    at_broker(when + scene_.chance.between(quick, slow), &wire::detach);
    unsubscribe(when);
}

/// The socket monitor's hint. Without it the peer finds out by the silence; a dead DEALER takes nothing
/// either way.
void wire::tell_peer(instant when)
{
    const bool noticed = scene_.chance.percent(scene_.noticed_losses);
    scene_.clock.at(when + scene_.chance.between(quick, slow), [this, noticed] {
        peer_.receive(peer_life_, [this, noticed] {
            ready_ = ready_ && !broken_;
            if (noticed)
                peer_.wire_lost(*this);
        });
    });
}

void wire::close(bool linger)
{
    if (std::exchange(closed_, true))
        return;
    ready_ = false;
    down_.cut(0);
    published_.cut(0);
    if (!linger)
        up_.tear();
    if (!broken_)
        part_from_broker(up_.empty_at());
}

void wire::broker_died()
{
    broken_ = true;
    up_.cut(0);
    down_.tear();
    published_.tear();
    if (!closed_)
        tell_peer(std::max(down_.empty_at(), published_.empty_at()));
}

void wire::lose(loss how)
{
    if (closed_ || broken_)
        return;
    scene_.log.line(peer_.id(), "loses its {}", text_of(how));
    if (how == loss::passing)
        return published_.swallow(scene_.chance.between(1, 4));
    published_.tear();
    if (how == loss::topic) {
        unsubscribe(published_.empty_at());
        return tell_peer(published_.empty_at());
    }
    broken_ = true;
    up_.tear();
    down_.tear();
    if (how == loss::silent)
        return;
    part_from_broker(up_.empty_at());
    tell_peer(std::max(down_.empty_at(), published_.empty_at()));
}

void wire::stall(unsigned ways, instant end)
{
    if ((ways & way::to_broker) != 0)
        up_.stall(end);
    if ((ways & way::from_broker) != 0)
        down_.stall(end);
    if ((ways & way::broadcasts) != 0)
        published_.stall(end);
}

} // namespace citron::sim
