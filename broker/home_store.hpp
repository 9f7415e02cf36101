// PURE. Which history the rooms are kept in: chat servers that have another one own no rooms. Each host has a
// history file of its own, and a room that went from one to another would leave its messages behind.
#pragma once

#include "common/protocol/contract.hpp"

#include <optional>
#include <string>
#include <vector>

namespace citron::broker {

using protocol::instant;
using protocol::milliseconds;

class home_store
{
public:
    /// `patience`: so long after its last chat server has gone, rooms wait for one of them to come back; then
    /// they begin anew in another store.
    explicit home_store(milliseconds patience) : patience_(patience) {}

    /// What the broker of this view had chosen.
    void recall(const protocol::view& former);
    /// The present choice, given who is there: the one that it was; at first the one with the most chat
    /// servers (ties: that of the smallest id).
    [[nodiscard]] std::string choose(const std::vector<protocol::server_info>& present, instant now);

private:
    milliseconds patience_;
    std::optional<std::string> home_;
    std::optional<instant> deserted_; ///< since when nobody there has it
};

} // namespace citron::broker
