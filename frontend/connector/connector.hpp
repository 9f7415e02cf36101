// PURE. A whole connector but for its sockets and clock: what main.cpp runs, and what the simulation runs.
#pragma once

#include "common/cluster/peer.hpp"
#include "common/cluster/rpc.hpp"
#include "frontend/connector/application.hpp"
#include "frontend/connector/authenticator.hpp"
#include "frontend/connector/entry_handler.hpp"
#include "frontend/connector/room_service.hpp"
#include "frontend/session_service.hpp"

#include <functional>

namespace citron::frontend {

struct connector_options
{
    cluster::peer_options peer;
    session_options sessions;
    room_options rooms;
    identity_options identity;
};

class connector final : public cluster::peer_listener, public session_handler
{
public:
    /// Passes on what options.identity.fresh_keys throws.
    connector(connector_options options, protocol::counters& counters, instant now);

    [[nodiscard]] cluster::peer& line() { return line_; }
    [[nodiscard]] session_service& sessions() { return sessions_; }
    [[nodiscard]] const room_service& rooms() const { return rooms_; }
    /// Renders the answer to sys.statsRemote.read.
    void set_stats(std::function<std::string()> stats) { stats_ = std::move(stats); }

    /// Every 100 ms or so, after line().on_tick. `unix_ms`: the wall clock, by which of two connections with
    /// one resumeKey the later is known where neither was given the other's.
    void on_tick(instant now, std::uint64_t unix_ms);
    /// No new clients: the gate names other connectors from now on.
    void drain(instant now) { line_.drain(now); }

    void on_up(bool fresh, instant now) override;
    void on_down(instant now) override;
    void on_view(const protocol::view& v, instant now) override;
    void on_envelope(const protocol::envelope& e, instant now) override;
    void on_broadcast(const protocol::envelope& e, instant now) override;

    void on_request(session& s, const request& r, instant now) override;
    void on_session_closed(session& s, instant now) override;
    void on_flush() override { rooms_.on_flush(); }

private:
    cluster::peer line_;
    cluster::rpc rpc_;
    session_service sessions_;
    room_service rooms_;
    authenticator authenticator_;
    application application_;
    entry_handler entry_;
    std::function<std::string()> stats_;
};

} // namespace citron::frontend
