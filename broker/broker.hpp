// The I/O shell of switchboard: the sockets, what they have not taken yet, the clock, and the ticks. Decides
// nothing.
#pragma once

#include "broker/outgoing.hpp"
#include "broker/switchboard.hpp"
#include "broker/tap.hpp"
#include "common/cluster/zmq_stream.hpp"
#include "common/protocol/counters.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace citron::broker {

/// Where to listen. Port 0: any free one.
struct broker_endpoints
{
    std::string bind = "127.0.0.1";
    std::uint16_t port = 0, pub_port = 0, tap_port = 0;
    std::string ipc_host = {}; ///< port and pub_port also by ipc, under this host's name; empty: by tcp only
};

/// Bytes that wait for one socket or topic; beyond it that peer is cut off.
inline constexpr std::size_t default_queue_bytes = std::size_t{64} << 20U;

class broker
{
public:
    /// All references must outlive this.
    broker(net::io_context& loop, cluster::zmq_context& context, registry_options options,
           protocol::counters& counters, std::size_t queue_bytes = default_queue_bytes);
    ~broker(); ///< stop()
    broker(const broker&) = delete;
    broker& operator=(const broker&) = delete;

    /// Binds, logs where, and works until stop(). Throws runtime::config_error that names address and key:
    /// "broker.pubPort: tcp://127.0.0.1:5551: Address already in use".
    void start(const broker_endpoints& where);
    void stop();
    /// As bound, with the real ports.
    [[nodiscard]] const broker_endpoints& listening() const { return listening_; }

    [[nodiscard]] const registry& peers() const { return board_.peers(); }
    /// Accepted, but not taken by a socket yet.
    [[nodiscard]] std::size_t parked_bytes() const { return outgoing_.parked_bytes(); }
    /// Since it was last asked for.
    [[nodiscard]] runtime::work take_work() { return board_.take_work(); }
    void serve_stats(std::function<std::string()> json) { board_.serve_stats(std::move(json)); }

private:
    net::awaitable<void> tick(std::shared_ptr<bool> alive);
    void on_tick();
    void on_subscription(std::string_view frame);
    void carry_out();
    void report();

    switchboard board_;
    tap tap_;
    cluster::zmq_stream router_, xpub_;
    net::steady_timer timer_;
    broker_endpoints listening_;
    outgoing outgoing_;
    std::shared_ptr<bool> alive_; ///< false before start() and after stop(): for the ticking coroutine
};

} // namespace citron::broker
