// PURE. Everything that a connector tells the owners about its rooms, in parts that a link can carry.
#pragma once

#include "common/protocol/contract.hpp"
#include "frontend/connector/room_index.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace citron::frontend {

/// At least one part; the first and the last one are marked. Sessions that are closing are left out, and a
/// room of many members comes in several entries.
[[nodiscard]] std::vector<protocol::enroll>
enroll_list(const room_index& index, std::uint64_t generation,
            const std::function<protocol::member(const place&)>& member_of);

} // namespace citron::frontend
