// The I/O shell of chat_server: its line to the broker, its store, its orderly end.
#pragma once

#include "backend/chat_server.hpp"
#include "backend/history/store_choice.hpp"
#include "common/cluster/joining.hpp"
#include "common/cluster/link.hpp"
#include "common/runtime/lifecycle.hpp"
#include "common/runtime/options.hpp"
#include "common/runtime/stats.hpp"

#include <memory>
#include <optional>

namespace citron::backend {

class server
{
public:
    explicit server(const runtime::startup& start);

    /// Until SIGTERM: then every room is handed over to the other chat servers before it returns.
    void run();

private:
    void on_tick(instant now);
    void after_turn(instant now);
    void end_if_fallen(std::uint64_t pid);
    void begin_stop();
    void finish(instant now);

    cluster::way_in way_in_; ///< first: a server that may not go there touches no history
    net::io_context loop_{1};
    cluster::zmq_context context_;
    protocol::counters counters_;
    store_choice history_;
    chat_server chat_;
    cluster::link link_;
    runtime::stats stats_;
    std::unique_ptr<runtime::lifecycle> lifecycle_;
    std::optional<instant> stopping_since_;
    bool finished_ = false;
};

} // namespace citron::backend
