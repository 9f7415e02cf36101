// What a cluster of the usual size says: names as in conf/servers.json, a chat message of 128 bytes.
#pragma once

#include "common/protocol/client_routes.hpp"
#include "common/protocol/contract.hpp"
#include "common/protocol/package.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace citron::bench {

inline constexpr std::string_view send_route = "chat.chatHandler.send";

inline std::string chat_server_id()
{
    return "chat-server-1";
}

/// n = 1, 2, 3 ...
inline std::string connector_id(std::size_t n)
{
    return "connector-server-" + std::to_string(n);
}

inline std::vector<std::string> connector_ids(std::size_t count)
{
    std::vector<std::string> ids;
    for (std::size_t n = 1; n <= count; ++n)
        ids.push_back(connector_id(n));
    return ids;
}

inline std::string rid()
{
    return "room-of-the-town-4711"; // longer than what a std::string holds in itself
}

inline std::string user(std::size_t n)
{
    return "member-" + std::to_string(n);
}

/// What a client sends, and what its room hears of it.
/// Each `n` is another message, under a cid of 16 characters.
inline std::string send_json(std::uint64_t n = 1)
{
    constexpr std::uint64_t sixteen_digits = 1'000'000'000'000'000;
    return R"({"content":")" + std::string(128, 'x') + R"(","target":"*","cid":")" +
           std::to_string(sixteen_digits + n) + R"("})";
}

inline std::string chat_json()
{
    return R"({"route":"onChat","msg":")" + std::string(128, 'x') +
           R"(","from":"member-1","target":"*","rid":"room-of-the-town-4711","offset":1234,)"
           R"("epoch":"0123456789abcdef","time":1700000000000,"cid":"0123456789abcdef"})";
}

inline protocol::member member(std::size_t n = 1)
{
    return {.user = user(n),
            .connector = connector_id(1),
            .boot = 1'700'000'000'000,
            .session = n,
            .key = std::string(64, 'a'),
            .joined = 1'700'000'000'000,
            .next = 10,
            .stay = n,
            .opened = 1'700'000'000'000};
}

inline protocol::client_request client_request()
{
    const auto all = member();
    return {.who = {.user = all.user,
                    .connector = all.connector,
                    .boot = all.boot,
                    .session = all.session,
                    .stay = all.stay},
            .number = 11,
            .low = 10,
            .body = {send_json()}};
}

inline protocol::broadcast broadcast()
{
    return {.rid = rid(),
            .at = {.term = 3, .rev = 1234, .epoch = "0123456789abcdef", .offset = 1234},
            .what = static_cast<std::uint8_t>(protocol::event::chat),
            .user = {},
            .push = {protocol::encode_push("onChat", chat_json())}};
}

} // namespace citron::bench
