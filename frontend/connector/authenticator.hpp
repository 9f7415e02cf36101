// PURE. Who a client is, by the token that it enters or joins with, and whether that lets it into the room.
#pragma once

#include "common/protocol/client_routes.hpp"
#include "common/protocol/counters.hpp"
#include "frontend/connector/entry.hpp"
#include "frontend/identity/token_verifier.hpp"
#include "frontend/session.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace citron::frontend {

enum class tokens : std::uint8_t
{
    ignored,  ///< anybody enters under any name
    optional, ///< checked, if there is one
    required
};

struct identity_options
{
    tokens asked = tokens::ignored;
    token_rules rules;
    /// Asked when this begins, and on every tick: the keys, if they are others now. What it throws the first
    /// time passes through the constructor.
    std::function<std::optional<key_ring>(instant)> fresh_keys;
};

class authenticator
{
public:
    authenticator(identity_options options, protocol::counters& counters, instant now);

    /// Before a handler sees it. After ok, `wanted` bears the name that its token says, and the grant (for a
    /// join, that of the session), and not the token any more.
    ///   unauthorized: a token is missing, or not (or no longer) good.
    ///   forbidden: it is somebody else's than `username` says, or not for that room.
    /// A good token of the name that the session has already counts from here on, whatever becomes of the
    /// request.
    [[nodiscard]] protocol::errc admit(session& s, protocol::right needed, entry& wanted);

    /// Tokens end by this clock: ms since 1970, as precise as ticks are.
    void on_tick(instant now, std::uint64_t unix_ms);

private:
    [[nodiscard]] protocol::errc read(session& s, std::string_view token, entry& wanted);
    [[nodiscard]] protocol::errc refuse(protocol::errc code, std::string_view why);
    void take_keys(instant now);

    identity_options options_;
    token_verifier verifier_;
    protocol::counters& counters_;
    std::uint64_t &accepted_, &keys_, &key_changes_;
    std::uint64_t unix_ms_ = 0;
};

} // namespace citron::frontend
