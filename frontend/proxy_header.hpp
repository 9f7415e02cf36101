// PURE. The header that a proxy writes before the client's first byte: PROXY protocol, version 2 (haproxy's
// proxy-protocol.txt, section 2.2). The text form, version 1, is refused.
#pragma once

#include "common/protocol/ip_address.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace citron::frontend {

/// Its first part has a fixed size and says how much follows.
inline constexpr std::size_t proxy_head_size = 16;
/// What follows at most: addresses, and notes of the proxy that are skipped.
inline constexpr std::size_t proxy_rest_limit = 4'096;

/// Bytes after the first proxy_head_size. Nothing: that is no such header, of another version, with an
/// unknown command, family or protocol, too short for its addresses, or longer than the limit. Of `head`
/// the first proxy_head_size bytes count.
[[nodiscard]] std::optional<std::size_t> proxy_rest_size(std::string_view head);

/// Who the client is. Nothing: the proxy speaks for itself (LOCAL: a health check), or for a client whose
/// address it cannot tell; or `rest` has not the size that proxy_rest_size(head) said.
[[nodiscard]] std::optional<protocol::ip_address> proxied_client(std::string_view head,
                                                                 std::string_view rest);

} // namespace citron::frontend
