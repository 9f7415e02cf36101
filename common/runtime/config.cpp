#include "common/runtime/config.hpp"

#include "common/runtime/conf_reader.hpp"
#include "common/runtime/identity_reader.hpp"
#include "common/runtime/limits_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace citron::runtime {
namespace {

namespace fs = std::filesystem;
using protocol::server_kind;
using std::chrono::milliseconds;

constexpr std::uint16_t default_http_port = 3001;

bool is_host(std::string_view text)
{
    constexpr std::size_t longest = 253;
    const auto allowed = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '"'; };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, allowed);
}

std::string read_id(const conf_node& node)
{
    auto id = node.at("id").text();
    if (!is_server_id(id))
        node.at("id").fail("must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
    return id;
}

std::string read_host(const conf_node& node, std::string_view key, std::string otherwise)
{
    if (!node.has(key))
        return otherwise;
    auto host = node.at(key).text();
    if (!is_host(host))
        node.at(key).fail("must be a host name or an address");
    return host;
}

std::uint16_t read_port(const conf_node& node, std::string_view key, std::uint64_t lowest)
{
    constexpr std::uint64_t highest = 65535;
    return static_cast<std::uint16_t>(node.at(key).number(lowest, highest));
}

transport read_transport(const conf_node& node)
{
    const auto name = node.text();
    if (name == "auto")
        return transport::automatic;
    if (name == "tcp")
        return transport::tcp;
    if (name != "ipc")
        node.fail("must be \"auto\", \"tcp\" or \"ipc\"");
#ifndef __linux__
    node.fail("ipc is for Linux only");
#endif
    return transport::ipc;
}

std::string read_folder(const conf_node& node)
{
    auto name = node.text();
    if (name.empty() || name.find('\0') != name.npos)
        node.fail("must be the name of a folder");
    return name;
}

tls_config read_tls(const conf_node& node, const fs::path& conf_dir)
{
    node.must_be_object();
    node.only({"certificate", "key"}, "is no key of tls (certificate, key)");
    const auto file = [&](std::string_view key) {
        const auto name = node.at(key).text();
        if (name.empty())
            node.at(key).fail("must be the name of a file");
        return conf_dir / name;
    };
    return {.certificate = file("certificate"), .key = file("key"), .where = node.where()};
}

/// Nobody may believe that a port is protected which is not.
void refuse_tls(const conf_node& node)
{
    for (const std::string_view key : {"tls", "publicTls"})
        if (node.has(key))
            node.at(key).fail("is for gates and connectors only");
}

broker_config read_broker(const conf_node& section, const fs::path& conf_dir)
{
    if (section.is_list() && section.size() != 1)
        section.fail("must be exactly one broker");
    const auto node = section.is_list() ? section.at(0) : section;
    node.must_be_object();
    refuse_tls(node);
    broker_config broker;
    if (node.has("id"))
        broker.id = read_id(node);
    broker.host = read_host(node, "host", broker.host);
    broker.bind = read_host(node, "bind", "");
    broker.port = node.has("port") ? read_port(node, "port", 1) : broker.port;
    broker.pub_port = node.has("pubPort") ? read_port(node, "pubPort", 1) : broker.pub_port;
    broker.tap_port = node.has("tapPort") ? read_port(node, "tapPort", 1) : broker.tap_port;
    broker.via = node.has("transport") ? read_transport(node.at("transport")) : broker.via;
    if (node.has("keys"))
        broker.keys = conf_dir / read_folder(node.at("keys"));
    return broker;
}

server_config read_server(const conf_node& node, server_kind kind, const fs::path& conf_dir)
{
    node.must_be_object();
    server_config server{.id = read_id(node), .kind = kind};
    server.host = read_host(node, "host", server.host);
    server.bind = read_host(node, "bind", "");
    server.public_host = read_host(node, "publicHost", "");
    if (kind == server_kind::chat) {
        refuse_tls(node);
        return server;
    }
    server.client_port = read_port(node, "clientPort", 0);
    server.public_port = node.has("publicPort") ? read_port(node, "publicPort", 0) : server.public_port;
    server.http_port = node.has("httpPort") ? read_port(node, "httpPort", 0) : default_http_port;
    server.public_tls = node.has("publicTls") && node.at("publicTls").flag();
    if (node.has("tls"))
        server.tls = read_tls(node.at("tls"), conf_dir);
    return server;
}

void read_servers(config& conf, const conf_node& environment)
{
    static constexpr std::array kinds{std::pair{"gate", server_kind::gate},
                                      std::pair{"connector", server_kind::connector},
                                      std::pair{"chat", server_kind::chat}};
    environment.must_be_object();
    environment.only({"broker", "gate", "connector", "chat"},
                     "is no server type (broker, gate, connector, chat)");
    conf.broker = read_broker(environment.at("broker"), conf.conf_dir);
    for (const auto& [name, kind] : kinds) {
        if (!environment.has(name))
            continue;
        const auto list = environment.at(name);
        list.must_be_list();
        for (std::size_t i = 0; i < list.size(); ++i) {
            conf.servers.push_back(read_server(list.at(i), kind, conf.conf_dir));
            const auto& id = conf.servers.back().id;
            const bool taken = id == conf.broker.id || conf.find(id) != &conf.servers.back();
            if (taken)
                list.at(i).at("id").fail("\"" + id + "\" is used twice");
        }
    }
}

/// An address that a process will listen on, and who says so.
struct listening
{
    std::string host, bind;
    std::uint16_t port = 0;
    std::string key; ///< "chat-server-1.clientPort"
};

bool clash(const listening& a, const listening& b)
{
    const auto any = [](const listening& l) {
        return l.bind == "0.0.0.0" || l.bind == "*" || l.bind == "::";
    };
    return a.port != 0 && a.port == b.port && a.host == b.host && (a.bind == b.bind || any(a) || any(b));
}

std::vector<listening> listeners(const config& conf)
{
    const auto plain = [](const std::string& host) {
        return host == "localhost" ? std::string("127.0.0.1") : host;
    };
    std::vector<listening> all;
    const auto add = [&](const auto& server, std::uint16_t port, const char* key) {
        all.push_back({plain(server.host), plain(server.bind.empty() ? server.host : server.bind), port,
                       server.id + "." + key});
    };
    add(conf.broker, conf.broker.port, "port");
    add(conf.broker, conf.broker.pub_port, "pubPort");
    add(conf.broker, conf.broker.tap_port, "tapPort");
    for (const auto& server : conf.servers) {
        if (server.kind == server_kind::chat)
            continue;
        add(server, server.client_port, "clientPort");
        if (conf.serves_web(server))
            add(server, server.http_port, "httpPort");
    }
    return all;
}

void refuse_clashes(const config& conf, const conf_node& environment)
{
    const auto all = listeners(conf);
    for (auto later = all.begin(); later != all.end(); ++later) {
        const auto same = [&](const listening& other) { return clash(*later, other); };
        if (const auto first = std::find_if(all.begin(), later, same); first != later)
            environment.fail(later->key + " and " + first->key + " are both port " +
                             std::to_string(later->port) + " of " + later->host);
    }
}

constexpr std::size_t minute = 60'000, hour = 3'600'000, longest_batch = 20; // milliseconds

durability read_durability(const conf_node& node)
{
    const auto name = node.text();
    if (name == "memory")
        return durability::memory;
    if (name == "os")
        return durability::os;
    if (name != "fsync")
        node.fail("must be \"fsync\", \"os\" or \"memory\"");
    return durability::fsync;
}

/// Overwrites in `chat` what the file, or the section of an environment, says.
void read_chat(chat_config& chat, const conf_node& file, std::span<const std::string> sections)
{
    constexpr std::size_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib, many = 1'000'000;
    file.must_be_object();
    std::vector<std::string_view> known{"duplicateUser", "durability", "identity", "limits", "admission"};
    known.insert(known.end(), sections.begin(), sections.end());
    const auto number = [&](std::string_view key, std::size_t& value, std::size_t lowest,
                            std::size_t highest) {
        known.push_back(key);
        if (file.has(key))
            value = file.at(key).number(lowest, highest);
    };
    const auto time = [&](std::string_view key, auto& value, std::size_t lowest, std::size_t highest = hour) {
        auto count = static_cast<std::size_t>(value.count());
        number(key, count, lowest, highest);
        value = std::remove_reference_t<decltype(value)>(count);
    };
    time("heartbeatMs", chat.heartbeat, 100);
    time("idleMs", chat.idle, 200);
    time("requestTimeoutMs", chat.request_timeout, 100, minute); // so long a send may come again
    time("graceMs", chat.grace, 0);
    time("drainMs", chat.drain, 0, 10 * minute);
    time("batchMs", chat.batch, 0, longest_batch);
    number("maxMessageBytes", chat.max_message, 64, 2 * mib); // an envelope and an answer must hold it
    number("outboxBytes", chat.outbox_bytes, 64 * kib, gib);
    number("outboxTotalBytes", chat.outbox_total, 64 * kib, 1024 * gib);
    number("maxSessions", chat.max_sessions, 1, many);
    number("roomsPerConnection", chat.rooms_per_connection, 1, many);
    number("inFlight", chat.in_flight, 1, many);
    number("inFlightBytes", chat.in_flight_bytes, kib, gib);
    number("historyMessages", chat.history_messages, 0, many);
    time("historyHours", chat.history_age, 0, 24 * 36'525);
    number("historyBytes", chat.history_bytes, 0, gib);
    number("historyTotalBytes", chat.history_total, 0, 1024 * gib);
    number("resumeMessages", chat.resume_messages, 1, many);
    number("resumeBytes", chat.resume_bytes, kib, 2 * mib);
    if (file.has("duplicateUser")) {
        const auto policy = file.at("duplicateUser").text();
        if (policy != "refuse" && policy != "allow")
            file.at("duplicateUser").fail("must be \"refuse\" or \"allow\"");
        chat.several_sessions_per_user = policy == "allow";
    }
    if (file.has("durability"))
        chat.durability = read_durability(file.at("durability"));
    if (file.has("identity"))
        chat.identity = read_identity(file.at("identity"));
    if (file.has("limits"))
        read_limits(chat.limits, file.at("limits"));
    if (file.has("admission"))
        read_admission(chat.admission, file.at("admission"));
    file.only(known, "is no key of this file");
}

/// Keys at the top hold for all environments, those of the section named like one for that one alone.
chat_config read_chat(const conf_node& file, const std::string& environment,
                      const std::vector<std::string>& environments)
{
    chat_config chat;
    read_chat(chat, file, environments);
    if (file.has(environment))
        read_chat(chat, file.at(environment), {});
    if (chat.idle <= chat.heartbeat)
        file.fail("idleMs: must be more than heartbeatMs");
    if (chat.outbox_bytes < 2 * chat.max_message)
        file.fail("outboxBytes: must be at least twice maxMessageBytes");
    if (chat.outbox_total < chat.outbox_bytes)
        file.fail("outboxTotalBytes: must be at least outboxBytes");
    if (chat.admission.proxy_protocol && chat.admission.proxies.empty())
        file.fail("admission.proxyProtocol: needs admission.proxies");
    return chat;
}

} // namespace

bool is_server_id(std::string_view text)
{
    constexpr std::size_t longest = 64;
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, allowed);
}

