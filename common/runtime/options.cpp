#include "common/runtime/options.hpp"

#include "common/runtime/identity_reader.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace citron::runtime {
namespace {

using protocol::server_kind;
using port_option = std::optional<std::uint16_t>;

struct command_line
{
    std::string conf = "conf", environment = "development", id, log_level = "info";
    std::optional<std::string> run_dir;
    port_option client_port, http_port, port, pub_port, tap_port;
};

void declare(CLI::App& app, server_kind kind, command_line& line)
{
    app.add_option("--conf", line.conf, "folder with servers.json and chat.json")->capture_default_str();
    app.add_option("--env", line.environment, "section of servers.json")->capture_default_str();
    app.add_option("--id", line.id, "which server of servers.json to be (default: the first of its kind)");
    app.add_option("--run-dir", line.run_dir,
                   "holds logs/ and data/ (default: the parent of the conf folder)");
    app.add_option("--log-level", line.log_level, "debug, info, warn or error")->capture_default_str();
    if (kind == server_kind::broker) {
        app.add_option("--port", line.port, "port for requests");
        app.add_option("--pub-port", line.pub_port, "port for broadcasts");
        app.add_option("--tap-port", line.tap_port, "port for the monitor");
    } else if (kind != server_kind::chat) {
        app.add_option("--client-port", line.client_port, "port for clients; 0: any free one");
        app.add_option("--http-port", line.http_port, "port of the web chat; 0: any free one");
    }
}

/// The line of servers.json that this process is, or one made up for a server that joins by hand.
server_config choose(const config& conf, server_kind kind, const command_line& line)
{
    const std::string name(protocol::name_of(kind));
    const auto first = std::ranges::find(conf.servers, kind, &server_config::kind);
    if (line.id.empty() && first == conf.servers.end())
        throw config_error("--id: is missing, and servers.json names no " + name);
    if (line.id.empty())
        return *first;
    if (!is_server_id(line.id))
        throw config_error("--id: must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
    const auto* known = conf.find(line.id);
    if ((known && known->kind != kind) || line.id == conf.broker.id)
        throw config_error("--id: " + line.id + " is no " + name + " in servers.json");
    if (known)
        return *known;
    if (kind == server_kind::gate)
        throw config_error("--id: " + line.id + " is not in servers.json");
    if (kind == server_kind::connector && !line.client_port)
        throw config_error("--client-port: is needed, for " + line.id + " is not in servers.json");
    if (first == conf.servers.end())
        return {.id = line.id, .kind = kind};
    // Where it is reached is what is true of its kind; ports are each server's own.
    return {.id = line.id,
            .kind = kind,
            .host = first->host,
            .bind = first->bind,
            .public_host = first->public_host,
            .public_tls = first->public_tls,
            .tls = first->tls};
}

server_config choose_broker(config& conf, const command_line& line)
{
    auto& broker = conf.broker;
    if (!line.id.empty() && line.id != broker.id)
        throw config_error("--id: " + log::printable(line.id) + " is not the broker of servers.json");
    broker.port = line.port.value_or(broker.port);
    broker.pub_port = line.pub_port.value_or(broker.pub_port);
    broker.tap_port = line.tap_port.value_or(broker.tap_port);
    return {.id = broker.id, .kind = server_kind::broker, .host = broker.host, .bind = broker.bind};
}

startup load(server_kind kind, const command_line& line)
{
    std::optional<std::filesystem::path> run_dir;
    if (line.run_dir)
        run_dir = *line.run_dir;
    startup start{.conf = load_config(line.conf, line.environment, run_dir)};
    start.log_level = log::level_of(line.log_level);
    if (kind == server_kind::broker) {
        start.self = choose_broker(start.conf, line);
        return start;
    }
    start.self = choose(start.conf, kind, line);
    if (kind == server_kind::connector) // whom a stranger tells who he is
        refuse_open_door(start.conf);
    start.self.client_port = line.client_port.value_or(start.self.client_port);
    start.self.http_port = line.http_port.value_or(start.self.http_port);
    return start;
}

} // namespace

std::expected<startup, int> start_up(server_kind kind, int argc, const char* const* argv)
{
    std::signal(SIGHUP, SIG_IGN); // until lifecycle takes it: reloading all must not end who just starts
    const auto name = "citron-" + std::string(protocol::name_of(kind));
    CLI::App app(name + ": the " + std::string(protocol::name_of(kind)) + " server of a citron chat cluster",
                 name);
    command_line line;
    declare(app, kind, line);
    try {
        app.parse(argc, argv);
        return load(kind, line);
    } catch (const CLI::CallForHelp&) {
        std::fputs(app.help().c_str(), stdout);
        return std::unexpected(0);
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "{}: {}\n", name, log::printable(error.what()));
    } catch (const config_error& error) {
        fmt::print(stderr, "{}: {}\n", name, error.what());
    }
    return std::unexpected(2);
}

} // namespace citron::runtime
