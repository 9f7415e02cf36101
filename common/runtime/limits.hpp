// PURE. What strangers may do: the sections "limits" and "admission" of conf/chat.json.
#pragma once

#include "common/protocol/ip_address.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace citron::runtime {

/// What each connection, each user (by name, over all connections of one server) and each address (IPv6: each
/// /64) may do in a second; 0: as much as it likes.
struct rate_config
{
    std::size_t session = 0, user = 0, ip = 0;

    [[nodiscard]] bool off() const { return session == 0 && user == 0 && ip == 0; }
};

struct limits_config
{
    std::size_t packages_per_frame = 256;   ///< beyond: the connection is ended, `abuse`
    std::size_t sessions_per_ip = 0;        ///< per server; 0: as many as the server takes
    std::size_t connects_per_second = 0;    ///< of one address; 0: no limit
    rate_config requests;                   ///< beyond: `rate_limited`
    rate_config enters;                     ///< enter and join, which count as requests too
    rate_config bytes;                      ///< beyond: what it sends is read no faster
    std::chrono::milliseconds burst{2'000}; ///< so long a pause may be made up for at once
    std::size_t abuse = 0; ///< refusals within abuse_span, beyond which a client is ended; 0: never
    std::chrono::milliseconds abuse_span{10'000}; ///< a refusal is forgotten within it
    std::chrono::milliseconds handshake{20'000};  ///< from the accept to the end of the handshake
    std::size_t members_per_room = 100'000;       ///< beyond: `overloaded`
    std::size_t rooms_per_server = 100'000;       ///< with members, per chat server; beyond: `overloaded`
    std::size_t history_page = 100;               ///< messages in one answer, whatever `limit` says
};

/// Who may connect at all.
struct admission_config
{
    std::vector<protocol::ip_network> allow; ///< empty: everybody
    std::vector<protocol::ip_network> block; ///< overrules allow
    std::vector<std::string> origins; ///< of web pages; empty: any. A client that names none is no browser
    std::vector<protocol::ip_network> proxies; ///< whose word about a client's address counts
    bool proxy_protocol = false; ///< connections from them begin with a PROXY protocol v2 header
};

} // namespace citron::runtime
