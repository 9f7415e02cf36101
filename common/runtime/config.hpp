// conf/*.json -> structs; every mistake is one clear line that names file and key.
#pragma once

#include "common/protocol/types.hpp"
#include "common/runtime/identity_config.hpp"
#include "common/runtime/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace citron::runtime {

/// what(): "conf/servers.json: development.chat[1].id: must be a text". main prints it and exits 2.
struct config_error : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// By which way peers reach the broker; key "transport": "auto" | "tcp" | "ipc".
enum class transport
{
    automatic, ///< ipc within one host, tcp between hosts
    tcp,
    ipc,
};

struct broker_config
{
    std::string id = "broker-1";
    std::string host = "127.0.0.1"; ///< where peers connect
    std::string bind;               ///< where the broker listens; empty: host
    std::uint16_t port = 5550, pub_port = 5551, tap_port = 5552;
    transport via = transport::automatic;
    std::filesystem::path keys; ///< folder with everybody's CURVE keys; empty: connections are plain
};

/// Key "tls": {"certificate": FILE, "key": FILE} of a gate or connector: its client port and its web port
/// speak TLS. Paths are relative to the conf folder; nobody has read the files yet.
struct tls_config
{
    std::filesystem::path certificate; ///< PEM: the server's own first, then those that lead to the root
    std::filesystem::path key;         ///< PEM, without a password
    std::string where;                 ///< for complaints: "conf/servers.json: development.gate[0].tls"
};

/// One line of servers.json. Ports 0 mean any free port.
struct server_config
{
    std::string id;
    protocol::server_kind kind = protocol::server_kind::chat;
    std::string host = "127.0.0.1"; ///< default of bind and of public_host
    std::string bind;               ///< interface to listen on; empty: host
    std::uint16_t client_port = 0;  ///< gate, connector: WebSocket
    std::uint16_t http_port = 0;    ///< who serves_web(): the port of www/; the file's default is 3001
    std::string public_host;        ///< what clients are told; empty: host
    std::uint16_t public_port = 0;  ///< what clients are told; 0: the port listened on
    bool public_tls = false;        ///< a proxy before it speaks TLS: what clients are told
    std::optional<tls_config> tls;  ///< it speaks TLS itself

    /// Clients reach it by wss and https.
    [[nodiscard]] bool secure() const { return public_tls || tls.has_value(); }
};

/// What an acknowledged message has survived: nothing yet, the end of any process, a loss of power.
enum class durability
{
    memory,
    os,
    fsync
};

/// conf/chat.json; every key optional, defaults as here. Keys: see conf/chat.json itself.
struct chat_config
{
    std::chrono::milliseconds heartbeat{10'000};
    std::chrono::milliseconds idle{20'000}; ///< a connection without any data for so long is closed
    std::chrono::milliseconds request_timeout{10'000};
    std::size_t max_message = 1U << 20U;  ///< bytes of a client's message
    std::size_t outbox_bytes = 8U << 20U; ///< per connection
    std::size_t outbox_total = 1U << 30U; ///< per process
    std::size_t max_sessions = 18'000;    ///< per connector
    std::size_t rooms_per_connection = 100;
    std::size_t in_flight = 1024;            ///< unanswered requests per connection
    std::size_t in_flight_bytes = 4U << 20U; ///< per connection
    runtime::durability durability = durability::fsync;
    std::size_t history_messages = 1000;     ///< per room
    std::chrono::hours history_age{0};       ///< on disk; 0: for ever
    std::size_t history_bytes = 4U << 20U;   ///< per room, in memory
    std::size_t history_total = 256U << 20U; ///< per process, in memory
    std::size_t resume_messages = 500;
    std::size_t resume_bytes = 2U << 20U;
    bool several_sessions_per_user = false; ///< key "duplicateUser": "refuse" | "allow"
    std::chrono::milliseconds batch{
        6}; ///< a busy broker rests so long between turns, connectors a sixth of it; 0: never
    std::chrono::milliseconds grace{
        5'000}; ///< members of a silent connector stay so long after its last beat
    std::chrono::milliseconds drain{5'000}; ///< a connector that ends tells its clients, spread over so long
    identity_config identity;
    limits_config limits;
    admission_config admission;
};

struct config
{
    std::string environment;
    std::filesystem::path conf_dir, run_dir; ///< run_dir holds logs/ and data/
    broker_config broker;
    std::vector<server_config> servers; ///< in the order of the file
    chat_config chat;

    [[nodiscard]] const server_config* find(std::string_view id) const;
    [[nodiscard]] bool has_gate() const;
    /// Gates serve www/; without any gate, the first connector of the file does.
    [[nodiscard]] bool serves_web(const server_config& server) const;
};

/// 1 to 64 characters of A-Z a-z 0-9 . _ -
[[nodiscard]] bool is_server_id(std::string_view text);

/// Reads servers.json and chat.json of `conf_dir` for `environment`. Throws config_error.
[[nodiscard]] config load_config(const std::filesystem::path& conf_dir, const std::string& environment,
                                 const std::optional<std::filesystem::path>& run_dir);

} // namespace citron::runtime
