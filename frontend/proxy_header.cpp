#include "frontend/proxy_header.hpp"

#include <array>
#include <cstdint>

namespace citron::frontend {

using protocol::ip_address;

namespace {

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::uint8_t version = 2;

enum command : std::uint8_t
{
    local = 0,
    proxy = 1
};
enum family : std::uint8_t
{
    unspecified = 0,
    inet = 1,
    inet6 = 2,
    unix_socket = 3
};
enum transport : std::uint8_t
{
    unknown = 0,
    stream = 1,
    datagram = 2
};

/// Of both ends, with ports.
constexpr std::array<std::size_t, 4> address_sizes{0, 12, 36, 216};

std::uint8_t byte(std::string_view head, std::size_t at)
{
    return static_cast<std::uint8_t>(head[at]);
}

struct proxy_head
{
    std::uint8_t command, family, transport;
    std::size_t rest;
};

proxy_head read(std::string_view head)
{
    const auto what = byte(head, 12), how = byte(head, 13);
    return {.command = static_cast<std::uint8_t>(what & 0x0fU),
            .family = static_cast<std::uint8_t>(how >> 4U),
            .transport = static_cast<std::uint8_t>(how & 0x0fU),
            .rest = static_cast<std::size_t>(byte(head, 14) << 8U | byte(head, 15))};
}

template <std::size_t size>
std::array<std::uint8_t, size> first_bytes(std::string_view from)
{
    std::array<std::uint8_t, size> bytes{};
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = byte(from, i);
    return bytes;
}

} // namespace

std::optional<std::size_t> proxy_rest_size(std::string_view head)
{
    if (head.size() < proxy_head_size || !head.starts_with(signature) || byte(head, 12) >> 4U != version)
        return std::nullopt;
    const auto h = read(head);
    if (h.command > proxy || h.rest > proxy_rest_limit)
        return std::nullopt;
    if (h.command == local) // the family is ignored; what follows is not
        return h.rest;
    if (h.family > unix_socket || h.transport > datagram || h.rest < address_sizes[h.family])
        return std::nullopt;
    return h.rest;
}

std::optional<ip_address> proxied_client(std::string_view head, std::string_view rest)
{
    if (rest.size() != proxy_rest_size(head))
        return std::nullopt;
    const auto h = read(head);
    if (h.command == local || h.transport != stream) // no datagram comes over TCP
        return std::nullopt;
    if (h.family == inet)
        return ip_address::v4(first_bytes<ip_address::v4_size>(rest));
    if (h.family == inet6)
        return ip_address::v6(first_bytes<ip_address::v6_size>(rest));
    return std::nullopt;
}

} // namespace citron::frontend
