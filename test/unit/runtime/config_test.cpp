#include "common/runtime/config.hpp"

#include "test/unit/runtime/conf_folder.hpp"

#include <gtest/gtest.h>

namespace citron::runtime {
namespace {

using protocol::server_kind;
using test::broker;
using test::conf_folder;
using namespace std::chrono_literals;

config load(const conf_folder& folder, const std::string& environment = "development")
{
    return load_config(folder.conf, environment, std::nullopt);
}

/// What load_config complains about, without the folder's name; "" when it does not.
std::string complaint(const conf_folder& folder, const std::string& environment = "development")
{
    try {
        (void)load(folder, environment);
        return "";
    } catch (const config_error& error) {
        const std::string text = error.what(), prefix = folder.conf.string() + "/";
        EXPECT_TRUE(text.starts_with(prefix)) << text;
        EXPECT_EQ(text.find('\n'), text.npos) << "more than one line";
        return text.substr(prefix.size());
    }
}

std::string complaint_about(const std::string& development)
{
    const conf_folder folder;
    folder.servers(development);
    return complaint(folder);
}

std::string complaint_about_chat(const std::string& text)
{
    const conf_folder folder;
    folder.servers(broker);
    folder.write("chat.json", text);
    return complaint(folder);
}

TEST(Config, ANulEndsNoFile)
{
    using namespace std::string_literals;
    EXPECT_EQ(complaint_about_chat("{}\0{\"idleMs\":1}"s), "chat.json: holds a NUL byte");
}

TEST(Config, TheShippedFilesHaveTheDefaults)
{
    const auto source = std::filesystem::path(CITRON_SOURCE_DIR) / "conf";
    const chat_config defaults;
    for (const auto* environment : {"development", "production"}) {
        const auto conf = load_config(source, environment, std::nullopt);
        EXPECT_EQ(conf.broker.port, 5550);
        EXPECT_EQ(conf.broker.pub_port, 5551);
        EXPECT_EQ(conf.broker.tap_port, 5552);
        EXPECT_EQ(conf.servers.size(), 7U);
        EXPECT_EQ(conf.find("gate-server-1")->client_port, 3014);
        EXPECT_EQ(conf.find("gate-server-1")->http_port, 3001);
        EXPECT_EQ(conf.find("connector-server-3")->client_port, 3052);
        EXPECT_EQ(conf.chat.heartbeat, defaults.heartbeat);
        EXPECT_EQ(conf.chat.idle, defaults.idle);
        EXPECT_EQ(conf.chat.request_timeout, defaults.request_timeout);
        EXPECT_EQ(conf.chat.grace, defaults.grace);
        EXPECT_EQ(conf.chat.max_message, defaults.max_message);
        EXPECT_EQ(conf.chat.outbox_bytes, defaults.outbox_bytes);
        EXPECT_EQ(conf.chat.outbox_total, defaults.outbox_total);
        EXPECT_EQ(conf.chat.max_sessions, defaults.max_sessions);
        EXPECT_EQ(conf.chat.rooms_per_connection, defaults.rooms_per_connection);
        EXPECT_EQ(conf.chat.in_flight, defaults.in_flight);
        EXPECT_EQ(conf.chat.in_flight_bytes, defaults.in_flight_bytes);
        EXPECT_EQ(conf.chat.history_messages, defaults.history_messages);
        EXPECT_EQ(conf.chat.history_bytes, defaults.history_bytes);
        EXPECT_EQ(conf.chat.history_total, defaults.history_total);
        EXPECT_EQ(conf.chat.resume_messages, defaults.resume_messages);
        EXPECT_EQ(conf.chat.resume_bytes, defaults.resume_bytes);
        EXPECT_EQ(conf.chat.several_sessions_per_user, defaults.several_sessions_per_user);
        EXPECT_EQ(conf.chat.limits.packages_per_frame, defaults.limits.packages_per_frame);
        EXPECT_EQ(conf.chat.limits.members_per_room, defaults.limits.members_per_room);
        EXPECT_EQ(conf.chat.limits.rooms_per_server, defaults.limits.rooms_per_server);
        EXPECT_EQ(conf.chat.limits.history_page, defaults.limits.history_page);
        EXPECT_EQ(conf.chat.limits.burst, defaults.limits.burst);
        EXPECT_EQ(conf.chat.limits.abuse_span, defaults.limits.abuse_span);
    }
}

TEST(Config, TheShippedFilesLimitRatesInProductionAlone)
{
    const auto source = std::filesystem::path(CITRON_SOURCE_DIR) / "conf";
    const auto limits = [&](const char* environment) {
        return load_config(source, environment, std::nullopt).chat.limits;
    };
    const auto off = limits("development"), on = limits("production");

    EXPECT_TRUE(off.requests.off() && off.enters.off() && off.bytes.off());
    EXPECT_EQ(off.sessions_per_ip + off.connects_per_second + off.abuse, 0U);
    for (const auto& rates : {on.requests, on.enters, on.bytes})
        EXPECT_TRUE(rates.session > 0 && rates.user >= rates.session && rates.ip >= rates.user);
    EXPECT_TRUE(on.sessions_per_ip > 0 && on.connects_per_second > 0 && on.abuse > 0);
    EXPECT_LT(on.handshake, off.handshake);
}

TEST(Config, ReadsAServerWithAllItsKeys)
{
    const conf_folder folder;
    folder.servers(broker +
                   R"(, "connector": [{"id": "c-1", "host": "10.0.0.1", "bind": "0.0.0.0", "port": 4050,
        "clientPort": 3050, "publicHost": "chat.example", "publicPort": 443, "frontend": true,
        "args": " --max-old-space-size=4096", "auto-restart": "true", "max-connections": 100, "cpu": 1}])");

