// The I/O shell of switchboard: the sockets, what they have not taken yet, the clock, and the ticks. Decides
// nothing.
#pragma once

#include "broker/gatekeeper.hpp"
#include "broker/outgoing.hpp"
#include "broker/switchboard.hpp"
#include "broker/tap.hpp"
#include "common/cluster/zmq_stream.hpp"
#include "common/protocol/counters.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::broker {

/// Where to listen. Port 0: any free one.
struct broker_endpoints
{
    std::string bind = "127.0.0.1";
    std::string bind_key = "host"; ///< which of its keys in servers.json says so
    std::uint16_t port = 0, pub_port = 0, tap_port = 0;
    std::string ipc_host = {}; ///< port and pub_port also by ipc, under this host's name; empty: by tcp only
    /// Folder with everybody's CURVE keys, without which nobody gets in; empty: connections are plain, and
    /// the tap is on 127.0.0.1 whatever `bind` says.
    std::filesystem::path keys = {};
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
    /// "broker.pubPort: tcp://127.0.0.1:5551: Address already in use", or a file with keys; also where it
    /// would listen to other machines without any.
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
    void guard(const std::filesystem::path& keys);
    [[nodiscard]] std::optional<std::string_view> role_of_sender() const;
    void on_stranger();

    net::io_context& loop_;
    cluster::zmq_context& context_;
    protocol::counters& counters_;
    std::unique_ptr<gatekeeper> gatekeeper_; ///< none: connections are plain
    switchboard board_;
    tap tap_;
    cluster::zmq_stream router_, xpub_;
    net::steady_timer timer_;
    broker_endpoints listening_;
    outgoing outgoing_;
    std::shared_ptr<bool> alive_; ///< false before start() and after stop(): for the ticking coroutine
};

} // namespace citron::broker
