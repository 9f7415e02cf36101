#include "common/cluster/link.hpp"

#include "common/runtime/config.hpp"
#include "test/integration/transports.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace citron::cluster {
namespace {

using namespace std::chrono_literals;
using protocol::kind;
using protocol::server_kind;
using test::any_endpoint;

constexpr auto patience = 20s;

/// As much of a broker as a link needs: welcomes everybody, and beats.
class toy_broker
{
public:
    toy_broker(net::io_context& loop, zmq_context& context, const std::string& requests,
               const std::string& broadcasts)
        : router_(loop, context, socket_role::router,
                  {.on_frame = [this](std::string_view who, std::string_view frame) { heard(who, frame); }}),
          xpub_(loop, context, socket_role::xpub, {.on_frame = [this](auto, std::string_view frame) {
                    topic = parse_subscription(frame)->topic;
                }})
    {
        router_.bind(requests);
        xpub_.bind(broadcasts);
        router_.start();
        xpub_.start();
    }
    [[nodiscard]] std::string requests() const { return router_.endpoint(); }
    [[nodiscard]] std::string broadcasts() const { return xpub_.endpoint(); }

    void say(kind k, const std::string& body = {})
    {
        (void)router_.send(identity, protocol::encode({.kind = k, .from = "broker", .body = body}));
    }
    void publish(kind k, const std::string& body = {})
    {
        (void)xpub_.publish(topic, protocol::encode({.kind = k, .from = "chat-1", .body = body}));
    }
    void beat()
    {
        say(kind::beat);
        publish(kind::beat);
    }
    [[nodiscard]] bool got(kind k) const { return std::ranges::count(kinds, k) > 0; }

    std::string identity, topic, refuse_with;
    std::vector<kind> kinds;
    std::vector<std::uint64_t> ids; ///< of notifies

private:
    void heard(std::string_view who, std::string_view frame)
    {
        const auto e = protocol::decode(frame);
        ASSERT_TRUE(e);
        kinds.push_back(e->kind);
        if (e->kind == kind::notify)
            ids.push_back(e->id);
        identity = who;
        if (e->kind == kind::hello && refuse_with.empty())
            say(kind::welcome,
                protocol::pack(protocol::welcome{{.broker = 1, .number = 1, .ready = true}, false}));
        else if (e->kind == kind::hello)
            say(kind::refused, protocol::pack(protocol::refusal{refuse_with}));
    }

    zmq_stream router_, xpub_;
};

/// A peer with its link on a real loop, and what it heard.
class server : peer_listener
{
public:
    server(net::io_context& loop, zmq_context& context, std::vector<link_endpoints> ways,
           server_kind of = server_kind::connector)
        : line({.self = {.id = "s1", .kind = static_cast<std::uint8_t>(of), .boot = 7},
                .duplicate_patience = 300ms,
                .seed = std::random_device{}()},
               *this, counters, link::now()),
          link_(loop, context, line, std::move(ways),
                {.on_tick = [this](instant) { ++ticks; },
                 .on_refused = [this](const std::string& text) { refused = text; }})
    {
        link_.start();
    }

    protocol::counters counters;
    peer line;
    class link link_;
    std::vector<std::string> broadcasts;
    std::string refused;
    int ups = 0, downs = 0, ticks = 0;

private:
    void on_up(bool, instant) override { ++ups; }
    void on_down(instant) override { ++downs; }
    void on_view(const protocol::view&, instant) override {}
    void on_envelope(const protocol::envelope&, instant) override {}
    void on_broadcast(const protocol::envelope& e, instant) override { broadcasts.emplace_back(e.body); }
};

/// Runs the loop until the condition holds (true), or patience ends.
bool run_until(net::io_context& loop, const std::function<bool()>& condition,
               std::chrono::milliseconds limit = patience)
{
    const auto deadline = link::now() + limit;
    loop.restart();
    while (link::now() < deadline) {
        if (condition())
            return true;
        loop.run_one_for(10ms);
    }
    return false;
}

class LinkOfTwoWays : public testing::Test
{
protected:
    void start_broker(const std::string& requests, const std::string& broadcasts)
    {
        broker.emplace(loop, context, requests, broadcasts);
        endpoints = {broker->requests(), broker->broadcasts()};
    }

    /// Where it was before; libzmq may need a moment to let go of its endpoints.
    bool restart_broker()
    {
        return run_until(loop, [this] {
            try {
                start_broker(endpoints.requests, endpoints.broadcasts);
                return true;
            } catch (const runtime::config_error&) {
                return false;
            }
        });
    }

