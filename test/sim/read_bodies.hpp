// What clients have read lately, parsed: all who are in a room read the same, and the parsing was a third of
// a run.
#pragma once

#include "common/protocol/json.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace citron::sim {

class read_bodies
{
public:
    /// As protocol::parse_body. Valid until the next call.
    const protocol::result<protocol::json>& parsed(std::string_view text)
    {
        if (const auto known = lately_.find(text); known != lately_.end())
            return known->second;
        if (lately_.size() == most)
            lately_.clear();
        return lately_.emplace(text, protocol::parse_body(text)).first->second;
    }

private:
    static constexpr std::size_t most = 256;
    struct hash : std::hash<std::string_view>
    {
        using is_transparent = void;
    };
    std::unordered_map<std::string, protocol::result<protocol::json>, hash, std::equal_to<>> lately_;
};

} // namespace citron::sim