    const auto conf = load(folder);

    const auto* server = conf.find("c-1");
    ASSERT_TRUE(server);
    EXPECT_EQ(server->kind, server_kind::connector);
    EXPECT_EQ(server->host, "10.0.0.1");
    EXPECT_EQ(server->bind, "0.0.0.0");
    EXPECT_EQ(server->client_port, 3050);
    EXPECT_EQ(server->public_host, "chat.example");
    EXPECT_EQ(server->public_port, 443);
    EXPECT_EQ(conf.find("c-2"), nullptr);
}

TEST(Config, ABrokerMayBeAnObject)
{
    const conf_folder folder;
    folder.servers(R"("broker": {"id": "b", "host": "10.0.0.9", "port": 1, "pubPort": 2, "tapPort": 3})");

    const auto conf = load(folder);

    EXPECT_EQ(conf.broker.id, "b");
    EXPECT_EQ(conf.broker.host, "10.0.0.9");
    EXPECT_EQ(conf.broker.port, 1);
    EXPECT_EQ(conf.broker.pub_port, 2);
    EXPECT_EQ(conf.broker.tap_port, 3);
}

TEST(Config, TheWayToTheBrokerIsChosenByName)
{
    const auto chosen = [](const std::string& keys) {
        const conf_folder folder;
        folder.servers(R"("broker": {"port": 1)" + keys + "}");
        return load(folder).broker.via;
    };

    EXPECT_EQ(chosen(""), transport::automatic);
    EXPECT_EQ(chosen(R"(, "transport": "auto")"), transport::automatic);
    EXPECT_EQ(chosen(R"(, "transport": "tcp")"), transport::tcp);
    EXPECT_EQ(chosen(R"(, "transport": "ipc")"), transport::ipc);
    EXPECT_EQ(complaint_about(R"("broker": [{"transport": "pigeon"}])"),
              "servers.json: development.broker[0].transport: must be \"auto\", \"tcp\" or \"ipc\"");
    EXPECT_EQ(complaint_about(R"("broker": {"transport": true})"),
              "servers.json: development.broker.transport: must be a text");
}

