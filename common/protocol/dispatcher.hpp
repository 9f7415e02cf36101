// PURE. A key and a set of servers -> the one server that owns the key (rendezvous hashing).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace citron::protocol {

/// Weight of `server` for `key`: XXH64 of the key, seeded by XXH64 of the server id.
/// Fixed for ever: every build of every process must rank alike.
[[nodiscard]] std::uint64_t weight(std::string_view key, std::string_view server);

/// Index of the server with the highest weight (ties: the smaller id); npos when `servers` is empty.
/// Adding or removing one of n servers moves about 1/n of the keys, and none between the others.
/// (Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996.)
inline constexpr std::size_t npos = static_cast<std::size_t>(-1);
[[nodiscard]] std::size_t pick(std::string_view key, std::span<const std::string> servers);

} // namespace citron::protocol
