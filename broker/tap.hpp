// A copy of the traffic for whoever listens: every message as it came, one frame each, with an empty topic.
//
// Costs nothing while nobody subscribes, and never blocks: who reads too slowly misses frames.
#pragma once

#include "common/cluster/zmq_stream.hpp"
#include "common/protocol/counters.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace citron::broker {

class tap
{
public:
    /// `on_stranger`: see stream_handlers.
    tap(net::io_context& loop, cluster::zmq_context& context, protocol::counters& counters,
        std::function<void()> on_stranger);

    [[nodiscard]] cluster::zmq_stream& socket() { return socket_; }
    /// Throws runtime::config_error.
    void bind(const std::string& endpoint) { socket_.bind(endpoint); }
    [[nodiscard]] std::string endpoint() const { return socket_.endpoint(); }
    void start() { socket_.start(); }
    void close() { socket_.close(); }

    void copy(std::string_view bytes);

private:
    void on_subscription(std::string_view frame);

    std::set<std::string, std::less<>> topics_; ///< that somebody listens to
    std::uint64_t& copied_;
    cluster::zmq_stream socket_;
};

} // namespace citron::broker
