// PURE. A gate: its clients, its line to the broker, and the one handler.
#pragma once

#include "common/cluster/peer.hpp"
#include "common/cluster/rpc.hpp"
#include "frontend/session_service.hpp"

#include <functional>
#include <string>

namespace citron::frontend {

struct gate_options
{
    cluster::peer_options peer;
    session_options sessions;
    bool secure = false; ///< pages come by https: only connectors with TLS are named
    /// Called when somebody is refused because connectors are there, but none with TLS; again only after
    /// there was one.
    std::function<void()> on_none_secure = [] {};
};

class gate final : public cluster::peer_listener, public session_handler
{
public:
    gate(gate_options options, protocol::counters& counters, instant now);

    [[nodiscard]] cluster::peer& line() { return line_; }
    [[nodiscard]] session_service& sessions() { return sessions_; }
    /// Renders the answer to sys.statsRemote.read.
    void set_stats(std::function<std::string()> stats) { stats_ = std::move(stats); }

    /// About every 100 ms, after the line's.
    void on_tick(instant now, std::uint64_t /*unix_ms*/) { sessions_.on_tick(now); }

    void on_request(session& s, const request& r, instant now) override;
    void on_session_closed(session& /*s*/, instant /*now*/) override {}

    void on_up(bool /*fresh*/, instant /*now*/) override {}
    void on_down(instant /*now*/) override {} // goes on with the last view: better than turning clients away
    void on_view(const protocol::view& v, instant now) override;
    void on_envelope(const protocol::envelope& e, instant now) override;

private:
    void on_refused();

    cluster::peer line_;
    cluster::rpc rpc_;
    session_service sessions_;
    std::function<std::string()> stats_;
    protocol::view known_; ///< the newest that was ready: a fresh broker first gathers its connectors
    bool secure_;
    std::function<void()> on_none_secure_;
    std::size_t unfit_ = 0; ///< connectors that we must not name
    bool complained_ = false;
    std::uint64_t& none_secure_;
};

} // namespace citron::frontend
