// A broker with keys, by tcp and by ipc: who gets in, who does not, and that nobody else notices.
#include "common/cluster/roles.hpp"
#include "common/runtime/config.hpp"
#include "test/integration/broker_stage.hpp"
#include "test/integration/key_folder.hpp"
#include "test/integration/transports.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <random>

namespace citron::broker {
namespace {

using namespace std::chrono_literals;
using cluster::curve_identity;
using cluster::link_keys;
using protocol::kind;
using protocol::server_kind;

struct KeyedBroker : testing::TestWithParam<citron::test::way>, test::hub_stage
{
    citron::test::key_folder keys;
    zmq::context_t strangers;

    KeyedBroker()
    {
        keys.make_all();
        hub = std::make_unique<broker>(loop, context, registry_options{.nonce = 7, .beat = 100ms}, counters);
        hub->start({.ipc_host = by_ipc() ? "127.0.0.1" : "", .keys = keys.root});
    }
    ~KeyedBroker() override { hub.reset(); }

    static bool by_ipc() { return GetParam() == citron::test::way::ipc; }
    static std::string at(std::uint16_t port)
    {
        return by_ipc() ? cluster::ipc_endpoint("127.0.0.1", port) : cluster::tcp_endpoint("127.0.0.1", port);
    }
    [[nodiscard]] link_keys keys_of(std::string_view role) const
    {
        return cluster::read_link_keys(keys.root, role);
    }
    std::unique_ptr<test::server> enter(std::string id, server_kind what, cluster::key_source shown)
    {
        const auto& there = hub->listening();
        const cluster::link_endpoints way{at(there.port), at(there.pub_port)};
        return std::make_unique<test::server>(loop, context, std::vector{way}, std::move(id), what,
                                              std::move(shown));
    }
    std::unique_ptr<test::server> enter(std::string id, server_kind what, link_keys shown)
    {
        return enter(std::move(id), what, cluster::key_source([shown] { return shown; }));
    }
    std::unique_ptr<test::server> enter(std::string id, server_kind what)
    {
        return enter(std::move(id), what,
                     cluster::key_source([this, what] { return keys_of(cluster::role_of(what)); }));
    }
    /// A socket that no code of ours guards.
    zmq::socket_t stranger(zmq::socket_type type, std::uint16_t port, const std::optional<link_keys>& shown)
    {
        zmq::socket_t socket(strangers, type);
        socket.set(zmq::sockopt::linger, 0);
        if (shown) {
            socket.set(zmq::sockopt::curve_publickey, shown->us.public_key);
            socket.set(zmq::sockopt::curve_secretkey, shown->us.secret);
            socket.set(zmq::sockopt::curve_serverkey, shown->broker.front());
        }
        if (type == zmq::socket_type::sub)
            socket.set(zmq::sockopt::subscribe, "");
        const bool tap = port == hub->listening().tap_port;
        socket.connect(tap ? cluster::tcp_endpoint("127.0.0.1", port) : at(port));
        return socket;
    }
    /// libzmq gives names of closed sockets back a little later.
    bool opens_at(const broker_endpoints& where, std::uint64_t nonce)
    {
        try {
            hub = std::make_unique<broker>(loop, context, registry_options{.nonce = nonce, .beat = 100ms},
                                           counters);
            hub->start(where);
            return true;
        } catch (const runtime::config_error&) {
            hub.reset();
            return false;
        }
    }
    bool gets_something(zmq::socket_t& socket, std::chrono::milliseconds limit)
    {
        zmq::message_t message;
        return until([&] { return socket.recv(message, zmq::recv_flags::dontwait).has_value(); }, limit);
    }
    std::uint64_t count(std::string_view name) { return counters.at(name); }
};

INSTANTIATE_TEST_SUITE_P(By, KeyedBroker, citron::test::both_ways, citron::test::name_of);

TEST_P(KeyedBroker, WhoHasTheKeyOfItsRoleJoinsAndSpeaks)
{
    auto gate = enter("g1", server_kind::gate), chat = enter("s1", server_kind::chat),
         connector = enter("c1", server_kind::connector), tool = enter("t1", server_kind::tool);
    ASSERT_TRUE(until([&] { return chat->sees("c1") && connector->sees("s1") && tool->sees("g1"); }));

    connector->send({.kind = kind::call, .room = "lobby", .id = 5});
    chat->send({.kind = kind::broadcast, .to = {"c1"}, .body = "hi"});

    EXPECT_TRUE(until([&] { return connector->heard("reply 5 s1 ok") && connector->heard("broadcast hi"); }));
    for (const auto* role : {"gate", "chat", "monitor"})
        EXPECT_EQ(count(std::string("broker.admitted.") + role), 1U) << role;
    EXPECT_EQ(count("broker.admitted.connector"), 2U) << "requests and broadcasts";
}

TEST_P(KeyedBroker, NobodyElseJoinsAndThoseWhoAreInDoNotNotice)
{
    auto chat = enter("s1", server_kind::chat), connector = enter("c1", server_kind::connector);
    ASSERT_TRUE(until([&] { return chat->sees("c1") && connector->sees("c1") && connector->sees("s1"); }));
    const auto view = connector->view().number;
    auto forged = keys_of("connector");
    forged.us = citron::test::new_pair();
    auto misled = keys_of("connector");
    misled.broker = {citron::test::new_pair().public_key};

    auto unknown = enter("c2", server_kind::connector, forged),
         wrong = enter("c3", server_kind::connector, misled),
         plain = enter("c4", server_kind::connector, cluster::key_source{}),
         chatty = enter("c5", server_kind::connector, keys_of("chat")),
         pretender = enter("s6", server_kind::chat, keys_of("gate"));

    EXPECT_TRUE(until([&] { return count("broker.denied.unknown_key") >= 2; }));
    EXPECT_TRUE(until([&] { return count("broker.denied.wrong_socket") >= 1; })) << "a chat server's SUB";
    EXPECT_TRUE(until([&] { return count("broker.refused.wrong_role") >= 1; }));
    EXPECT_TRUE(until([&] { return pretender->refusal() == "wrong_role"; }));
    EXPECT_TRUE(until([&] { return count("broker.denied.stranger") >= 2; }))
        << "plain, and with a wrong broker key";
    connector->send({.kind = kind::call, .room = "lobby", .id = 5});
    EXPECT_TRUE(until([&] { return connector->heard("reply 5 s1 ok"); }));
    for (const auto* refused : {&unknown, &wrong, &plain, &chatty, &pretender})
        EXPECT_FALSE((*refused)->heard("up"));
    EXPECT_EQ(connector->view().number, view) << "nobody came";
    EXPECT_FALSE(chat->heard("down") || connector->heard("down"));
}

TEST_P(KeyedBroker, AChatServersKeyMakesNoConnectorEvenByHand)
{
    auto gate = enter("g1", server_kind::gate);
    ASSERT_TRUE(until([&] { return gate->sees("g1"); }));
    auto liar = stranger(zmq::socket_type::dealer, hub->listening().port, keys_of("chat"));
    liar.close();
    liar = zmq::socket_t(strangers, zmq::socket_type::dealer);
    liar.set(zmq::sockopt::linger, 0);
    liar.set(zmq::sockopt::routing_id, protocol::identity_of("c1", 1));
    const auto shown = keys_of("chat");
    liar.set(zmq::sockopt::curve_publickey, shown.us.public_key);
    liar.set(zmq::sockopt::curve_secretkey, shown.us.secret);
    liar.set(zmq::sockopt::curve_serverkey, shown.broker.front());
    liar.connect(at(hub->listening().port));
    const auto hello = [](server_kind what) {
        const protocol::hello body{
            {.id = "c1", .kind = static_cast<std::uint8_t>(what), .boot = 1, .nonce = 1}, {}, 0};
        return protocol::encode({.kind = kind::hello, .from = "c1", .body = protocol::pack(body)});
    };

    liar.send(zmq::buffer(hello(server_kind::connector)), zmq::send_flags::none);
    ASSERT_TRUE(until([&] { return count("broker.refused.wrong_role") == 1; }));

    EXPECT_EQ(hub->peers().find("c1"), nullptr);
    liar.send(zmq::buffer(hello(server_kind::chat)), zmq::send_flags::none);
    EXPECT_TRUE(until([&] { return gate->sees("c1"); })) << "what it is, it may say";
}

TEST_P(KeyedBroker, TheTapIsForTheMonitorAlone)
{
    const auto tap = hub->listening().tap_port;
    auto monitor = stranger(zmq::socket_type::sub, tap, keys_of("monitor")),
         connector = stranger(zmq::socket_type::sub, tap, keys_of("connector")),
         plain = stranger(zmq::socket_type::sub, tap, std::nullopt);
    auto gate = enter("g1", server_kind::gate);

    EXPECT_TRUE(gets_something(monitor, 10s));
    EXPECT_TRUE(until(
        [&] { return count("broker.denied.wrong_socket") >= 1 && count("broker.denied.stranger") >= 1; }));
    EXPECT_FALSE(gets_something(connector, 300ms));
    EXPECT_FALSE(gets_something(plain, 100ms));
    EXPECT_TRUE(gets_something(monitor, 10s)) << "it goes on";
}

TEST_P(KeyedBroker, BroadcastsAreForConnectorsAlone)
{
    const auto pub = hub->listening().pub_port;
    auto chat = stranger(zmq::socket_type::sub, pub, keys_of("chat")),
         monitor = stranger(zmq::socket_type::sub, pub, keys_of("monitor"));

    EXPECT_TRUE(until([&] { return count("broker.denied.wrong_socket") >= 2; }));
    EXPECT_EQ(count("broker.bad_topic"), 0U) << "their subscription was never read";
}

TEST_P(KeyedBroker, AKeyIsChangedWhileTheOldOneIsInUse)
{
    auto former = enter("s1", server_kind::chat);
    ASSERT_TRUE(until([&] { return former->sees("s1"); }));
    const auto old_keys = keys_of("chat");
    const auto fresh = citron::test::new_pair();

    keys.put("chat", fresh);
    keys.write("chat.public", fresh.public_key + "\n" + old_keys.us.public_key + "\n");
    ASSERT_TRUE(until([&] { return count("broker.keys_changed") == 1; }));
    auto second = enter("s2", server_kind::chat), third = enter("s3", server_kind::chat, old_keys);
    ASSERT_TRUE(until([&] { return former->sees("s2") && former->sees("s3"); }));

    keys.write("chat.public", fresh.public_key + "\n");
    ASSERT_TRUE(until([&] { return count("broker.keys_changed") == 2; }));
    auto late = enter("s4", server_kind::chat, old_keys);
    EXPECT_TRUE(until([&] { return count("broker.denied.unknown_key") >= 1; }));
    EXPECT_FALSE(former->sees("s4"));
    EXPECT_FALSE(former->heard("down")) << "who is in stays in";
}

TEST_P(KeyedBroker, KeysThatCannotBeReadLeaveTheLastOnes)
{
    keys.write("chat.public", "half a ke");
    keys.write("gate.public", cluster::read_public(keys.root, "gate").front() + "\n" +
                                  citron::test::new_pair().public_key + "\n");
    EXPECT_FALSE(until([&] { return count("broker.keys_changed") > 0; }, 1500ms));

    keys.put("chat", citron::test::new_pair());

    EXPECT_TRUE(until([&] { return count("broker.keys_changed") == 1; }));
}

TEST_P(KeyedBroker, ANewLineShowsTheKeysOfNow)
{
    auto gate = enter("g1", server_kind::gate), chat = enter("s1", server_kind::chat);
    ASSERT_TRUE(until([&] { return gate->sees("s1"); }));
    (void)keys.make("gate");
    (void)keys.make("broker");
    ASSERT_TRUE(until([&] { return count("broker.keys_changed") == 1; }));

    const auto where = hub->listening();
    hub.reset(); // and another one, with the new key, at the same place
    ASSERT_TRUE(until([&] { return gate->heard("down") && chat->heard("down"); }));
    ASSERT_TRUE(until([&] { return opens_at(where, 8); }));

    EXPECT_TRUE(until([&] { return gate->sees("s1") && gate->view().broker == 8; }));
}

TEST_P(KeyedBroker, ALinkTriesEachKeyThatMayBeTheBrokers)
{
    auto shown = keys_of("gate");
    shown.broker = {citron::test::new_pair().public_key, citron::test::new_pair().public_key,
                    shown.broker.front()};

    auto gate = enter("g1", server_kind::gate, shown);

    EXPECT_TRUE(until([&] { return gate->sees("g1"); }));
}

/// A raw connection to one of the broker's ports.
int raw_connection(const std::string& endpoint)
{
    if (const std::string_view name = std::string_view(endpoint).substr(6); endpoint.starts_with("ipc://")) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), length), 0);
        return fd;
    }
    const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
}