const server_config* config::find(std::string_view id) const
{
    const auto found = std::ranges::find(servers, id, &server_config::id);
    return found == servers.end() ? nullptr : &*found;
}

bool config::has_gate() const
{
    return std::ranges::count(servers, server_kind::gate, &server_config::kind) > 0;
}

bool config::serves_web(const server_config& server) const
{
    if (server.kind == server_kind::gate)
        return true;
    const auto first = std::ranges::find(servers, server_kind::connector, &server_config::kind);
    return !has_gate() && first != servers.end() && first->id == server.id;
}

config load_config(const fs::path& conf_dir, const std::string& environment,
                   const std::optional<fs::path>& run_dir)
{
    config conf;
    conf.environment = environment;
    conf.conf_dir = conf_dir;
    // "conf" and "conf/" have the same parent.
    const auto full = fs::absolute(conf_dir).lexically_normal();
    conf.run_dir = run_dir.value_or((full.has_filename() ? full : full.parent_path()).parent_path());

    const conf_file servers(conf_dir / "servers.json");
    servers.root().must_be_object();
    if (!servers.root().has(environment))
        servers.root().fail("has no environment \"" + environment + "\"");
    const auto section = servers.root().at(environment);
    read_servers(conf, section);
    refuse_clashes(conf, section);
    if (const auto path = conf_dir / "chat.json"; fs::exists(path))
        conf.chat = read_chat(conf_file(path).root(), environment, servers.root().keys());
    return conf;
}

} // namespace citron::runtime
