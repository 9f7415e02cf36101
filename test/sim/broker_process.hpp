// The broker: a switchboard, and the bound sockets that it works with.
#pragma once

#include "broker/outgoing.hpp"
#include "broker/switchboard.hpp"
#include "test/sim/peer_process.hpp"
#include "test/sim/process.hpp"
#include "test/sim/wire.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace citron::sim {

class broker_process final : public process
{
public:
    /// `expected`: the servers that conf names.
    broker_process(scene& s, std::vector<std::string> expected)
        : process(s, "broker"), expected_(std::move(expected))
    {
    }

    [[nodiscard]] wire& make_wire(peer_process& peer, std::string identity, std::string topic);

    // ---- from wires, within a turn
    void attach(wire& w) { routes_[w.identity()] = &w; }
    void detach(wire& w) { routes_.erase(w.identity()); }
    void subscription(wire& w, bool subscribed);
    void read(const std::string& identity, const std::string& bytes);

    /// By which a server of this id is linked; empty: it is not.
    [[nodiscard]] std::string identity_of(const std::string& server) const;
    /// One of the frames that it has read lately, by any number; empty: there are none.
    [[nodiscard]] std::string overheard(std::uint64_t which) const;

    /// Precondition: running().
    [[nodiscard]] const broker::switchboard& board() const { return *board_; }
    [[nodiscard]] const protocol::counters& counters() const { return counters_; }

protected:
    void boot() override;
    void halt() override;
    void tick() override;
    void carry_out() override;

private:
    [[nodiscard]] cluster::send_result transmit(std::string_view identity, std::string_view bytes);
    [[nodiscard]] cluster::send_result transmit_broadcast(std::string_view topic, std::string_view bytes);
    void journal_of(std::string_view arrow, std::string_view peer, std::string_view bytes);

    std::vector<std::string> expected_;
    protocol::counters counters_;
    std::unique_ptr<broker::switchboard> board_;
    std::deque<wire> wires_; ///< every one ever made
    std::map<std::string, wire*, std::less<>> routes_, topics_;
    std::unique_ptr<broker::outgoing> outgoing_;
    std::deque<std::string> heard_;
};

} // namespace citron::sim
