// The broker: a switchboard, and the bound sockets that it works with.
#pragma once

#include "broker/switchboard.hpp"
#include "test/sim/peer_process.hpp"
#include "test/sim/process.hpp"
#include "test/sim/wire.hpp"

#include <deque>
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

    /// Precondition: running().
    [[nodiscard]] const broker::switchboard& board() const { return *board_; }
    [[nodiscard]] const protocol::counters& counters() const { return counters_; }

protected:
    void boot() override;
    void halt() override;
    void tick() override;
    void carry_out() override;

private:
    void deliver(broker::delivery& d);
    void journal_of(std::string_view arrow, std::string_view peer, std::string_view bytes);

    std::vector<std::string> expected_;
    protocol::counters counters_;
    std::unique_ptr<broker::switchboard> board_;
    std::deque<wire> wires_; ///< every one ever made
    std::map<std::string, wire*> routes_, topics_;
};

} // namespace citron::sim
