#include "common/protocol/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace citron::protocol {
namespace {

constexpr std::size_t bits_per_byte = 8;
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Of byte `index`, the bits that belong to a prefix of `bits`.
std::uint8_t mask(std::size_t index, std::size_t bits)
{
    const auto covered = std::min(bits - std::min(bits, index * bits_per_byte), bits_per_byte);
    return static_cast<std::uint8_t>(0xffU << (bits_per_byte - covered));
}

std::size_t size_of(const ip_address& address)
{
    return address.family == 4 ? ip_address::v4_size : ip_address::v6_size;
}

bool speaks_of_v6(std::string_view text)
{
    return text.find(':') != text.npos;
}

std::optional<std::size_t> parse_bits(std::string_view text, std::size_t most)
{
    std::size_t bits = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc() || end != text.data() + text.size() || bits > most)
        return std::nullopt;
    return bits;
}

} // namespace

ip_address ip_address::v4(std::span<const std::uint8_t, v4_size> from)
{
    ip_address made;
    std::ranges::copy(from, made.bytes.begin());
    return made;
}

ip_address ip_address::v6(std::span<const std::uint8_t, v6_size> from)
{
    if (std::ranges::equal(from.first<mapped_prefix.size()>(), mapped_prefix))
        return v4(from.last<v4_size>());
    ip_address made{.family = 6, .bytes = {}};
    std::ranges::copy(from, made.bytes.begin());
    return made;
}

ip_address ip_address::lowest(std::size_t bits) const
{
    auto made = *this;
    for (std::size_t i = 0; i < size_of(*this); ++i)
        made.bytes[i] &= mask(i, bits);
    return made;
}

ip_address ip_address::highest(std::size_t bits) const
{
    auto made = *this;
    for (std::size_t i = 0; i < size_of(*this); ++i)
        made.bytes[i] |= static_cast<std::uint8_t>(~mask(i, bits));
    return made;
}

std::optional<ip_address> parse_ip_address(std::string_view text)
{
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos)
        return std::nullopt;
    const std::string terminated(text);
    std::array<std::uint8_t, ip_address::v6_size> bytes{};
    if (speaks_of_v6(text)) {
        if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1)
            return std::nullopt;
        return ip_address::v6(bytes);
    }
    if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) != 1)
        return std::nullopt;
    return ip_address::v4(std::span(bytes).first<ip_address::v4_size>());
}

std::optional<ip_network> parse_ip_network(std::string_view text)
{
    const auto slash = text.find('/');
    const auto base = parse_ip_address(text.substr(0, slash));
    if (!base)
        return std::nullopt;
    if (slash == text.npos)
        return ip_network{*base, *base};
    const bool v6 = speaks_of_v6(text);
    auto bits =
        parse_bits(text.substr(slash + 1), bits_per_byte * (v6 ? ip_address::v6_size : ip_address::v4_size));
    constexpr auto mapped_bits = bits_per_byte * mapped_prefix.size();
    if (!bits || (v6 && base->family == 4 && *bits < mapped_bits))
        return std::nullopt;
    if (v6 && base->family == 4)
        *bits -= mapped_bits;
    if (base->lowest(*bits) != *base)
        return std::nullopt;
    return ip_network{*base, base->highest(*bits)};
}

std::string to_text(const ip_address& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(address.family == 4 ? AF_INET : AF_INET6, address.bytes.data(), text.data(), text.size());
    return text.data();
}

} // namespace citron::protocol
