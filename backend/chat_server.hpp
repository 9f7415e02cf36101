// PURE. A whole chat server but for its sockets, clock and store thread: what main.cpp runs, and what the
// simulation runs.
#pragma once

#include "backend/application.hpp"
#include "backend/channel_service.hpp"
#include "backend/chat/chat_handler.hpp"
#include "backend/chat/chat_remote.hpp"
#include "backend/fallen.hpp"
#include "backend/history/store.hpp"
#include "common/cluster/peer.hpp"
#include "common/cluster/rpc.hpp"

#include <functional>

namespace citron::backend {

struct chat_server_options
{
    cluster::peer_options peer;
    channel_options channels;
};

class chat_server final : public cluster::peer_listener
{
public:
    /// `history` outlives this. `stats` renders the answer to sys.statsRemote.read.
    chat_server(chat_server_options options, store& history, protocol::counters& counters, instant now);

    [[nodiscard]] cluster::peer& line() { return line_; }
    void set_stats(std::function<std::string()> stats) { stats_ = std::move(stats); }

    /// Every 100 ms or so, after line().on_tick. `unix_ms` is the wall clock, for the time of messages.
    void on_tick(instant now, std::uint64_t unix_ms);
    /// At the end of each turn of the loop: hands what was gathered to the store.
    void end_turn(instant now);
    /// Hands all rooms over; drained() tells when that is done, or nobody is there to take them, and bye may
    /// be said. Without a broker that is never so.
    void drain(instant now);
    [[nodiscard]] bool drained() const;

    void on_up(bool fresh, instant now) override;
    void on_down(instant now) override;
    void on_view(const protocol::view& v, instant now) override;
    void on_settled(std::uint64_t generation, instant now) override;
    void on_envelope(const protocol::envelope& e, instant now) override;

    [[nodiscard]] const channel_service& channels() const { return channels_; }
    /// Chat servers that the view has given up.
    [[nodiscard]] const backend::fallen& fallen() const { return fallen_; }

private:
    cluster::peer line_;
    cluster::rpc rpc_;
    channel_service channels_;
    application application_;
    chat_handler handler_;
    chat_remote remote_;
    backend::fallen fallen_;
    std::function<std::string()> stats_;
};

} // namespace citron::backend
