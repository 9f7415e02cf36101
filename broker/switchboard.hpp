// PURE. Who gets this envelope: (who sent it, bytes, now) -> deliveries, publications and taps.
#pragma once

#include "broker/registry.hpp"
#include "common/protocol/contract.hpp"
#include "common/protocol/counters.hpp"
#include "common/protocol/frame.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace citron::broker {

/// Bytes for one socket of a peer, by ROUTER identity.
struct delivery
{
    std::string identity;
    protocol::frame bytes;
};

/// Bytes for one connector's broadcast topic; the shell sends topic + bytes as one frame.
struct publication
{
    std::string topic;
    protocol::frame bytes;
};

class switchboard
{
public:
    switchboard(registry_options options, protocol::counters& counters, instant now);

    // ---- from the shell
    void on_frame(std::string_view identity, std::string bytes, instant now);
    /// A (un)subscription arrived on the XPUB: topic as the connector subscribed it.
    void on_subscription(std::string_view topic, bool subscribed, instant now);
    /// `bytes` could not be delivered: the socket is unknown (EHOSTUNREACH) or its bounded queue is full.
    /// A call is answered `unavailable` to its sender at once; anything else is counted.
    void on_undeliverable(std::string_view identity, std::string_view bytes, instant now);
    /// Every 100 ms or so, after reading everything that waits.
    void on_tick(instant now);

    // ---- what the shell must do, in this order
    [[nodiscard]] std::vector<delivery> take_deliveries() { return std::exchange(deliveries_, {}); }
    [[nodiscard]] std::vector<publication> take_publications() { return std::exchange(publications_, {}); }

    [[nodiscard]] const registry& peers() const { return registry_; }

private:
    registry registry_;
    std::vector<delivery> deliveries_;
    std::vector<publication> publications_;
};

} // namespace citron::broker