TEST(Config, KeysAreAFolderBesideTheFile)
{
    conf_folder folder;
    const auto keys_of = [&](const std::string& more) {
        folder.servers(R"("broker": [{"id": "broker-1", "host": "127.0.0.1")" + more + "}]");
        return load_config(folder.conf, "development", {}).broker.keys;
    };

    EXPECT_EQ(keys_of(""), "") << "plain";
    EXPECT_EQ(keys_of(R"(, "keys": "keys")"), folder.conf / "keys");
    EXPECT_EQ(keys_of(R"(, "keys": "/etc/citron")"), "/etc/citron");
    const auto broker_with = [](const std::string& keys) {
        return R"("broker": [{"id": "broker-1", "host": "127.0.0.1", "keys": )" + keys + "}]";
    };
    EXPECT_EQ(complaint_about(broker_with(R"("")")),
              "servers.json: development.broker[0].keys: must be the name of a folder");
    EXPECT_EQ(complaint_about(broker_with("7")), "servers.json: development.broker[0].keys: must be a text");
}

TEST(Config, RunDirIsTheParentOfTheConfFolderUnlessSaidOtherwise)
{
    const conf_folder folder;
    folder.servers(broker);

    EXPECT_EQ(load_config(folder.conf, "development", std::nullopt).run_dir, folder.root);
    EXPECT_EQ(load_config(folder.conf / "", "development", std::nullopt).run_dir, folder.root);
    EXPECT_EQ(load_config(folder.conf, "development", "/run/citron").run_dir, "/run/citron");
}

TEST(Config, GatesServeTheWebElseTheFirstConnector)
{
    const conf_folder folder;
    const std::string connectors =
        R"("connector": [{"id": "c1", "clientPort": 3050}, {"id": "c2", "clientPort": 3051}])";
    folder.servers(broker + ", " + connectors);
    auto conf = load(folder);
    EXPECT_FALSE(conf.has_gate());
    EXPECT_TRUE(conf.serves_web(*conf.find("c1")));
    EXPECT_EQ(conf.find("c1")->http_port, 3001);
    EXPECT_FALSE(conf.serves_web(*conf.find("c2")));

    folder.servers(broker + R"(, "gate": [{"id": "g1", "clientPort": 3014}], )" + connectors);
    conf = load(folder);
    EXPECT_TRUE(conf.serves_web(*conf.find("g1")));
    EXPECT_FALSE(conf.serves_web(*conf.find("c1")));
}

TEST(Config, AMissingFolderOrFileIsTold)
{
    const conf_folder folder;
    EXPECT_EQ(complaint(folder), "servers.json: cannot be read: No such file or directory");
    std::filesystem::create_directory(folder.conf / "servers.json");
    EXPECT_EQ(complaint(folder), "servers.json: cannot be read: Is a directory");
}

TEST(Config, SyntaxErrorsAreToldWithLineAndColumn)
{
    const conf_folder folder;
    folder.write("servers.json", "{\n  \"development\": {\n    \"broker\": ]\n  }\n}\n");
    EXPECT_TRUE(complaint(folder).starts_with("servers.json: line 3, column 15: syntax error"))
        << complaint(folder);
    folder.write("servers.json", "");
    EXPECT_TRUE(complaint(folder).starts_with("servers.json: line 1, column 1: ")) << complaint(folder);
    folder.write("servers.json", "{\"a\xff\x1b[2J\n");
    EXPECT_EQ(complaint(folder).find('\x1b'), std::string::npos);
}

TEST(Config, NumbersBeyondAllBoundsAreTold)
{
    EXPECT_EQ(complaint_about(R"("broker": {"port": 1e999})"),
              "servers.json: number overflow parsing '1e999'");
}

TEST(Config, AKeyThatStandsTwiceIsAnError)
{
    EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": "a"}], "chat": [{"id": "b"}])"),
              "servers.json: key \"chat\" stands twice in one object");
}

TEST(Config, AMissingEnvironmentIsTold)
{
    const conf_folder folder;
    folder.servers(broker);
    EXPECT_EQ(complaint(folder, "staging"), "servers.json: has no environment \"staging\"");
}