    net::io_context loop;
    zmq_context context;
    std::optional<toy_broker> broker;
    link_endpoints endpoints;
};

class Link : public LinkOfTwoWays, public testing::WithParamInterface<test::way>
{
protected:
    void start_broker() { LinkOfTwoWays::start_broker(any_endpoint(GetParam()), any_endpoint(GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(By, Link, test::both_ways, test::name_of);

TEST_P(Link, ComesUpAndHearsItsTopic)
{
    start_broker();
    server s(loop, context, {endpoints});
    ASSERT_TRUE(run_until(loop, [&] { return s.line.up() && !broker->topic.empty(); }));

    EXPECT_EQ(broker->identity, protocol::identity_of("s1", s.line.self().nonce));
    EXPECT_EQ(broker->topic, protocol::topic_of("s1", s.line.self().nonce));
    broker->publish(kind::broadcast, "push");
    EXPECT_TRUE(run_until(loop, [&] { return s.broadcasts == std::vector<std::string>{"push"}; }));
}

TEST_P(Link, OnlyConnectorsSubscribe)
{
    start_broker();
    server s(loop, context, {endpoints}, server_kind::chat);

    ASSERT_TRUE(run_until(loop, [&] { return broker->got(kind::beat); }));

    EXPECT_EQ(broker->topic, "");
}

TEST_P(Link, WaitsForABrokerThatComesLaterAndSaysSoOnce)
{
    start_broker();
    broker.reset();
    testing::internal::CaptureStderr();
    server s(loop, context, {endpoints});
    EXPECT_TRUE(run_until(loop, [&] { return s.counters.at("link.lost") >= 3; }));

    EXPECT_TRUE(restart_broker());
    EXPECT_TRUE(run_until(loop, [&] { return s.line.up(); }));
    loop.poll(); // the turn that follows says it

    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(said, '\n'), 2) << said;
    EXPECT_NE(said.find("link.down no broker at " + endpoints.requests + " (trying on)"), said.npos) << said;
    EXPECT_NE(said.find("link.up broker=" + endpoints.requests), said.npos) << said;
}

TEST_P(Link, ADeadBrokerIsNoticedAtOnceAndItsSuccessorFound)
{
    start_broker();
    server s(loop, context, {endpoints});
    ASSERT_TRUE(run_until(loop, [&] { return s.line.up() && !broker->topic.empty(); }));
    const auto nonce = s.line.self().nonce;

    broker.reset();
    EXPECT_TRUE(run_until(
        loop, [&] { return s.downs == 1; }, 1'500ms))
        << "not by silence, which takes 2 s";
    EXPECT_TRUE(restart_broker());

    EXPECT_TRUE(run_until(loop, [&] { return s.ups == 2 && !broker->topic.empty(); }));
    EXPECT_NE(s.line.self().nonce, nonce);
}

TEST_P(Link, ASilentBrokerIsLostAndOneThatBeatsIsKept)
{
    start_broker();
    server s(loop, context, {endpoints});
    ASSERT_TRUE(run_until(loop, [&] { return s.line.up() && !broker->topic.empty(); }));

    const auto end = link::now() + 3s;
    EXPECT_TRUE(run_until(loop, [&] { return broker->beat(), link::now() > end; }));
    EXPECT_EQ(s.downs, 0);

    EXPECT_TRUE(run_until(
        loop, [&] { return s.downs == 1; }, 4s));
}

TEST_P(Link, WhatIsSentOutsideAHookGoesWithoutWaitingForATick)
{
    start_broker();
    server s(loop, context, {endpoints});
    ASSERT_TRUE(run_until(loop, [&] { return s.line.up(); }));
    constexpr int attempts = 20;
    int at_once = 0;

    for (int i = 0; i < attempts && at_once == 0; ++i) {
        broker->kinds.clear();
        const auto ticks = s.ticks;
        ASSERT_TRUE(s.line.send({.kind = kind::notify, .to = {"x"}, .route = "a.b.c"}));
        s.link_.flush();
        ASSERT_TRUE(run_until(loop, [&] { return broker->got(kind::notify); }));
        at_once += s.ticks == ticks ? 1 : 0; // on a busy machine a tick may come between
    }

    EXPECT_GT(at_once, 0) << "what waits for a tick never comes before one";
}

TEST_P(Link, ATakenIdIsToldInTheEnd)
{
    start_broker();
    broker->refuse_with = "duplicate_id";
    server s(loop, context, {endpoints});

    EXPECT_TRUE(run_until(loop, [&] { return !s.refused.empty(); }));

    EXPECT_EQ(s.refused, "another living server has the id s1, says the broker at " + endpoints.requests);
}

TEST_P(Link, AByeStillGoesOutWhenItStops)
{
    start_broker();
    auto s = std::make_unique<server>(loop, context, std::vector{endpoints});
    ASSERT_TRUE(run_until(loop, [&] { return s->line.up(); }));

    s->line.bye(link::now());
    s.reset();

    EXPECT_TRUE(run_until(loop, [&] { return broker->got(kind::bye); }));
}

TEST_P(Link, ManyFramesArriveInOrderThroughOneLine)
{
    constexpr int frames = 20'000; // many times what libzmq's own queue holds
    start_broker();
    server s(loop, context, {endpoints}, server_kind::chat);
    ASSERT_TRUE(run_until(loop, [&] { return s.line.up(); }));
    for (int i = 0; i < frames; ++i)
        ASSERT_TRUE(s.line.send({.kind = kind::notify, .to = {"x"}, .id = static_cast<std::uint64_t>(i)}));

    s.link_.flush();

    EXPECT_TRUE(run_until(loop, [&] { return broker->ids.size() == frames; }));
    EXPECT_TRUE(std::ranges::is_sorted(broker->ids));
}

TEST_F(LinkOfTwoWays, TheFirstAtWhichABrokerListensIsTaken)
{
    const link_endpoints shorter{any_endpoint(test::way::ipc), any_endpoint(test::way::ipc)};
    start_broker(any_endpoint(test::way::tcp), any_endpoint(test::way::tcp));
    const auto longer = endpoints;
    testing::internal::CaptureStderr();
    server s(loop, context, {shorter, longer});
    EXPECT_TRUE(run_until(loop, [&] { return s.line.up() && !broker->topic.empty(); }));

    broker.reset();
    EXPECT_TRUE(run_until(loop, [&] { return s.downs == 1; }));
    start_broker(shorter.requests, shorter.broadcasts);
    EXPECT_TRUE(run_until(loop, [&] { return s.ups == 2 && !broker->topic.empty(); }));
    loop.poll(); // the turn that follows says it

    const auto said = testing::internal::GetCapturedStderr();
    const auto by_tcp = said.find("link.up broker=" + longer.requests);
    EXPECT_NE(by_tcp, said.npos) << said;
    EXPECT_NE(said.find("link.up broker=" + shorter.requests, by_tcp), said.npos) << said;
}

} // namespace
} // namespace citron::cluster
