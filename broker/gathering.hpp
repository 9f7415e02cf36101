// PURE. What a fresh broker waits for before it routes rooms: those whom conf names, and those whom the
// newest view that its peers report shows living. Bounded: `patience` after the first hello it goes on
// without the rest.
#pragma once

#include "common/protocol/contract.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace citron::broker {

using protocol::incarnation;
using protocol::instant;
using protocol::milliseconds;

class gathering
{
public:
    gathering(std::vector<std::string> expected, milliseconds patience)
        : expected_(std::move(expected)), patience_(patience)
    {
    }

    /// A server (no tool) said hello and named the newest view it knew. True when that is newer than any
    /// before. A view by which rooms were routed counts as newer than any of a broker that only gathered,
    /// which had not heard everybody yet.
    bool report(const protocol::view& newest, instant now);
    /// Everybody is there, or patience is over.
    [[nodiscard]] bool over(const std::vector<protocol::server_info>& present, instant now) const;
    /// Those whom the newest reported view shows living and who are not there in that incarnation.
    [[nodiscard]] std::vector<incarnation> missing(const std::vector<protocol::server_info>& present) const;
    /// Those whom a reported view shows dropped, unless rooms were routed by a later one that shows them
    /// living.
    [[nodiscard]] std::vector<incarnation> dead() const;
    /// It has come back, and knows that it starts empty.
    void returned(const incarnation& who);
    /// Somebody knows that views were numbered up to this, whoever has seen them.
    void number_above(std::uint64_t number) { floor_ = std::max(floor_, number); }
    /// Highest view number that anybody knows of.
    [[nodiscard]] std::uint64_t highest() const { return std::max(floor_, newest_.number); }

private:
    std::vector<std::string> expected_;
    milliseconds patience_;
    /// Highest numbers of the views that show it dropped, or living while rooms were routed; 0: none does.
    struct fate
    {
        std::uint64_t dropped = 0, living = 0;
    };

    protocol::view newest_;
    std::map<incarnation, fate> fates_;
    std::uint64_t floor_ = 0;
    std::optional<instant> first_;
};

} // namespace citron::broker