TEST(Config, WrongTypesAreToldWithTheirKey)
{
    EXPECT_EQ(complaint_about(broker + R"(, "chat": {})"),
              "servers.json: development.chat: must be a list [...]");
    EXPECT_EQ(complaint_about(broker + R"(, "chat": ["x"])"),
              "servers.json: development.chat[0]: must be an object {...}");
    EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": "a"}, {"id": 7}])"),
              "servers.json: development.chat[1].id: must be a text");
    EXPECT_EQ(complaint_about(broker + R"(, "chat": [{}])"),
              "servers.json: development.chat[0].id: is missing");
    EXPECT_EQ(complaint_about(R"("broker": 7)"), "servers.json: development.broker: must be an object {...}");
    const conf_folder folder;
    folder.write("servers.json", "[]");
    EXPECT_EQ(complaint(folder), "servers.json: must be an object {...}");
    folder.write("servers.json", R"({"development": 1})");
    EXPECT_EQ(complaint(folder), "servers.json: development: must be an object {...}");
}

TEST(Config, ThereMustBeOneBroker)
{
    EXPECT_EQ(complaint_about(R"("chat": [])"), "servers.json: development.broker: is missing");
    EXPECT_EQ(complaint_about(R"("broker": [])"),
              "servers.json: development.broker: must be exactly one broker");
    EXPECT_EQ(complaint_about(R"("broker": [{}, {}])"),
              "servers.json: development.broker: must be exactly one broker");
}

TEST(Config, UnknownServerTypesAreErrors)
{
    EXPECT_EQ(complaint_about(broker + R"(, "conector": [])"),
              "servers.json: development.conector: is no server type (broker, gate, connector, chat)");
}

TEST(Config, IdsAreShortAndPlain)
{
    const std::string rule = ".id: must be 1 to 64 characters of A-Z a-z 0-9 . _ -";
    for (const std::string id : {"", "a b", "a/b", "..\\n", "r\\u00f6\\u00f6m", "a#1", "*"})
        EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": ")" + id + "\"}]"),
                  "servers.json: development.chat[0]" + rule)
            << id;
    EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": ")" + std::string(65, 'x') + "\"}]"),
              "servers.json: development.chat[0]" + rule);
    EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": ")" + std::string(64, 'x') + "\"}]"), "");
}

TEST(Config, IdsAreUniqueOverAllTypes)
{
    EXPECT_EQ(complaint_about(
                  broker + R"(, "gate": [{"id": "a", "clientPort": 1}], "chat": [{"id": "b"}, {"id": "a"}])"),
              "servers.json: development.chat[1].id: \"a\" is used twice");
    EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": "broker-1"}])"),
              "servers.json: development.chat[0].id: \"broker-1\" is used twice");
}

TEST(Config, PortsAreWholeNumbers)
{
    for (const std::string port :
         {"-1", "65536", "3050.5", "\"3050\"", "null", "1e9", "99999999999999999999"})
        EXPECT_EQ(complaint_about(broker + R"(, "gate": [{"id": "g", "clientPort": )" + port + "}]"),
                  "servers.json: development.gate[0].clientPort: must be a whole number from 0 to 65535")
            << port;
    EXPECT_EQ(complaint_about(broker + R"(, "connector": [{"id": "c"}])"),
              "servers.json: development.connector[0].clientPort: is missing");
    EXPECT_EQ(complaint_about(R"("broker": {"port": 0})"),
              "servers.json: development.broker.port: must be a whole number from 1 to 65535");
}

TEST(Config, HostsAreNamesOrAddresses)
{
    for (const std::string host : {"", "a b", "tcp://x", "x\\n"})
        EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": "a", "host": ")" + host + "\"}]"),
                  "servers.json: development.chat[0].host: must be a host name or an address")
            << host;
}

