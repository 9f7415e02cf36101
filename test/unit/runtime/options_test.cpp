#include "common/runtime/options.hpp"

#include "test/unit/runtime/conf_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace citron::runtime {
namespace {

using protocol::server_kind;

/// A conf folder with two servers of each kind, and a command line.
class Options : public testing::Test
{
protected:
    Options()
    {
        folder.servers(test::broker + R"(, "gate": [{"id": "g1", "clientPort": 3014}],
            "connector": [{"id": "c1", "clientPort": 3050}, {"id": "c2", "clientPort": 3051}],
            "chat": [{"id": "r1"}, {"id": "r2"}])");
    }

    std::expected<startup, int> start(server_kind kind, std::vector<std::string> arguments)
    {
        std::vector<std::string> all{"citron", "--conf", folder.conf.string()};
        all.insert(all.end(), arguments.begin(), arguments.end());
        std::vector<const char*> argv;
        for (const auto& argument : all)
            argv.push_back(argument.c_str());
        return start_up(kind, static_cast<int>(argv.size()), argv.data());
    }
    /// What is said on stderr when the command line is refused with status 2.
    std::string refusal(server_kind kind, std::vector<std::string> arguments)
    {
        testing::internal::CaptureStderr();
        const auto started = start(kind, std::move(arguments));
        auto said = testing::internal::GetCapturedStderr();
        EXPECT_FALSE(started);
        EXPECT_EQ((started ? 0 : started.error()), 2);
        EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
        return said;
    }

    test::conf_folder folder;
};

TEST_F(Options, WithoutAnIdTheFirstOfItsKindIsMeant)
{
    EXPECT_EQ(start(server_kind::connector, {})->self.id, "c1");
    EXPECT_EQ(start(server_kind::chat, {})->self.id, "r1");
    EXPECT_EQ(start(server_kind::gate, {})->self.id, "g1");
    EXPECT_EQ(start(server_kind::broker, {})->self.id, "broker-1");
}

TEST_F(Options, AnIdOfTheFileIsThatServer)
{
    const auto started = start(server_kind::connector, {"--id", "c2"});

    EXPECT_EQ(started->self.client_port, 3051);
    EXPECT_EQ(started->conf.servers.size(), 5U);
    EXPECT_EQ(started->conf.run_dir, folder.root);
}

TEST_F(Options, ChatServersJoinByHand)
{
    const auto started = start(server_kind::chat, {"--id", "chat-server-4"});

    EXPECT_EQ(started->self.id, "chat-server-4");
    EXPECT_EQ(started->self.kind, server_kind::chat);
}

TEST_F(Options, ConnectorsJoinByHandWithAPort)
{
    EXPECT_EQ(start(server_kind::connector, {"--id", "c9", "--client-port", "0"})->self.client_port, 0);
    EXPECT_NE(refusal(server_kind::connector, {"--id", "c9"}).find("--client-port: is needed"),
              std::string::npos);
}

TEST_F(Options, WhoJoinsByHandIsReachedWhereTheFirstOfItsKindIs)
{
    folder.servers(test::broker + R"(, "connector": [
        {"id": "c1", "host": "10.0.0.7", "bind": "0.0.0.0", "publicHost": "chat.example.org",
         "clientPort": 3050, "publicPort": 443, "httpPort": 3001, "publicTls": true,
         "tls": {"certificate": "c.pem", "key": "k.pem"}},
        {"id": "c2", "host": "10.0.0.8", "clientPort": 3051}])");

    const auto self = start(server_kind::connector, {"--id", "c9", "--client-port", "3059"})->self;

    EXPECT_EQ(self.host, "10.0.0.7");
    EXPECT_EQ(self.bind, "0.0.0.0");
    EXPECT_EQ(self.public_host, "chat.example.org");
    EXPECT_EQ(self.client_port, 3059);
    EXPECT_EQ(self.public_port, 0);
    EXPECT_EQ(self.http_port, 0);
    EXPECT_TRUE(self.public_tls);
    EXPECT_EQ(self.tls.value().key, folder.conf / "k.pem");
    EXPECT_EQ(start(server_kind::chat, {"--id", "r9"})->self.host, "127.0.0.1") << "the file names no chat";
}

TEST_F(Options, GateAndBrokerMustBeInTheFile)
{
    EXPECT_EQ(refusal(server_kind::gate, {"--id", "g9"}), "citron-gate: --id: g9 is not in servers.json\n");
    EXPECT_EQ(refusal(server_kind::broker, {"--id", "b9"}),
              "citron-broker: --id: b9 is not the broker of servers.json\n");
}

TEST_F(Options, AnIdOfAnotherKindIsRefused)
{
    EXPECT_EQ(refusal(server_kind::chat, {"--id", "c1"}),
              "citron-chat: --id: c1 is no chat in servers.json\n");
    EXPECT_EQ(refusal(server_kind::chat, {"--id", "broker-1"}),
              "citron-chat: --id: broker-1 is no chat in servers.json\n");
}

TEST_F(Options, ImpossibleIdsAreRefused)
{
    EXPECT_EQ(refusal(server_kind::chat, {"--id", "a\nb"}),
              "citron-chat: --id: must be 1 to 64 characters of A-Z a-z 0-9 . _ -\n");
}

TEST_F(Options, PortsAreOverridden)
{
    const auto gate = start(server_kind::gate, {"--client-port", "4014", "--http-port", "0"});
    const auto broker = start(server_kind::broker, {"--port", "1", "--pub-port", "2", "--tap-port", "3"});

    EXPECT_EQ(gate->self.client_port, 4014);
    EXPECT_EQ(gate->self.http_port, 0);
    EXPECT_EQ(broker->conf.broker.port, 1);
    EXPECT_EQ(broker->conf.broker.pub_port, 2);
    EXPECT_EQ(broker->conf.broker.tap_port, 3);
}

TEST_F(Options, EnvironmentRunDirAndLogLevelAreTaken)
{
    const auto started = start(server_kind::chat, {"--run-dir", "/run/citron", "--log-level", "warn"});

    EXPECT_EQ(started->conf.run_dir, "/run/citron");
    EXPECT_EQ(started->log_level, log::level::warn);
    EXPECT_NE(refusal(server_kind::chat, {"--env", "staging"}).find("has no environment \"staging\""),
              std::string::npos);
    EXPECT_NE(refusal(server_kind::chat, {"--log-level", "loud"}).find("--log-level: must be"),
              std::string::npos);
}

TEST_F(Options, MistakesOnTheCommandLineAreOneLine)
{
    EXPECT_NE(refusal(server_kind::chat, {"--idd", "r1"}).find("--idd"), std::string::npos);
    EXPECT_NE(refusal(server_kind::chat, {"--client-port", "1"}).find("--client-port"), std::string::npos);
    EXPECT_NE(refusal(server_kind::gate, {"--client-port", "x"}).find("--client-port"), std::string::npos);
    EXPECT_NE(refusal(server_kind::gate, {"--client-port", "65536"}).find("--client-port"),
              std::string::npos);
    EXPECT_NE(refusal(server_kind::gate, {"--client-port"}).find("--client-port"), std::string::npos);
    EXPECT_NE(refusal(server_kind::gate, {"stray"}).find("stray"), std::string::npos);
}

TEST_F(Options, HelpIsNoMistake)
{
    testing::internal::CaptureStdout();
    const auto started = start(server_kind::chat, {"--help"});
    const auto said = testing::internal::GetCapturedStdout();

    EXPECT_EQ((started ? 9 : started.error()), 0);
    EXPECT_NE(said.find("--run-dir"), std::string::npos);
}

} // namespace
} // namespace citron::runtime
