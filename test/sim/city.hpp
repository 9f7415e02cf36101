// The whole of one run: all processes of the cluster, and its users.
#pragma once

#include "test/sim/broker_process.hpp"
#include "test/sim/chat_process.hpp"
#include "test/sim/client.hpp"
#include "test/sim/connector_process.hpp"
#include "test/sim/gate_process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace citron::sim {

class city
{
public:
    city(scene& s, ledger& book);

    /// Starts the broker, the connectors and the chat servers that conf names, in any order, and the clients.
    void start();

    [[nodiscard]] broker_process& broker() { return broker_; }
    [[nodiscard]] gate_process& gate() { return gate_; }
    [[nodiscard]] auto& chats() { return chats_; }
    [[nodiscard]] auto& connectors() { return connectors_; }
    [[nodiscard]] auto& clients() { return clients_; }
    [[nodiscard]] disk* history() { return disk_.get(); } ///< nullptr: it is in memory
    [[nodiscard]] habits& ways() { return ways_; }
    /// Every process that has a line to the broker.
    [[nodiscard]] std::vector<peer_process*> peers();
    [[nodiscard]] bool anybody_frozen();
    /// Some client is in the room under this name, on its way in, or has just left.
    [[nodiscard]] bool inside(const std::string& user, const std::string& rid) const;

private:
    [[nodiscard]] static std::vector<std::string> named();
    void start_soon(process& p);
    [[nodiscard]] connector_process* choose_connector();

    scene& scene_;
    ledger& book_;
    std::unique_ptr<disk> disk_; ///< if history is kept there
    broker_process broker_;
    gate_process gate_; ///< nothing happens to it but drains, and what happens to the broker
    std::vector<std::unique_ptr<chat_process>>
        chats_; ///< the last is not in conf: started by hand, if at all
    std::vector<std::unique_ptr<connector_process>> connectors_;
    habits ways_;
    std::vector<std::unique_ptr<client>> clients_;
};

} // namespace citron::sim
