#include "common/cluster/zmq_stream.hpp"

#include "common/runtime/config.hpp"
#include "test/integration/transports.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>
#include <zmq.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace citron::cluster {
namespace {

using namespace std::chrono_literals;
using test::any_endpoint;
using test::dead_endpoint;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int round_trips = 30'000;
#else
constexpr int round_trips = 300'000;
#endif
constexpr auto patience = 60s;

/// Runs `loop` until `done` stops it; false when that takes longer than `limit`.
bool run(net::io_context& loop, std::chrono::milliseconds limit = patience)
{
    loop.restart();
    loop.run_for(limit);
    return loop.stopped();
}

/// Calls `until` every few milliseconds and stops the loop when it says yes.
class watcher
{
public:
    watcher(net::io_context& loop, std::function<bool()> until)
        : loop_(loop), timer_(loop), until_(std::move(until))
    {
        again();
    }

private:
    void again()
    {
        timer_.expires_after(2ms);
        timer_.async_wait([this](const boost::system::error_code& failed) {
            if (failed)
                return;
            if (until_())
                return loop_.stop();
            again();
        });
    }
    net::io_context& loop_;
    net::steady_timer timer_;
    std::function<bool()> until_;
};

bool run_until(net::io_context& loop, std::function<bool()> condition,
               std::chrono::milliseconds limit = patience)
{
    watcher watch(loop, std::move(condition));
    loop.restart();
    const auto deadline = std::chrono::steady_clock::now() + limit;
    loop.run_until(deadline);
    return std::chrono::steady_clock::now() < deadline;
}

/// A router in a loop and thread of its own that sends every frame back to where it came from.
class echo_server
{
public:
    echo_server(zmq_context& context, test::way by)
        : router_(loop_, context, socket_role::router,
                  {.on_frame = [this](std::string_view identity,
                                      std::string_view frame) { waiting_.emplace_back(identity, frame); },
                   .on_turn = [this] { flush(); }})
    {
        router_.bind(any_endpoint(by));
        router_.start();
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~echo_server()
    {
        net::post(loop_, [this] {
            router_.close();
            loop_.stop();
        });
        thread_.join();
    }
    [[nodiscard]] std::string endpoint() const { return router_.endpoint(); }

private:
    void flush()
    {
        std::size_t gone = 0;
        while (gone < waiting_.size() &&
               router_.send(waiting_[gone].first, waiting_[gone].second) != send_result::full)
            ++gone;
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(gone));
    }

    net::io_context loop_;
    zmq_stream router_;
    std::vector<std::pair<std::string, std::string>> waiting_;
    std::thread thread_;
};

/// Keeps a window of numbered frames under way through an echo_server.
class echo_client
{
public:
    echo_client(net::io_context& loop, zmq_context& context, const std::string& endpoint, int count)
        : loop_(loop), count_(count),
          dealer_(loop, context, socket_role::dealer,
                  {.on_frame = [this](auto, std::string_view frame) { take(frame); },
                   .on_turn = [this] { flush(); }},
                  "client#1")
    {
        dealer_.connect(endpoint);
        dealer_.start();
    }
    [[nodiscard]] int received() const { return received_; }
    [[nodiscard]] bool in_order() const { return in_order_; }

private:
    void take(std::string_view frame)
    {
        in_order_ = in_order_ && frame == std::to_string(received_);
        if (++received_ == count_)
            loop_.stop();
    }
    void flush()
    {
        constexpr int window = 100;
        while (sent_ < count_ && sent_ - received_ < window &&
               dealer_.send(std::to_string(sent_)) == send_result::sent)
            ++sent_;
    }

