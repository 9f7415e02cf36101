// PURE. What a token lets its bearer do: under which name, until when, in which rooms.
#pragma once

#include "common/protocol/client_routes.hpp"
#include "common/protocol/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend {

/// Rooms by name: "lobby" is that one, "team-*" are all that begin so, "*" are all.
class room_names
{
public:
    [[nodiscard]] static room_names all() { return room_names({"*"}); }
    /// Nothing: it is no list of such names.
    [[nodiscard]] static std::optional<room_names> parse(const protocol::json& list);

    room_names() = default; ///< none
    [[nodiscard]] bool contains(std::string_view rid) const;

private:
    explicit room_names(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

    std::vector<std::string> patterns_;
};

struct grant
{
    std::string user;
    std::uint64_t until_ms = 0; ///< ms since 1970; from then on it is worth nothing
    room_names read, write;     ///< who may write may read too

    /// ok; unauthorized: its time is over; forbidden: it is another user's, or says nothing of that room.
    [[nodiscard]] protocol::errc judge(protocol::right needed, std::string_view as_user, std::string_view rid,
                                       std::uint64_t unix_ms) const;
};

} // namespace citron::frontend
