// PURE. Who may connect to which of the broker's sockets: (door, key) -> role or refusal, in libzmq's own
// question and answer (ZAP, ZeroMQ RFC 27).
#pragma once

#include "common/protocol/counters.hpp"

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace citron::broker {

/// The ZAP domains: one for each socket.
namespace door {
inline constexpr std::string_view requests = "requests", broadcasts = "broadcasts", tap = "tap";
}

/// May who holds a key of this role (see cluster::peer_roles) connect there?
[[nodiscard]] bool may_enter(std::string_view where, std::string_view role);

class admission
{
public:
    /// Public key, 32 bytes -> role.
    using allow_list = std::map<std::string, std::string, std::less<>>;

    /// Nobody is allowed yet. `counters` must outlive this.
    explicit admission(protocol::counters& counters) : counters_(counters) {}

    /// Holds for who connects from now on.
    void allow(allow_list keys) { keys_ = std::move(keys); }
    [[nodiscard]] const allow_list& allowed() const { return keys_; }

    /// The frames of the answer to [version, request id, domain, address, identity, mechanism, credentials
    /// ...]. Its user id, which libzmq shows with every frame of that connection, is the role.
    [[nodiscard]] std::vector<std::string> answer(std::span<const std::string_view> question);

    /// Lines for the log, the first of each address, door and reason; the address is a stranger's.
    [[nodiscard]] std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

private:
    /// A role, or why there is none.
    struct verdict
    {
        std::string_view role, refusal;
    };
    [[nodiscard]] verdict judge(std::string_view where, std::string_view mechanism,
                                std::span<const std::string_view> credentials) const;
    void note(std::string_view address, std::string_view where, std::string_view refusal);

    protocol::counters& counters_;
    allow_list keys_;
    std::vector<std::string> notes_;
    std::set<std::string, std::less<>> told_; ///< notes that have been made
};

} // namespace citron::broker