    net::io_context& loop_;
    int count_, sent_ = 0, received_ = 0;
    bool in_order_ = true;
    zmq_stream dealer_;
};

stream_handlers ignore()
{
    return {.on_frame = [](auto, auto) {}};
}

class ZmqStream : public testing::TestWithParam<test::way>
{
};

INSTANTIATE_TEST_SUITE_P(By, ZmqStream, test::both_ways, test::name_of);

TEST_P(ZmqStream, EchoesManyRoundTripsInOrderWithoutStalling)
{
    zmq_context context;
    echo_server server(context, GetParam());
    net::io_context loop;
    echo_client client(loop, context, server.endpoint(), round_trips);

    EXPECT_TRUE(run(loop));

    EXPECT_EQ(client.received(), round_trips);
    EXPECT_TRUE(client.in_order());
}

TEST_P(ZmqStream, RoundTripsInOneLoopDoNotStallEither)
{
    zmq_context context;
    net::io_context loop;
    std::vector<std::pair<std::string, std::string>> waiting;
    zmq_stream router(loop, context, socket_role::router,
                      {.on_frame = [&](auto who, auto frame) { (void)router.send(who, frame); }});
    router.bind(any_endpoint(GetParam()));
    router.start();
    echo_client client(loop, context, router.endpoint(), round_trips / 10);

    EXPECT_TRUE(run(loop));

    EXPECT_EQ(client.received(), round_trips / 10);
    EXPECT_TRUE(client.in_order());
}

TEST_P(ZmqStream, PublishesToItsTopicOnlyAfterTheSubscriptionWasSeen)
{
    zmq_context context;
    net::io_context loop;
    std::string seen, heard;
    zmq_stream xpub(loop, context, socket_role::xpub, {.on_frame = [&](auto, std::string_view frame) {
                        const auto request = parse_subscription(frame);
                        ASSERT_TRUE(request && request->subscribed);
                        seen = request->topic;
                        EXPECT_EQ(xpub.publish("c10", "for another"), send_result::sent);
                        EXPECT_EQ(xpub.publish(seen, "hello"), send_result::sent);
                    }});
    xpub.bind(any_endpoint(GetParam()));
    xpub.start();
    zmq_stream sub(loop, context, socket_role::sub, {.on_frame = [&](auto, std::string_view frame) {
                       heard = frame;
                       loop.stop();
                   }});
    const auto topic = protocol::topic_of("c1", 7);
    sub.subscribe(topic);
    sub.connect(xpub.endpoint());
    sub.start();

    EXPECT_TRUE(run(loop));

    EXPECT_EQ(seen, topic);
    EXPECT_EQ(heard, topic + "hello");
}

TEST_P(ZmqStream, RouterReportsAnUnknownPeer)
{
    zmq_context context;
    net::io_context loop;
    zmq_stream router(loop, context, socket_role::router, ignore());
    router.bind(any_endpoint(GetParam()));

    EXPECT_EQ(router.send("nobody#1", "x"), send_result::unreachable);
}

TEST_P(ZmqStream, DealerWithoutConnectionIsFull)
{
    zmq_context context;
    net::io_context loop;
    zmq_stream dealer(loop, context, socket_role::dealer, ignore(), "d#1");
    dealer.connect(dead_endpoint(GetParam()));

    EXPECT_EQ(dealer.send("x"), send_result::full);
}

TEST_P(ZmqStream, DealerReportsThatNobodyIsThere)
{
    zmq_context context;
    net::io_context loop;
    zmq_stream dealer(loop, context, socket_role::dealer,
                      {.on_frame = [](auto, auto) {}, .on_disconnect = [&](auto) { loop.stop(); }}, "d#1");
    dealer.connect(dead_endpoint(GetParam()));
    dealer.start();

    EXPECT_TRUE(run(loop, 10s));
}

TEST_P(ZmqStream, DealerReportsThatTheOtherSideWentAway)
{
    zmq_context context;
    net::io_context loop;
    std::unique_ptr<zmq_stream> router;
    router = std::make_unique<zmq_stream>(loop, context, socket_role::router,
                                          stream_handlers{.on_frame = [&](auto, auto) { router.reset(); }});
    router->bind(any_endpoint(GetParam()));
    router->start();
    bool said = false;
    zmq_stream dealer(loop, context, socket_role::dealer,
                      {.on_frame = [](auto, auto) {},
                       .on_turn = [&] { said = said || dealer.send("x") == send_result::sent; },
                       .on_disconnect = [&](auto) { loop.stop(); }},
                      "d#1");
    dealer.connect(router->endpoint());
    dealer.start();

    EXPECT_TRUE(run(loop, 10s));
    EXPECT_EQ(router, nullptr);
}

TEST_P(ZmqStream, FullPeerIsReportedAndGoesOnWhenItReadsAgain)
{
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the sender must be quicker than the I/O thread, and ThreadSanitizer slows it alone";
#endif
    constexpr int frames = 4'000;
    const std::string bytes(16 * 1024, 'x'); // more than the buffers of the kernel and the queue hold
    zmq_context context;
    net::io_context server_loop, client_loop;
    std::string peer;
    zmq_stream router(server_loop, context, socket_role::router,
                      {.on_frame = [&](auto who, auto) { peer = who; }});
    router.bind(any_endpoint(GetParam()));
    router.start();
    int received = 0;
    bool reading = false;
    zmq_stream dealer(client_loop, context, socket_role::dealer,
                      {.on_frame = [&](auto, auto) { ++received; },
                       .on_turn = [&] { reading = reading || dealer.send("hello") == send_result::sent; }},
                      "d#1");
    dealer.connect(router.endpoint());
    dealer.start();
    ASSERT_TRUE(run_until(client_loop, [&] { return reading; }));
    ASSERT_TRUE(run_until(server_loop, [&] { return !peer.empty(); }));

    // The dealer's loop stands still: its queue (50,000 frames) takes them all; a second sender's would not.
    int sent = 0;
    while (sent < frames && router.send(peer, bytes) == send_result::sent)
        ++sent;
    ASSERT_LT(sent, frames) << "the peer never became full";
    const auto on_turn = [&] {
        while (sent < frames && router.send(peer, bytes) == send_result::sent)
            ++sent;
    };
    EXPECT_TRUE(run_until(server_loop, [&] { return on_turn(), sent == frames; }));
    EXPECT_TRUE(run_until(client_loop, [&] { return received == frames; }));
}

TEST_P(ZmqStream, LargestFramePassesAndALargerOneIsRefusedBeforeItHarms)
{
    zmq_context context;
    echo_server server(context, GetParam());
    net::io_context loop;
    const std::string large(max_frame, 'x');
    std::size_t back = 0;
    bool sent = false;
    zmq_stream dealer(loop, context, socket_role::dealer,
                      {.on_frame =
                           [&](auto, std::string_view frame) {
                               back = frame.size();
                               loop.stop();
                           },
                       .on_turn =
                           [&] {
                               EXPECT_EQ(dealer.send(large + "x"), send_result::too_large);
                               sent = sent || dealer.send(large) == send_result::sent;
                           }},
                      "d#1");
    dealer.connect(server.endpoint());
    dealer.start();

    EXPECT_TRUE(run(loop));

    EXPECT_EQ(back, large.size());
}

TEST_P(ZmqStream, ClosesWhileBusy)
{
    zmq_context context;
    echo_server server(context, GetParam());
    net::io_context loop;
    auto client = std::make_unique<echo_client>(loop, context, server.endpoint(), round_trips);

    EXPECT_TRUE(run_until(loop, [&] { return client->received() > 1'000; }));
    client.reset();
    const auto left = loop.poll(); // its coroutine sees the end; nothing is called any more

    EXPECT_LT(left, 10U);
}

TEST_P(ZmqStream, AHandlerMayDestroyItsOwnStream)
{
    zmq_context context;
    echo_server server(context, GetParam());
    net::io_context loop;
    int frames = 0;
    bool sent = false;
    std::unique_ptr<zmq_stream> dealer;
    dealer =
        std::make_unique<zmq_stream>(loop, context, socket_role::dealer,
                                     stream_handlers{.on_frame =
                                                         [&](auto, auto) {
                                                             ++frames;
                                                             dealer.reset();
                                                             loop.stop();
                                                         },
                                                     .on_turn =
                                                         [&] {
                                                             if (dealer && !sent)
                                                                 sent =
                                                                     dealer->send("a") == send_result::sent &&
                                                                     dealer->send("b") == send_result::sent;
                                                         }},
                                     "d#1");
    dealer->connect(server.endpoint());
    dealer->start();

    EXPECT_TRUE(run(loop));
    loop.restart();
    loop.poll();

    EXPECT_EQ(frames, 1);
}

TEST_P(ZmqStream, DrainReadsAllThatWaits)
{
    constexpr int frames = 2'000; // several bursts
    zmq_context context;
    net::io_context loop;
    int received = 0;
    zmq_stream router(loop, context, socket_role::router, {.on_frame = [&](auto, auto) { ++received; }});
    router.bind(any_endpoint(GetParam()));
    net::io_context other;
    int sent = 0;
    zmq_stream dealer(other, context, socket_role::dealer,
                      {.on_frame = [](auto, auto) {},
                       .on_turn =
                           [&] {
                               while (sent < frames && dealer.send("x") == send_result::sent)
                                   ++sent;
                           }},
                      "d#1");
    dealer.connect(router.endpoint());
    dealer.start();

    EXPECT_TRUE(run_until(other, [&] { return router.drain(), received == frames; }));
}

/// The most frames that a burst has read of 100 that wait, of `bytes` each, and each of which takes `work`.
int longest_burst(test::way by, std::size_t bytes, std::chrono::milliseconds work)
{
    constexpr int frames = 100;
    zmq_context context;
    net::io_context loop, other;
    int received = 0, longest = 0;
    zmq_stream router(loop, context, socket_role::router, {.on_frame = [&](auto, auto) {
                          ++received;
                          const auto end = std::chrono::steady_clock::now() + work;
                          while (std::chrono::steady_clock::now() < end) {
                          }
                      }});
    router.bind(any_endpoint(by));
    zmq_stream dealer(other, context, socket_role::dealer, ignore(), "d#1");
    dealer.connect(router.endpoint());
    dealer.start();
    int sent = 0;
    EXPECT_TRUE(run_until(other, [&] {
        while (sent < frames && dealer.send(std::string(bytes, 'x')) == send_result::sent)
            ++sent;
        const int before = received;
        if (sent == frames)
            (void)router.read_burst();
        longest = std::max(longest, received - before);
        return received == frames;
    }));
    return longest;
}

TEST_P(ZmqStream, ABurstEndsAfterAMegabyte)
{
    EXPECT_LE(longest_burst(GetParam(), 100'000, 0ms), 11);
}

TEST_P(ZmqStream, ABurstEndsAfterTwentyMilliseconds)
{
    EXPECT_LE(longest_burst(GetParam(), 10, 5ms), 5);
}

TEST_P(ZmqStream, WhatIsInUseIsToldClearly)
{
    zmq_context context;
    net::io_context loop;
    zmq_stream first(loop, context, socket_role::router, ignore());
    first.bind(any_endpoint(GetParam()));
    const auto endpoint = first.endpoint();
    zmq_stream second(loop, context, socket_role::router, ignore());

    try {
        second.bind(endpoint);
        FAIL() << "bound twice";
    } catch (const runtime::config_error& error) {
        EXPECT_EQ(std::string(error.what()), endpoint + ": Address already in use");
    }
}

TEST(ZmqEndpoint, BindsToAHostByName)
{
    zmq_context context;
    net::io_context loop;
    zmq_stream stream(loop, context, socket_role::router, ignore());

    stream.bind("tcp://localhost:*");

    EXPECT_TRUE(stream.endpoint().starts_with("tcp://127.0.0.1:")) << stream.endpoint();
}

TEST(ZmqEndpoint, WhatIsNoEndpointIsToldClearly)
{
    zmq_context context;
    net::io_context loop;
    zmq_stream router(loop, context, socket_role::router, ignore());
    zmq_stream dealer(loop, context, socket_role::dealer, ignore(), "d#1");

    EXPECT_THROW(router.bind("tcp://no such host:1"), runtime::config_error);
    EXPECT_THROW(dealer.connect("nonsense"), runtime::config_error);
}

TEST_P(ZmqStream, MessagesOfAStrangersShapeAreDroppedAndTold)
{
    zmq_context context;
    net::io_context loop;
    std::vector<std::string> frames;
    int malformed = 0;
    zmq_stream router(loop, context, socket_role::router,
                      {.on_frame =
                           [&](auto, std::string_view frame) {
                               frames.emplace_back(frame);
                               loop.stop();
                           },
                       .on_malformed =
                           [&](std::string_view who) {
                               EXPECT_EQ(who, "stranger");
                               ++malformed;
                           }});
    router.bind(any_endpoint(GetParam()));
    router.start();
    void* strange_context = zmq_ctx_new();
    void* stranger = zmq_socket(strange_context, ZMQ_DEALER);
    zmq_setsockopt(stranger, ZMQ_ROUTING_ID, "stranger", 8);
    zmq_connect(stranger, router.endpoint().c_str());
    zmq_send(stranger, "a", 1, ZMQ_SNDMORE);
    zmq_send(stranger, "b", 1, ZMQ_SNDMORE);
    zmq_send(stranger, "c", 1, 0);
    zmq_send(stranger, "good", 4, 0);

    EXPECT_TRUE(run(loop));
    zmq_close(stranger);
    zmq_ctx_term(strange_context);

    EXPECT_EQ(frames, std::vector<std::string>{"good"});
    EXPECT_EQ(malformed, 1);
}

TEST_P(ZmqStream, AThrowingHandlerDoesNotEndItsStream)
{
    zmq_context context;
    echo_server server(context, GetParam());
    net::io_context loop;
    int frames = 0, sent = 0;
    zmq_stream dealer(loop, context, socket_role::dealer,
                      {.on_frame =
                           [&](auto, auto) {
                               if (++frames == 2)
                                   return loop.stop();
                               throw std::runtime_error("on purpose");
                           },
                       .on_turn =
                           [&] {
                               if (sent <= frames && sent < 2 && dealer.send("x") == send_result::sent)
                                   ++sent;
                           }},
                      "d#1");
    dealer.connect(server.endpoint());
    dealer.start();

    EXPECT_TRUE(run(loop));

    EXPECT_EQ(frames, 2);
}

} // namespace
} // namespace citron::cluster
