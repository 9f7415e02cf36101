// PURE. The client behind proxies, as X-Forwarded-For tells it.
#pragma once

#include "common/protocol/ip_address.hpp"
#include "frontend/address_list.hpp"

#include <span>
#include <string_view>

namespace citron::frontend {

/// `headers`: all X-Forwarded-For headers of the request in their order. Each proxy appends the address that
/// it was connected from, so they are read from the end: the first one that is none of `proxies` is the
/// client - what stands before it, it may have made up. What is no address ends the chain: the last proxy
/// that is known counts as the client then. `peer`: who is connected to us; a client if it is no proxy.
[[nodiscard]] protocol::ip_address forwarded_client(const protocol::ip_address& peer,
                                                    std::span<const std::string_view> headers,
                                                    const address_list& proxies);

} // namespace citron::frontend