TEST_P(KeyedBroker, RandomBytesOnEveryPortHarmNobody)
{
    auto chat = enter("s1", server_kind::chat), connector = enter("c1", server_kind::connector);
    ASSERT_TRUE(until([&] { return chat->sees("c1") && connector->sees("s1"); }));
    std::mt19937 random(11); // NOLINT: the same bytes every time
    const std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0CURVE", 17);
    std::vector<int> open;
    const auto& there = hub->listening();
    const std::vector endpoints{at(there.port), at(there.pub_port),
                                cluster::tcp_endpoint("127.0.0.1", there.tap_port)};
    for (int round = 0; round < 60; ++round)
        for (const auto& endpoint : endpoints) {
            std::string bytes(1 + random() % 3000, '\0');
            for (auto& c : bytes)
                c = static_cast<char>(random());
            if (round % 3 == 0) // a sound greeting, then nonsense
                bytes = greeting + std::string(47, '\0') + bytes;
            open.push_back(raw_connection(endpoint));
            (void)!::send(open.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }

    connector->send({.kind = kind::call, .room = "lobby", .id = 5});
    EXPECT_TRUE(until([&] { return connector->heard("reply 5 s1 ok"); }));
    for (const int fd : open)
        ::close(fd);
    connector->send({.kind = kind::call, .room = "lobby", .id = 6});
    EXPECT_TRUE(until([&] { return connector->heard("reply 6 s1 ok"); }));
    EXPECT_FALSE(chat->heard("down") || connector->heard("down"));
    EXPECT_EQ(count("broker.undecodable"), 0U) << "nothing of it came through";
    EXPECT_GT(count("broker.denied.stranger"), 0U);
}

TEST(Plain, ABrokerWithoutKeysListensToThisMachineAlone)
{
    net::io_context loop;
    cluster::zmq_context context;
    protocol::counters counters;
    broker hub(loop, context, {.nonce = 7}, counters);

    for (const auto* host : {"0.0.0.0", "*", "192.0.2.1"})
        try {
            hub.start({.bind = host, .bind_key = "bind"});
            FAIL() << "it listens on " << host;
        } catch (const runtime::config_error& error) {
            EXPECT_EQ(
                std::string(error.what()),
                "broker.bind: " + std::string(host) +
                    " is no loopback address, so \"keys\" is needed beside it (citron keygen makes them)");
        }
}

TEST(Plain, WithKeysABrokerListensWhereItIsTold)
{
    citron::test::key_folder keys;
    keys.make_all();
    net::io_context loop;
    cluster::zmq_context context;
    protocol::counters counters;
    broker hub(loop, context, {.nonce = 7}, counters);

    EXPECT_NO_THROW(hub.start({.bind = "0.0.0.0", .keys = keys.root}));
}

} // namespace
} // namespace citron::broker
