// PURE. IP addresses and networks as values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace citron::protocol {

/// In network byte order. An IPv4 address that came as IPv6 (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2) is an
/// IPv4 address.
struct ip_address
{
    static constexpr std::size_t v4_size = 4, v6_size = 16;

    std::uint8_t family = 4;                   ///< 4 or 6
    std::array<std::uint8_t, v6_size> bytes{}; ///< of IPv4 the first four

    [[nodiscard]] static ip_address v4(std::span<const std::uint8_t, v4_size> from);
    [[nodiscard]] static ip_address v6(std::span<const std::uint8_t, v6_size> from);
    /// The first and the last address that share its first `bits` bits.
    [[nodiscard]] ip_address lowest(std::size_t bits) const;
    [[nodiscard]] ip_address highest(std::size_t bits) const;

    auto operator<=>(const ip_address&) const = default;
};

/// All addresses from `first` to `last`, of one family: what "10.0.0.0/8" means.
struct ip_network
{
    ip_address first, last;

    [[nodiscard]] bool contains(const ip_address& one) const { return first <= one && one <= last; }
    auto operator<=>(const ip_network&) const = default;
};

/// "192.0.2.7" or "2001:db8::7" (RFC 4291 section 2.2); no port, no brackets, no zone.
[[nodiscard]] std::optional<ip_address> parse_ip_address(std::string_view text);
/// "192.0.2.0/24", "2001:db8::/32", or one address. Nothing beyond the prefix may be set. An IPv6 network
/// contains no IPv4 addresses, unless it lies in ::ffff:0:0/96.
[[nodiscard]] std::optional<ip_network> parse_ip_network(std::string_view text);
[[nodiscard]] std::string to_text(const ip_address& address);

} // namespace citron::protocol
