// PURE. Who gets this envelope: (who sent it, bytes, now) -> deliveries and publications.
#pragma once

#include "broker/registry.hpp"
#include "common/protocol/contract.hpp"
#include "common/protocol/counters.hpp"
#include "common/protocol/frame.hpp"
#include "common/runtime/pace.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace citron::broker {

/// Bytes for one socket of a peer, by ROUTER identity.
struct delivery
{
    protocol::frame identity;
    protocol::frame bytes;
};

/// Bytes for one connector's broadcast topic; the shell sends topic + bytes as one frame.
struct publication
{
    protocol::frame topic;
    protocol::frame bytes;
};

class switchboard
{
public:
    switchboard(registry_options options, protocol::counters& counters, instant now);

    // ---- from the shell
    /// `role`: whose key the socket has shown (see cluster::peer_roles); nullopt: it was not asked for one.
    void on_frame(std::string_view identity, std::string bytes, instant now,
                  std::optional<std::string_view> role = {});
    /// A (un)subscription arrived on the XPUB: topic as the connector subscribed it. False: no connector's
    /// topic.
    bool on_subscription(std::string_view topic, bool subscribed, instant now);
    /// `bytes` could not be delivered: the socket is unknown (EHOSTUNREACH) or its bounded queue is full.
    /// A call is answered `unavailable` to its sender at once; anything else is counted.
    void on_undeliverable(std::string_view identity, std::string_view bytes, instant now);
    /// A message on the ROUTER that is not one frame.
    void on_garbage(std::string_view identity);
    /// The bounded queue of this socket, or topic, is full: its link is cut off.
    void on_overflow(std::string_view identity, instant now);
    void on_topic_overflow(std::string_view topic, instant now);
    /// Every 100 ms or so, after reading everything that waits.
    void on_tick(instant now);

    // ---- what the shell must do, in this order
    /// They replace what is in `into`, whose memory is used for the next ones.
    void take_deliveries(std::vector<delivery>& into) { take(deliveries_, into); }
    void take_publications(std::vector<publication>& into) { take(publications_, into); }
    /// Sockets and topics whose link has ended: what is parked for them is undeliverable.
    [[nodiscard]] std::vector<std::string> take_ended() { return registry_.take_ended(); }
    /// Lines for the log; identities in them are a stranger's bytes.
    [[nodiscard]] std::vector<std::string> take_notes();

    /// Frames since it was last asked for, and whether a room's owner was called, which answers at once.
    [[nodiscard]] runtime::work take_work() { return std::exchange(work_, {.pieces = 0}); }

    [[nodiscard]] const registry& peers() const { return registry_; }
    /// What `sys.statsRemote.read` answers; default: the counters alone. The shell adds its gauges.
    void serve_stats(std::function<std::string()> json) { stats_ = std::move(json); }

private:
    using envelope = protocol::envelope;

    template <typename T>
    static void take(std::vector<T>& from, std::vector<T>& into)
    {
        into.clear();
        into.swap(from);
    }

    void greet(std::string_view identity, const envelope& e, std::optional<std::string_view> role,
               instant now);
    [[nodiscard]] registry::admission admit(std::string_view identity, const envelope& e,
                                            std::optional<std::string_view> role, instant now);
    void dispatch(const registered& sender, const envelope& e, const protocol::frame& bytes, instant now);
    void finish(const registered& sender, const envelope& e);
    void route(const envelope& e, const protocol::frame& bytes);
    void serve(const envelope& e);
    void publish(const envelope& e, const protocol::frame& bytes);
    void enroll(const envelope& e);
    void undeliverable(const envelope& e);
    void answer(const envelope& call, protocol::errc code, std::string_view body);
    void refuse(std::string_view identity, std::string_view reason);
    void announce(std::string_view informed);
    void beat();
    bool deliver(const registered* target, const protocol::frame& bytes);
    [[nodiscard]] protocol::frame encode(envelope e) const;

    protocol::counters& counters_;
    registry registry_;
    std::function<std::string()> stats_;
    std::vector<delivery> deliveries_;
    std::vector<publication> publications_;
    std::vector<std::string> notes_;
    std::set<std::string, std::less<>> refused_;  ///< told since the last tick
    std::set<std::string, std::less<>> babblers_; ///< senders of garbage that have been logged
    std::uint64_t pushed_ = 0, settled_ = 0; ///< newest view, newest settled generation that was announced
    instant beaten_;
    runtime::work work_{.pieces = 0};
    std::uint64_t &forwarded_, &published_, &undecodable_, &forbidden_, &outdated_;
};

} // namespace citron::broker