TEST(Config, PortsOfOneHostMustDiffer)
{
    EXPECT_EQ(
        complaint_about(broker + R"(, "connector": [{"id": "a", "clientPort": 3050, "host": "localhost"},
                                                          {"id": "b", "clientPort": 3050}])"),
        "servers.json: development: b.clientPort and a.clientPort are both port 3050 of 127.0.0.1");
    EXPECT_EQ(complaint_about(broker + R"(, "gate": [{"id": "g", "clientPort": 5551}])"),
              "servers.json: development: g.clientPort and broker-1.pubPort are both port 5551 of 127.0.0.1");
    EXPECT_EQ(complaint_about(broker + R"(, "gate": [{"id": "g", "clientPort": 3001, "bind": "0.0.0.0"}])"),
              "servers.json: development: g.httpPort and g.clientPort are both port 3001 of 127.0.0.1");
}

TEST(Config, TheSamePortOnAnotherHostOrAnyFreePortIsNoClash)
{
    EXPECT_EQ(complaint_about(broker + R"(, "connector": [{"id": "a", "clientPort": 3050, "host": "10.0.0.1"},
                                                          {"id": "b", "clientPort": 3050, "host": "10.0.0.2"}])"),
              "");
    EXPECT_EQ(complaint_about(
                  broker + R"(, "connector": [{"id": "a", "clientPort": 0}, {"id": "b", "clientPort": 0}])"),
              "");
}

TEST(Config, ChatJsonOverridesWhatItNames)
{
    const conf_folder folder;
    folder.servers(broker);
    folder.write("chat.json", R"({"heartbeatMs": 3000, "maxSessions": 5, "duplicateUser": "allow"})");

    const auto chat = load(folder).chat;

    EXPECT_EQ(chat.heartbeat, 3000ms);
    EXPECT_EQ(chat.max_sessions, 5U);
    EXPECT_TRUE(chat.several_sessions_per_user);
    EXPECT_EQ(chat.idle, chat_config{}.idle);
}

TEST(Config, AnEnvironmentMayDifferFromTheRestOfChatJson)
{
    const conf_folder folder;
    folder.servers(broker);
    folder.write("chat.json", R"({"durability": "os", "heartbeatMs": 3000,
                                 "development": {"durability": "memory", "historyHours": 48}})");

    const auto chat = load(folder).chat;

    EXPECT_EQ(chat.durability, durability::memory);
    EXPECT_EQ(chat.history_age, 48h);
    EXPECT_EQ(chat.heartbeat, 3000ms);
}

TEST(Config, HistorySurvivesALossOfPowerUnlessToldOtherwise)
{
    EXPECT_EQ(chat_config{}.durability, durability::fsync);
    EXPECT_EQ(complaint_about_chat(R"({"durability": "disk"})"),
              R"(chat.json: durability: must be "fsync", "os" or "memory")");
    EXPECT_EQ(complaint_about_chat(R"({"staging": {}})"), "chat.json: staging: is no key of this file");
    EXPECT_EQ(complaint_about_chat(R"({"development": {"development": {}}})"),
              "chat.json: development.development: is no key of this file");
}

TEST(Config, ChatJsonMayBeMissing)
{
    const conf_folder folder;
    folder.servers(broker);
    EXPECT_EQ(complaint(folder), "");
}

TEST(Config, TyposInChatJsonAreErrors)
{
    EXPECT_EQ(complaint_about_chat(R"({"maxSesions": 5})"), "chat.json: maxSesions: is no key of this file");
    EXPECT_EQ(complaint_about_chat(R"({"duplicateUser": "alow"})"),
              "chat.json: duplicateUser: must be \"refuse\" or \"allow\"");
    EXPECT_EQ(complaint_about_chat("[]"), "chat.json: must be an object {...}");
    EXPECT_EQ(complaint_about_chat("{\"x\""),
              "chat.json: line 1, column 5: syntax error while parsing object separator "
              "- unexpected end of input; expected ':'");
    EXPECT_EQ(
        complaint_about_chat("{\"secret\": \"not for logs\n\"}"),
        "chat.json: line 2, column 0: syntax error while parsing value - invalid string: control character "
        "U+000A (LF) must be escaped to \\\\u000A or \\\\n");
}

