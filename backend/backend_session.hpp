// PURE. What a backend knows of a client's request: who sent it, in which room, and who waits for the answer.
#pragma once

#include "common/protocol/contract.hpp"
#include "common/protocol/json_object.hpp"
#include "common/protocol/json_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace citron::backend {

using protocol::errc;
using protocol::instant;
using protocol::json_writer;
using protocol::milliseconds;

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

/// Names a session cluster-wide.
struct session_name
{
    std::string connector;
    std::uint64_t boot = 0; ///< of that connector
    protocol::session_id session = 0;

    auto operator<=>(const session_name&) const = default;
};

/// The same, borrowed: to look a session up.
struct session_ref
{
    session_ref(const protocol::member& who) : connector(who.connector), boot(who.boot), session(who.session)
    {
    }
    session_ref(const session_name& who) : connector(who.connector), boot(who.boot), session(who.session) {}

    std::string_view connector;
    std::uint64_t boot;
    protocol::session_id session;

    bool operator==(const session_ref&) const = default;
};

/// Two connectors may give their sessions the same numbers, but hardly in lives that began alike.
struct session_hash
{
    std::size_t operator()(const session_ref& who) const
    {
        return who.boot * 0x9e3779b97f4a7c15U + who.session;
    }
};

/// "connector-server-1/1f3a/42".
[[nodiscard]] std::string key_of(const session_ref& who);

class channel;

/// A request that is answered after its handler has returned.
struct open_request
{
    session_name who;
    std::uint64_t number = 0;
    caller reply_to;
};

/// One request of a client who is in the room. Borrows everything: valid only while its handler runs.
struct backend_session
{
    channel* room = nullptr;
    const std::string& rid;
    const protocol::member& who;
    std::uint64_t number = 0;
    const caller& reply_to;
    protocol::json_object body;

    [[nodiscard]] open_request to_answer_later() const
    {
        return {{who.connector, who.boot, who.session}, number, reply_to};
    }
    /// The value as text; numbers count as their text; "" when it is missing or something else.
    [[nodiscard]] std::string text(std::string_view name) const { return body.text(name); }
};

} // namespace citron::backend
