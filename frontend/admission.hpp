// PURE. Who may connect at all, by address and by web page: the section "admission" of conf/chat.json.
#pragma once

#include "common/protocol/ip_address.hpp"
#include "common/runtime/limits.hpp"
#include "frontend/address_list.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend {

class admission
{
public:
    admission() = default; ///< everybody
    explicit admission(const runtime::admission_config& conf);

    /// Of a client's address, not of a proxy's.
    [[nodiscard]] bool admits(const protocol::ip_address& client) const;
    /// It is one of our proxies: what it says of its client's address counts.
    [[nodiscard]] bool trusts(const protocol::ip_address& peer) const { return proxies_.contains(peer); }
    /// Its connections begin with a PROXY header.
    [[nodiscard]] bool expects_header(const protocol::ip_address& peer) const
    {
        return proxy_protocol_ && trusts(peer);
    }
    /// As forwarded_client.
    [[nodiscard]] protocol::ip_address client_of(const protocol::ip_address& peer,
                                                 std::span<const std::string_view> forwarded) const;
    /// `origin` as the request names it; empty: it does not, and comes from no web page.
    [[nodiscard]] bool admits_origin(std::string_view origin) const;

private:
    address_list allow_, block_, proxies_;
    std::vector<std::string> origins_; ///< in lower case
    bool proxy_protocol_ = false;
};

} // namespace citron::frontend