TEST(Config, LimitsOfChatJsonAreChecked)
{
    EXPECT_EQ(complaint_about_chat(R"({"maxMessageBytes": 4194304})"),
              "chat.json: maxMessageBytes: must be a whole number from 64 to 2097152");
    EXPECT_EQ(complaint_about_chat(R"({"maxSessions": 0})"),
              "chat.json: maxSessions: must be a whole number from 1 to 1000000");
    EXPECT_EQ(complaint_about_chat(R"({"heartbeatMs": "10s"})"),
              "chat.json: heartbeatMs: must be a whole number from 100 to 3600000");
    EXPECT_EQ(complaint_about_chat(R"({"batchMs": 1000})"),
              "chat.json: batchMs: must be a whole number from 0 to 20");
    EXPECT_EQ(complaint_about_chat(R"({"drainMs": 600001})"),
              "chat.json: drainMs: must be a whole number from 0 to 600000");
    EXPECT_EQ(complaint_about_chat(R"({"idleMs": 5000})"),
              "chat.json: idleMs: must be more than heartbeatMs");
    EXPECT_EQ(complaint_about_chat(R"({"outboxBytes": 65536})"),
              "chat.json: outboxBytes: must be at least twice maxMessageBytes");
    EXPECT_EQ(complaint_about_chat(R"({"outboxTotalBytes": 8388607})"),
              "chat.json: outboxTotalBytes: must be at least outboxBytes");
}

// ---- TLS

const std::string with_tls = R"("tls": {"certificate": "tls/chain.pem", "key": "/etc/key.pem"})";

TEST(Config, TlsNamesFilesBelowTheConfFolder)
{
    const conf_folder folder;
    folder.servers(
        broker + R"(, "gate": [{"id": "g", "clientPort": 1, )" + with_tls +
        R"(}], "connector": [{"id": "c", "clientPort": 2}, {"id": "d", "clientPort": 3, "publicTls": true}])");

    const auto conf = load(folder);

    const auto& tls = conf.find("g")->tls.value();
    EXPECT_EQ(tls.certificate, folder.conf / "tls/chain.pem");
    EXPECT_EQ(tls.key, "/etc/key.pem");
    EXPECT_EQ(tls.where, (folder.conf / "servers.json").string() + ": development.gate[0].tls");
    EXPECT_TRUE(conf.find("g")->secure());
    EXPECT_FALSE(conf.find("c")->tls);
    EXPECT_FALSE(conf.find("c")->secure());
    EXPECT_FALSE(conf.find("d")->tls);
    EXPECT_TRUE(conf.find("d")->secure());
}

TEST(Config, TlsMistakesAreNamed)
{
    const auto gate = [](const std::string& keys) {
        return complaint_about(broker + R"(, "gate": [{"id": "g", "clientPort": 1, )" + keys + "}]");
    };
    EXPECT_EQ(gate(R"("tls": true)"), "servers.json: development.gate[0].tls: must be an object {...}");
    EXPECT_EQ(gate(R"("tls": {"certificate": "a"})"),
              "servers.json: development.gate[0].tls.key: is missing");
    EXPECT_EQ(gate(R"("tls": {"key": "a"})"),
              "servers.json: development.gate[0].tls.certificate: is missing");
    EXPECT_EQ(gate(R"("tls": {"certificate": "", "key": "a"})"),
              "servers.json: development.gate[0].tls.certificate: must be the name of a file");
    EXPECT_EQ(gate(R"("tls": {"certificate": "a", "key": "b", "cert": "c"})"),
              "servers.json: development.gate[0].tls.cert: is no key of tls (certificate, key)");
    EXPECT_EQ(gate(R"("publicTls": "yes")"),
              "servers.json: development.gate[0].publicTls: must be true or false");
}

TEST(Config, TlsWhereNoClientComesIsRefused)
{
    EXPECT_EQ(complaint_about(broker + R"(, "chat": [{"id": "c", )" + with_tls + "}]"),
              "servers.json: development.chat[0].tls: is for gates and connectors only");
    EXPECT_EQ(complaint_about(R"("broker": [{"id": "b", )" + with_tls + "}]"),
              "servers.json: development.broker[0].tls: is for gates and connectors only");
}

} // namespace
} // namespace citron::runtime
