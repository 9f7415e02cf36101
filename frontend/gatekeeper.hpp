// PURE. The limits of conf/chat.json, "limits": who may open another session, ask, enter, send so much now,
// and who has been refused too often.
#pragma once

#include "common/protocol/counters.hpp"
#include "common/runtime/limits.hpp"
#include "frontend/session.hpp"
#include "frontend/session_guard.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace citron::frontend {

/// Counts for a session, its user and its address at once. With everything off it keeps nothing at all.
class gatekeeper
{
public:
    /// `max_sessions`: so many addresses and users are held at most; some thousand more are remembered.
    gatekeeper(const runtime::limits_config& limits, std::size_t max_sessions, protocol::counters& counters);

    /// The session's client is at `from`. False: too many of that address, or too many in too short a time;
    /// the session is not counted there. At most once per session.
    [[nodiscard]] bool admit(session& s, const protocol::ip_address& from, instant now);
    /// The session acts for this user from now on.
    void identify(session& s, const std::string& user);
    /// The session is gone.
    void forget(session& s);

    /// Another request, which perhaps `enters` a room. 0: it may be served; else how long until it might be.
    [[nodiscard]] milliseconds ask(session& s, bool enters, instant now);
    /// So many bytes have come. How long nothing more should be read of that client.
    [[nodiscard]] milliseconds hear(session& s, std::size_t bytes, instant now);
    /// Something of this client was refused. True: once too often, it must go.
    [[nodiscard]] bool annoy(session& s, instant now);

    /// About every 100 ms.
    void on_tick(instant now);
    [[nodiscard]] std::size_t addresses() const { return addresses_.size(); }
    [[nodiscard]] std::size_t users() const { return users_.size(); }

private:
    struct rates
    {
        rate requests, enters, bytes;
        [[nodiscard]] bool off() const { return requests.off() && enters.off() && bytes.off(); }
    };
    /// One of whom a session's doings count for.
    struct scope
    {
        usage* used = nullptr;
        const rates* may = nullptr;
        std::uint64_t *requests = nullptr, *enters = nullptr; ///< counters of refusals
    };
    struct tally
    {
        tally(protocol::counters& counters, std::string_view scope);
        std::uint64_t &requests, &enters;
    };

    [[nodiscard]] std::array<scope, 3> scopes_of(const session& s);
    [[nodiscard]] session_guard* guard_of(session& s);

    rates session_, user_, address_;
    rate connects_, refusals_;
    std::size_t sessions_per_ip_;
    bool by_user_, by_address_, any_;
    address_table addresses_;
    user_table users_;
    instant swept_{};
    tally of_session_, of_user_, of_address_;
    std::uint64_t &too_many_sessions_, &too_many_connects_, &throttled_, &abuse_;
};

} // namespace citron::frontend
