// The broker's shell with real sockets, its peers being the links that every server has.
#include "common/runtime/config.hpp"
#include "test/integration/broker_stage.hpp"
#include "test/integration/transports.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zmq.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace citron::broker {
namespace {

using namespace std::chrono_literals;
using protocol::envelope;
using protocol::kind;
using protocol::server_kind;

struct Broker : testing::TestWithParam<citron::test::way>, test::hub_stage
{
    zmq::context_t strangers; ///< sockets that no code of ours guards

    void open(registry_options options = {.nonce = 7, .beat = 100ms},
              std::size_t queue_bytes = default_queue_bytes)
    {
        hub = std::make_unique<broker>(loop, context, std::move(options), counters, queue_bytes);
        hub->start(anywhere());
    }
    static broker_endpoints anywhere()
    {
        return {.ipc_host = GetParam() == citron::test::way::ipc ? "127.0.0.1" : ""};
    }
    static std::string at(std::uint16_t port)
    {
        return GetParam() == citron::test::way::ipc ? cluster::ipc_endpoint("127.0.0.1", port)
                                                    : cluster::tcp_endpoint("127.0.0.1", port);
    }
    std::unique_ptr<test::server> enter(std::string id, server_kind what)
    {
        const auto& there = hub->listening();
        const cluster::link_endpoints way{at(there.port), at(there.pub_port)};
        return std::make_unique<test::server>(loop, context, std::vector{way}, std::move(id), what);
    }
    zmq::socket_t stranger(zmq::socket_type type, std::uint16_t port, const std::string& identity = {})
    {
        zmq::socket_t socket(strangers, type);
        socket.set(zmq::sockopt::linger, 0);
        if (!identity.empty())
            socket.set(zmq::sockopt::routing_id, identity);
        socket.connect(port == hub->listening().tap_port ? cluster::tcp_endpoint("127.0.0.1", port)
                                                         : at(port));
        return socket;
    }
    ~Broker() override { hub.reset(); }
};

INSTANTIATE_TEST_SUITE_P(By, Broker, citron::test::both_ways, citron::test::name_of);

TEST_P(Broker, EverybodySeesEverybody)
{
    open();
    auto chat = enter("s1", server_kind::chat), connector = enter("c1", server_kind::connector);

    ASSERT_TRUE(until([&] { return chat->sees("c1") && connector->sees("c1") && connector->sees("s1"); }));

    EXPECT_TRUE(chat->view().ready);
    EXPECT_EQ(chat->view().broker, 7U);
}

TEST_P(Broker, ACallReachesTheOwnerOfTheRoomAndItsAnswerComesBack)
{
    open();
    auto chat = enter("s1", server_kind::chat), connector = enter("c1", server_kind::connector);
    ASSERT_TRUE(until([&] { return connector->sees("c1") && connector->sees("s1"); }));

    connector->send({.kind = kind::call, .room = "lobby", .id = 5});

    EXPECT_TRUE(until([&] { return connector->heard("reply 5 s1 ok"); }));
    EXPECT_TRUE(chat->heard("call 5 c1 ok"));
}

TEST_P(Broker, ACallToNobodyIsAnsweredAtOnce)
{
    open();
    auto caller = enter("c1", server_kind::connector);
    ASSERT_TRUE(until([&] { return caller->sees("c1"); }));

    caller->send({.kind = kind::call, .to = {"s9"}, .id = 6});

    EXPECT_TRUE(until([&] { return caller->heard("reply 6 broker unavailable"); }, 1s));
}

TEST_P(Broker, ABroadcastReachesItsConnectorAndNoOther)
{
    open();
    auto chat = enter("s1", server_kind::chat), c1 = enter("c1", server_kind::connector),
         c10 = enter("c10", server_kind::connector);
    ASSERT_TRUE(until([&] { return chat->sees("c1") && chat->sees("c10"); }));

    chat->send({.kind = kind::broadcast, .to = {"c1"}, .body = "one"});
    chat->send({.kind = kind::broadcast, .to = {"c1", "c10"}, .body = "two"});

    EXPECT_TRUE(until([&] { return c1->heard("broadcast two") && c10->heard("broadcast two"); }));
    EXPECT_TRUE(c1->heard("broadcast one"));
    EXPECT_FALSE(c10->heard("broadcast one"));
}

TEST_P(Broker, SilenceIsDeath)
{
    open({.nonce = 7, .beat = 100ms, .silence = 500ms, .stall = 5s});
    auto chat = enter("s1", server_kind::chat), gate = enter("g1", server_kind::gate);
    ASSERT_TRUE(until([&] { return gate->sees("s1") && chat->sees("g1"); }));

    chat->fall_silent();

    EXPECT_TRUE(until([&] { return !gate->sees("s1"); }, 3s));
    EXPECT_EQ(gate->view().dropped.size(), 1U);
    EXPECT_EQ(counters.at("broker.deaths"), 1U);
}

TEST_P(Broker, GarbageHarmsNobody)
{
    open();
    auto caller = enter("c1", server_kind::connector), chat = enter("s1", server_kind::chat);
    ASSERT_TRUE(until([&] { return caller->sees("s1"); }));
    auto odd = stranger(zmq::socket_type::dealer, hub->listening().port, "\x01\xff\n odd");
    auto nameless = stranger(zmq::socket_type::dealer, hub->listening().port);
    auto version = protocol::encode({.kind = kind::hello, .from = "x"});
    version[1] = 77;

    for (const auto& bytes :
         {std::string(), std::string("garbage"), std::string("\xdd\xff\xff\xff\xff"), version})
        odd.send(zmq::buffer(bytes), zmq::send_flags::none);
    for (const auto flags : {zmq::send_flags::sndmore, zmq::send_flags::sndmore, zmq::send_flags::none})
        odd.send(zmq::str_buffer("part"), flags);
    nameless.send(zmq::buffer(protocol::encode({.kind = kind::call, .from = "c1", .to = {"s1"}, .id = 3})),
                  zmq::send_flags::none);

    EXPECT_TRUE(until([&] { return counters.at("broker.undecodable") == 5; }));
    EXPECT_TRUE(until([&] { return counters.at("broker.refused.unknown") == 1; }));
    caller->send({.kind = kind::call, .to = {"s1"}, .id = 4});
    EXPECT_TRUE(until([&] { return caller->heard("reply 4 s1 ok"); }));
    EXPECT_FALSE(chat->heard("call 3 c1 ok"));
}

TEST_P(Broker, AForeignSubscriberGetsNothing)
{
    open();
    auto chat = enter("s1", server_kind::chat), connector = enter("c1", server_kind::connector);
    ASSERT_TRUE(until([&] { return chat->sees("c1"); }));
    auto nosy = stranger(zmq::socket_type::sub, hub->listening().pub_port);
    nosy.set(zmq::sockopt::subscribe, "");
    nosy.set(zmq::sockopt::subscribe, "c1");
    ASSERT_TRUE(until([&] { return counters.at("broker.bad_topic") == 2; }));

    chat->send({.kind = kind::broadcast, .to = {"c1"}, .body = "hi"});

    EXPECT_TRUE(until([&] { return connector->heard("broadcast hi"); }));
    zmq::message_t message;
    EXPECT_FALSE(nosy.recv(message, zmq::recv_flags::dontwait));
}

TEST_P(Broker, AConnectorIsNotLiveWithoutItsSubscription)
{
    open();
    auto chat = enter("s1", server_kind::chat), connector = enter("c1", server_kind::connector);
    ASSERT_TRUE(until([&] { return chat->sees("c1"); }));

    connector->fall_silent(); // its sockets close: the unsubscription comes long before the silence is judged

    EXPECT_TRUE(until([&] { return !chat->sees("c1"); }, 1500ms));
    EXPECT_TRUE(chat->view().dropped.empty());
}

TEST_P(Broker, TheTapShowsEveryEnvelopeAsItCame)
{
    open();
    auto monitor = stranger(zmq::socket_type::sub, hub->listening().tap_port);
    monitor.set(zmq::sockopt::subscribe, "");
    auto gate = enter("g1", server_kind::gate);
    ASSERT_TRUE(until([&] { return gate->sees("g1") && counters.at("broker.tapped") > 0; }));

    zmq::message_t message;
    ASSERT_TRUE(until([&] { return monitor.recv(message, zmq::recv_flags::dontwait).has_value(); }));

    EXPECT_EQ(protocol::decode(message.to_string_view())->from, "g1");
    EXPECT_FALSE(message.more());
}

TEST_P(Broker, APeerThatDoesNotReadIsCutOffAndItsCallersAreTold)
{
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the sender must be quicker than the I/O thread, and ThreadSanitizer slows it alone";
#endif
    open({.nonce = 7, .silence = 60s}, 1U << 20U);
    auto caller = enter("c1", server_kind::connector);
    ASSERT_TRUE(until([&] { return caller->sees("c1"); }));
    auto deaf = stranger(zmq::socket_type::dealer, hub->listening().port, protocol::identity_of("s1", 1));
    const auto hello = protocol::pack(protocol::hello{{.id = "s1", .kind = 3, .boot = 1, .nonce = 1}, {}, 0});
    deaf.send(zmq::buffer(protocol::encode({.kind = kind::hello, .from = "s1", .body = hello})),
              zmq::send_flags::none);
    ASSERT_TRUE(until([&] { return caller->sees("s1"); }));
    const std::string body(100'000, 'x');

    std::uint64_t id = 0;
    ASSERT_TRUE(until(
        [&] {
            if (caller->all_sent())
                caller->send({.kind = kind::call, .to = {"s1"}, .id = ++id, .body = body});
            return counters.at("broker.cut_off") == 1 || id > 20'000;
        },
        60s));

    EXPECT_EQ(counters.at("broker.cut_off"), 1U);
    EXPECT_GT(counters.at("broker.parked"), 0U);
    EXPECT_EQ(hub->parked_bytes(), 0U);
    EXPECT_TRUE(until([&] { return caller->heard(fmt::format("reply {} broker unavailable", id)); }));
    EXPECT_TRUE(caller->sees("s1")) << "it may say hello again until it has been silent for too long";
}

TEST_P(Broker, ATakenPortIsToldWithItsKey)
{
    open();
    net::io_context other_loop;
    broker second(other_loop, context, {}, counters);

    try {
        auto same = anywhere();
        same.pub_port = hub->listening().pub_port;
        second.start(same);
        FAIL() << "both listen on one port";
    } catch (const runtime::config_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  fmt::format("broker.pubPort: {}: Address already in use", at(hub->listening().pub_port)));
    }
}

} // namespace
} // namespace citron::broker
