// PURE. Pomelo's two client layers: the package (type, 24-bit length, body) and the message (flag, id, route,
// body). Source: the Pomelo wiki's "communication protocol" page and the observed behaviour of its clients.
#pragma once

#include "common/protocol/errc.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace citron::protocol {

enum class package_type : std::uint8_t
{
    handshake = 1,
    handshake_ack = 2,
    heartbeat = 3,
    data = 4,
    kick = 5
};

inline constexpr std::size_t package_header = 4;
inline constexpr std::size_t max_package_body = (1U << 24) - 1;

struct package
{
    package_type type = package_type::data;
    std::string_view body; ///< borrowed from the input
};

/// Takes the first package off `input` (which shrinks). bad_request: unknown type or truncated; input
/// undefined then. Precondition: input is not empty.
[[nodiscard]] result<package> take_package(std::string_view& input);

/// Precondition: body.size() <= max_package_body.
[[nodiscard]] std::string encode_package(package_type type, std::string_view body);

enum class message_type : std::uint8_t
{
    request = 0,
    notify = 1,
    response = 2,
    push = 3
};

struct client_message
{
    message_type type = message_type::request;
    std::uint32_t id = 0;                    ///< request and response only
    std::optional<std::uint16_t> route_code; ///< set when the route is compressed
    std::string_view route;                  ///< borrowed; empty when compressed
    std::string_view body;                   ///< borrowed
};

/// The body of a data package. bad_request when it is truncated, or of a type that does not exist.
[[nodiscard]] result<client_message> decode_message(std::string_view body);

/// What comes before the `size` bytes of a response's JSON in its data package. Precondition: they fit into
/// it.
[[nodiscard]] std::string response_head(std::uint32_t id, std::size_t size);

/// A whole data package with a response. Precondition: json fits into a package.
[[nodiscard]] std::string encode_response(std::uint32_t id, std::string_view json);

/// A whole data package with a push. Precondition: route.size() <= 255, json fits into a package.
[[nodiscard]] std::string encode_push(std::string_view route, std::string_view json);

/// A whole data package with a request (id > 0) or a notify (id 0): what clients send; for tests and tools.
[[nodiscard]] std::string encode_request(std::uint32_t id, std::string_view route, std::string_view json);

} // namespace citron::protocol
