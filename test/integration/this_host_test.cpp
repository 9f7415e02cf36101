#include "common/cluster/this_host.hpp"

#include "common/cluster/zmq_stream.hpp"
#include "test/integration/transports.hpp"

namespace citron::cluster {
namespace {

TEST(ThisHost, KnowsItsOwnAddressesFromOthers)
{
    EXPECT_TRUE(is_this_host("127.0.0.1"));
    EXPECT_TRUE(is_this_host("127.7.7.7"));
    EXPECT_TRUE(is_this_host("localhost"));
    EXPECT_FALSE(is_this_host("192.0.2.1")) << "reserved for examples";
    EXPECT_FALSE(is_this_host("no such host"));
}

TEST(ThisHost, KnowsWhatNeverLeavesIt)
{
    for (const auto* host : {"127.0.0.1", "127.255.0.9", "::1", "localhost"})
        EXPECT_TRUE(is_loopback(host)) << host;
    for (const auto* host : {"0.0.0.0", "::", "*", "10.0.0.5", "192.0.2.1", "fe80::1", "128.0.0.1", "0", "",
                             "::ffff:10.0.0.5", "no such host", "lo"})
        EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(ThisHost, SeesWhetherSomebodyListensAtAName)
{
    const auto name = test::any_name();
    net::io_context loop;
    zmq_context context;
    zmq_stream listener(loop, context, socket_role::router, {.on_frame = [](auto, auto) {}});
    EXPECT_FALSE(may_answer(name));

    listener.bind(name);

    EXPECT_TRUE(may_answer(name));
    EXPECT_TRUE(may_answer("tcp://127.0.0.1:1")) << "nothing is known of other endpoints";
    EXPECT_FALSE(may_answer("ipc://@" + std::string(200, 'x'))) << "no name that can be bound";
}

} // namespace
} // namespace citron::cluster
