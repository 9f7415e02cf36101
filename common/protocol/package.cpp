#include "common/protocol/package.hpp"

namespace citron::protocol {
namespace {

constexpr std::uint8_t compressed_flag = 0x01;
constexpr int longest_id = 5; // base-128 digits of a 32-bit number

std::uint8_t byte_at(std::string_view text, std::size_t index)
{
    return static_cast<std::uint8_t>(text[index]);
}

void append_header(std::string& out, package_type type, std::size_t size)
{
    out.push_back(static_cast<char>(type));
    out.push_back(static_cast<char>((size >> 16) & 0xff));
    out.push_back(static_cast<char>((size >> 8) & 0xff));
    out.push_back(static_cast<char>(size & 0xff));
}

void append_id(std::string& out, std::uint32_t id)
{
    do {
        const std::uint32_t digit = id & 0x7f;
        id >>= 7;
        out.push_back(static_cast<char>(id ? digit | 0x80 : digit));
    } while (id);
}

bool take_id(std::string_view& input, std::uint32_t& id)
{
    for (int i = 0; i < longest_id && !input.empty(); ++i) {
        const auto digit = byte_at(input, 0);
        input.remove_prefix(1);
        id |= static_cast<std::uint32_t>(digit & 0x7f) << (7 * i);
        if (!(digit & 0x80))
            return true;
    }
    return false;
}

bool take_code(std::string_view& input, client_message& m)
{
    if (input.size() < 2)
        return false;
    m.route_code = static_cast<std::uint16_t>(byte_at(input, 0) << 8 | byte_at(input, 1));
    input.remove_prefix(2);
    return true;
}

bool take_route(std::string_view& input, client_message& m)
{
    if (input.empty() || input.size() < 1U + byte_at(input, 0))
        return false;
    m.route = input.substr(1, byte_at(input, 0));
    input.remove_prefix(1 + m.route.size());
    return true;
}

} // namespace

result<package> take_package(std::string_view& input)
{
    if (input.size() < package_header)
        return std::unexpected(errc::bad_request);
    const auto type = byte_at(input, 0);
    const std::size_t size = byte_at(input, 1) << 16 | byte_at(input, 2) << 8 | byte_at(input, 3);
    if (type < 1 || type > 5 || input.size() - package_header < size)
        return std::unexpected(errc::bad_request);
    const package taken{static_cast<package_type>(type), input.substr(package_header, size)};
    input.remove_prefix(package_header + size);
    return taken;
}

std::string encode_package(package_type type, std::string_view body)
{
    std::string out;
    out.reserve(package_header + body.size());
    append_header(out, type, body.size());
    out.append(body);
    return out;
}

result<client_message> decode_message(std::string_view body)
{
    if (body.empty())
        return std::unexpected(errc::bad_request);
    const auto flag = byte_at(body, 0);
    body.remove_prefix(1);
    const auto type = (flag >> 1) & 0x07;
    if (type > static_cast<int>(message_type::push))
        return std::unexpected(errc::bad_request);
    client_message m;
    m.type = static_cast<message_type>(type);
    const bool has_id = m.type == message_type::request || m.type == message_type::response;
    if (has_id && !take_id(body, m.id))
        return std::unexpected(errc::bad_request);
    const bool has_route = m.type != message_type::response;
    if (has_route && !(flag & compressed_flag ? take_code(body, m) : take_route(body, m)))
        return std::unexpected(errc::bad_request);
    m.body = body;
    return m;
}

std::string response_head(std::uint32_t id, std::size_t size)
{
    constexpr char response_flag = 0x04;
    std::size_t id_bytes = 1;
    for (auto rest = id >> 7U; rest; rest >>= 7U)
        ++id_bytes;
    std::string head; // short enough to need no memory of its own
    append_header(head, package_type::data, 1 + id_bytes + size);
    head.push_back(response_flag);
    append_id(head, id);
    return head;
}

std::string encode_response(std::uint32_t id, std::string_view json)
{
    const auto head = response_head(id, json.size());
    std::string out;
    out.reserve(head.size() + json.size());
    return out.append(head).append(json);
}

std::string encode_push(std::string_view route, std::string_view json)
{
    constexpr char push_flag = 0x06;
    std::string out;
    out.reserve(package_header + 2 + route.size() + json.size());
    append_header(out, package_type::data, 2 + route.size() + json.size());
    out.push_back(push_flag);
    out.push_back(static_cast<char>(route.size()));
    return out.append(route).append(json);
}

std::string encode_request(std::uint32_t id, std::string_view route, std::string_view json)
{
    constexpr char request_flag = 0x00;
    constexpr char notify_flag = 0x02;
    std::string body(1, id ? request_flag : notify_flag);
    if (id)
        append_id(body, id);
    body.push_back(static_cast<char>(route.size()));
    body.append(route).append(json);
    return encode_package(package_type::data, body);
}

} // namespace citron::protocol
