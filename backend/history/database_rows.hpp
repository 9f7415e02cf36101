// What class database has in hand while it works; for its own source files.
#pragma once

#include "backend/history/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace citron::backend {

/// Where a send was stored.
struct database::known_send
{
    std::uint64_t offset = 0, time = 0;
};

/// The numbered sends of a room, by their names, and the last number of each sender.
struct database::numbered_sends
{
    std::unordered_map<std::string, known_send> by_name = {};
    std::unordered_map<std::string, std::uint64_t> last = {};

    void add(const std::string& sender, std::uint64_t number, known_send where);
};

/// A room as a transaction has read it and moves it on; id 0: there is none.
struct database::room_row
{
    std::int64_t id = 0;
    std::uint64_t term = 0;
    std::string epoch;
    std::uint64_t first = 0;  ///< its offset when it was read
    std::uint64_t offset = 0; ///< of its last message, and that one's time
    std::uint64_t time = 0;
    /// Its numbered sends, once one of them was looked for: read once, and kept up to date.
    std::optional<numbered_sends> numbered = {};
};

/// Messages that retention no longer keeps: those of a room up to an offset.
struct database::range
{
    std::int64_t room = 0;
    std::uint64_t upto = 0;
    std::size_t count = 0;
};

} // namespace citron::backend
