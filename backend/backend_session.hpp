// PURE. What a backend knows of a client's request: who sent it, in which room, and who waits for the answer.
#pragma once

#include "common/protocol/contract.hpp"
#include "common/protocol/json.hpp"

#include <cstdint>
#include <string>

namespace citron::backend {

using protocol::errc;
using protocol::instant;
using protocol::milliseconds;
using protocol::ordered_json;

/// Who waits for an answer: a server, and the id of its call. Id 0: nobody.
struct caller
{
    std::string server;
    std::uint64_t id = 0;
};

/// Who sent this.
[[nodiscard]] inline caller caller_of(const protocol::envelope& e)
{
    return {std::string(e.from), e.id};
}

/// Names a session cluster-wide: "connector-server-1/1f3a/42".
[[nodiscard]] std::string key_of(const protocol::member& who);

class channel;

/// One request of a client who is in the room.
struct backend_session
{
    channel* room = nullptr; ///< valid only while the handler runs
    std::string rid;
    protocol::member who;
    std::string key; ///< key_of(who)
    std::uint64_t number = 0;
    caller reply_to;
    protocol::json body;

    /// For whoever answers later: all but the client's JSON, which may be large.
    [[nodiscard]] backend_session without_body() const
    {
        return {nullptr, rid, who, key, number, reply_to, {}};
    }
    /// The value as text; numbers count as their text; "" when it is missing or something else.
    [[nodiscard]] std::string text(std::string_view name) const { return protocol::text_at(body, name); }
    /// Any value; null when it is missing.
    [[nodiscard]] ordered_json value(std::string_view name) const
    {
        const auto found = body.find(name);
        return found == body.end() ? ordered_json() : ordered_json(*found);
    }
};

} // namespace citron::backend
