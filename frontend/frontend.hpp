// What gates and connectors share: a loop with clients on one side and the broker on the other, and its
// orderly end.
#pragma once

#include "common/cluster/joining.hpp"
#include "common/cluster/link.hpp"
#include "common/protocol/counters.hpp"
#include "common/runtime/lifecycle.hpp"
#include "common/runtime/options.hpp"
#include "common/runtime/stats.hpp"
#include "frontend/drain.hpp"
#include "frontend/listener.hpp"
#include "frontend/session_service.hpp"
#include "frontend/tls_identity.hpp"
#include "frontend/websocket.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace citron::frontend {

/// For the constructors of gate and connector.
[[nodiscard]] session_options session_options_of(const runtime::config& conf);

/// The PURE server that a shell runs; all must outlive it.
struct server_parts
{
    cluster::peer& line;
    session_service& sessions;
    std::function<void(instant, std::uint64_t unix_ms)> on_tick; ///< of the server itself
};

/// A connector's clients are told to move spread over "drainMs"; a gate's only ask, and go anyway.
[[nodiscard]] drain_options drain_options_of(const runtime::startup& start);

class shell
{
public:
    /// Listens for clients, and serves www/ if that is this server's task. Throws runtime::config_error.
    shell(const runtime::startup& start, server_parts server, protocol::counters& counters);

    [[nodiscard]] runtime::stats& stats() { return stats_; }
    /// SIGHUP: certificate and key, and who may connect by conf/chat.json, are read again. Until SIGTERM:
    /// then the broker is told, the door closes, and clients are told to move, as `drain` decides. When they
    /// are gone, or time is up, it returns.
    void run();

private:
    void serve_web(const runtime::startup& start);
    void on_tick(instant now);
    void reload();
    void reload_admission();
    void reload_certificate();
    void begin_stop();
    void go_on_stopping(drain& ending, instant now);
    void close_door();
    void finish(instant now);

    server_parts server_;
    protocol::counters& counters_;
    cluster::way_in way_in_;
    net::io_context loop_{1};
    cluster::zmq_context context_;
    runtime::stats stats_;
    protocol::duration rest_; ///< between two turns, when busy
    cluster::link link_;
    std::unique_ptr<tls_identity> tls_; ///< nullptr: clients come by ws and http
    websockets clients_;
    listener door_;
    std::unique_ptr<web_server> web_;
    std::unique_ptr<listener> web_door_;
    std::unique_ptr<runtime::lifecycle> lifecycle_;
    drain_options drain_options_;
    std::optional<drain> drain_; ///< once it stops
    std::filesystem::path conf_dir_;
    std::string environment_;
};

/// The process must not run out of descriptors before it runs out of sessions; says so when it cannot be
/// helped.
void raise_descriptor_limit(std::size_t sessions);

/// What both mains do. `Server` is gate or connector; returns the exit status.
template <typename Server, typename Options>
int serve(const runtime::startup& start, Options options)
{
    try {
        runtime::log::start(start.self.id, start.conf.run_dir, start.log_level);
        raise_descriptor_limit(start.conf.chat.max_sessions);
        protocol::counters counters;
        Server server(std::move(options), counters, cluster::link::now());
        shell s(start,
                {server.line(), server.sessions(),
                 [&server](instant now, std::uint64_t unix) { server.on_tick(now, unix); }},
                counters);
        server.set_stats([&s] { return s.stats().json(); });
        s.run();
    } catch (const runtime::config_error& mistake) {
        runtime::give_up(mistake.what());
    }
    runtime::log::stop();
    return 0;
}

} // namespace citron::frontend
