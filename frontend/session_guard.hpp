// PURE. What one client has used up of its limits, and whom else that counts for: its address, its user.
#pragma once

#include "common/protocol/ip_address.hpp"
#include "frontend/record_table.hpp"
#include "frontend/token_bucket.hpp"

#include <cstddef>
#include <string>

namespace citron::frontend {

/// What a connection, a user or an address has taken of its rates.
struct usage
{
    token_bucket requests, enters, bytes;

    [[nodiscard]] bool idle(protocol::instant now) const
    {
        return requests.full(now) && enters.full(now) && bytes.full(now);
    }
};

struct address_usage : usage
{
    token_bucket connects;
    std::size_t sessions = 0;

    [[nodiscard]] bool idle(protocol::instant now) const { return usage::idle(now) && connects.full(now); }
};

using address_table = record_table<protocol::ip_address, address_usage>;
using user_table = record_table<std::string, usage>;

/// Of one session; the gatekeeper's.
struct session_guard
{
    usage own;
    token_bucket refusals;
    address_table::handle address = nullptr;
    user_table::handle user = nullptr;
};

} // namespace citron::frontend
