// Who is let in, over real sockets: by address, behind proxies, by origin, and how fast a client is read.
#include "echo_server.hpp"
#include "raw_client.hpp"

#include "common/protocol/package.hpp"
#include "frontend/listener.hpp"
#include "frontend/websocket.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using protocol::encode_package;
using protocol::encode_request;
using protocol::package_type;
using runtime::admission_config;
using test::ack;
using test::hello;
using test::raw_client;
using test::run_until;

struct echo final : session_handler
{
    void on_request(session& s, const request& r, instant now) override
    {
        service->respond(s, r.id, std::to_string(r.body.size()), r.body.size(), now);
    }
    void on_session_closed(session& /*s*/, instant /*now*/) override {}

    session_service* service = nullptr;
};

/// All clients really come from 127.0.0.1; what they are said to be is the proxy's word.
struct SessionArrival : testing::Test
{
    explicit SessionArrival(runtime::limits_config limits = {})
        : service({.max_message = 1U << 20U, .limits = limits}, handler, counters)
    {
        handler.service = &service;
        door.start();
    }
    ~SessionArrival() override
    {
        door.stop();
        clients.cut_all();
        EXPECT_TRUE(eventually([this] { return clients.size() == 0; }));
    }

    static protocol::ip_network network(std::string_view text)
    {
        return protocol::parse_ip_network(text).value();
    }
    void turn()
    {
        if (std::exchange(turning, true))
            return;
        net::post(loop, [this] {
            turning = false;
            clients.flush_dirty();
        });
    }
    /// With the ticks of a server.
    bool eventually(const std::function<bool()>& done)
    {
        return run_until(loop, [&] {
            clients.on_tick(std::chrono::steady_clock::now());
            return done();
        });
    }
    raw_client connect() { return {loop, door.port()}; }
    static std::string request(const std::string& headers = {})
    {
        return "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
               headers + "\r\n";
    }
    /// The status of the answer; 0: closed without one.
    static int asks(raw_client& c, const std::string& headers = {})
    {
        c.write(request(headers));
        return answer(c);
    }
    int asks(const std::string& headers = {})
    {
        auto c = connect();
        return asks(c, headers);
    }
    static int answer(raw_client& c)
    {
        const auto head = c.read_head();
        return head.empty() ? 0 : std::stoi(head.substr(9, 3));
    }
    /// Of a client at 203.0.113.`last`.
    static std::string proxy_header(char last)
    {
        return "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71"s + last +
               "\x7f\x00\x00\x01\x12\x67\x0b\xea"s;
    }

    net::io_context loop;
    bool turning = false;
    protocol::counters counters;
    echo handler;
    session_service service;
    websockets clients{service, {.max_message = 2U << 20U}, counters, [this] { turn(); }};
    listener door{loop, {"127.0.0.1", 0, "test: clientPort"}, counters, [this](net::ip::tcp::socket socket) {
                      clients.take(std::move(socket));
                  }};
};

// ---- by address

TEST_F(SessionArrival, WhoIsBlockedIsClosedWithoutAWord)
{
    clients.admit(admission({.block = {network("127.0.0.0/8")}}));

    EXPECT_EQ(asks(), 0);
    EXPECT_EQ(counters.at("admission.blocked"), 1U);
    EXPECT_EQ(counters.at("session.opened"), 0U);
}

TEST_F(SessionArrival, WhoIsHereAndIsBlockedThenMustGo)
{
    auto c = connect(), half = connect();
    ASSERT_EQ(asks(c), 101);
    ASSERT_TRUE(eventually([this] { return clients.size() == 2; }));

    clients.admit(admission({.block = {network("127.0.0.1")}}));

    EXPECT_EQ(c.read().payload, encode_package(package_type::kick, R"({"reason":"abuse"})"));
    EXPECT_EQ(c.read().opcode, 8);
    EXPECT_TRUE(half.closed()) << "it had not asked for anything yet";
    EXPECT_EQ(counters.at("admission.expelled"), 2U);
}

TEST_F(SessionArrival, WhoMayStillConnectNoticesNothing)
{
    auto c = connect();
    ASSERT_EQ(asks(c), 101);

    clients.admit(admission({.block = {network("203.0.113.0/24")}}));
    c.send(hello + ack);

    EXPECT_EQ(c.read().opcode, 2);
    EXPECT_EQ(counters.at("admission.expelled"), 0U);
}

struct TwoPerAddress : SessionArrival
{
    TwoPerAddress() : SessionArrival({.sessions_per_ip = 2}) {}
};

TEST_F(TwoPerAddress, OneMoreIsToldToComeLater)
{
    auto first = connect();
    ASSERT_EQ(asks(first), 101);
    {
        auto second = connect();
        ASSERT_EQ(asks(second), 101);
        auto third = connect();
        const auto head = third.read_head();
        EXPECT_TRUE(head.starts_with("HTTP/1.1 429 ")) << head;
        EXPECT_NE(head.find("\r\nRetry-After: 1\r\n"), head.npos) << head;
        EXPECT_TRUE(third.closed());
    }
    ASSERT_TRUE(eventually([this] { return clients.size() == 1; }));

    EXPECT_EQ(asks(), 101);
    EXPECT_EQ(counters.at("limit.sessions_per_ip"), 1U);
}

TEST_F(TwoPerAddress, BehindAProxyEachClientCountsForItself)
{
    clients.admit(admission({.proxies = {network("127.0.0.1")}}));
    std::vector<raw_client> all;
    for (const auto* client : {"203.0.113.1", "203.0.113.2", "203.0.113.1", "203.0.113.2"}) {
        all.push_back(connect());
        EXPECT_EQ(asks(all.back(), "X-Forwarded-For: "s + client + "\r\n"), 101);
    }

    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.1\r\n"), 429);
    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.3\r\n"), 101);
}

// ---- X-Forwarded-For

TEST_F(SessionArrival, AProxyIsBelieved)
{
    clients.admit(admission({.block = {network("203.0.113.9")}, .proxies = {network("127.0.0.1")}}));

    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.9\r\n"), 403);
    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.8\r\n"), 101);
    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.9, 203.0.113.8\r\n"), 101) << "what its client made up";
    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.8\r\nX-Forwarded-For: 203.0.113.9\r\n"), 403);
    EXPECT_EQ(asks(), 101) << "the proxy itself";
    EXPECT_EQ(counters.at("admission.blocked"), 2U);
}

TEST_F(SessionArrival, AnybodyElseIsNot)
{
    clients.admit(admission({.allow = {network("127.0.0.1")}, .proxies = {network("10.0.0.1")}}));
    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.9\r\n"), 101);

    clients.admit(admission({.block = {network("127.0.0.1")}, .proxies = {network("10.0.0.1")}}));
    EXPECT_EQ(asks("X-Forwarded-For: 203.0.113.9\r\n"), 0);
}

// ---- PROXY protocol

struct BehindProxy : SessionArrival
{
    BehindProxy()
    {
        clients.admit(admission(
            {.block = {network("203.0.113.9")}, .proxies = {network("127.0.0.1")}, .proxy_protocol = true}));
    }
};

TEST_F(BehindProxy, TheHeaderNamesTheClient)
{
    auto good = connect(), bad = connect();

    good.write(proxy_header(8) + request());
    bad.write(proxy_header(9) + request());

    EXPECT_EQ(answer(good), 101);
    EXPECT_EQ(answer(bad), 0);
    EXPECT_EQ(counters.at("admission.blocked"), 1U);
}

TEST_F(BehindProxy, TheHeaderMayComeInPieces)
{
    auto c = connect();

    for (const char byte : proxy_header(8) + request()) {
        c.write({&byte, 1});
        loop.poll();
    }

    EXPECT_EQ(answer(c), 101);
    c.send(hello + ack);
    EXPECT_EQ(c.read().opcode, 2);
}

TEST_F(BehindProxy, WhoNamesNobodyIsTheProxyAndMayForward)
{
    const auto local = "\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"s;
    auto check = connect(), forwarded = connect();

    check.write(local + request());
    forwarded.write(local + request("X-Forwarded-For: 203.0.113.9\r\n"));

    EXPECT_EQ(answer(check), 101);
    EXPECT_EQ(answer(forwarded), 403);
}

TEST_F(BehindProxy, WhatTheClientForwardsDoesNotCount)
{
    auto c = connect();

    c.write(proxy_header(8) + request("X-Forwarded-For: 203.0.113.9\r\n"));

    EXPECT_EQ(answer(c), 101);
}

TEST_F(BehindProxy, WithoutAHeaderAProxyIsClosed)
{
    auto plain = connect(), text = connect(), half = connect();

    plain.write(request());
    text.write("PROXY TCP4 203.0.113.8 127.0.0.1 4711 3050\r\n" + request());
    half.write(proxy_header(8).substr(0, 20));
    half.socket().shutdown(net::ip::tcp::socket::shutdown_send);

    EXPECT_EQ(answer(plain), 0);
    EXPECT_EQ(answer(text), 0);
    EXPECT_EQ(answer(half), 0);
    EXPECT_TRUE(eventually([this] { return counters.at("admission.bad_proxy_header") == 3; }));
    EXPECT_EQ(counters.at("websocket.upgraded"), 0U);
}

TEST_F(SessionArrival, AHeaderOfSomebodyElseIsNoHttp)
{
    clients.admit(admission({.proxies = {network("10.0.0.1")}, .proxy_protocol = true}));
    auto c = connect();

    c.write(proxy_header(8) + request());

    EXPECT_EQ(answer(c), 400);
}

// ---- origins

TEST_F(SessionArrival, APageFromElsewhereIsRefused)
{
    clients.admit(admission({.origins = {"https://chat.example"}}));

    EXPECT_EQ(asks("Origin: https://evil.example\r\n"), 403);
    EXPECT_EQ(asks("Origin: null\r\n"), 403);
    EXPECT_EQ(asks("Origin: https://chat.example\r\n"), 101);
    EXPECT_EQ(asks(), 101) << "no browser";
    EXPECT_EQ(counters.at("admission.bad_origin"), 2U);
}

// ---- bytes per second

struct SlowlyRead : SessionArrival
{
    SlowlyRead() : SessionArrival({.bytes = {.session = 1U << 20U}, .burst = 100ms}) {}

    raw_client working_client()
    {
        auto c = connect();
        EXPECT_EQ(asks(c), 101);
        c.send(hello + ack);
        (void)c.read();
        (void)c.read();
        return c;
    }
};

TEST_F(SlowlyRead, AFloodIsReadAtItsRateAndArrivesWhole)
{
    auto c = working_client();
    constexpr std::size_t size = 600'000;
    const auto begun = std::chrono::steady_clock::now();

    c.send(encode_request(1, "chat.chatHandler.send", std::string(size, 'x')));

    ASSERT_TRUE(eventually([&] { return counters.at("session.requests") == 1; }));
    EXPECT_GT(std::chrono::steady_clock::now() - begun, 300ms);
    EXPECT_EQ(c.read().payload, protocol::encode_response(1, std::to_string(size)));
    EXPECT_GT(counters.at("limit.bytes"), 1U);
}

TEST_F(SlowlyRead, WhoHangsUpWhilePausedIsNoticed)
{
    {
        auto c = working_client();
        c.send(encode_request(1, "chat.chatHandler.send", std::string(300'000, 'x')));
        ASSERT_TRUE(eventually([&] { return counters.at("limit.bytes") > 0; }));
        c.socket().set_option(net::socket_base::linger(true, 0));
    }

    EXPECT_TRUE(eventually([this] { return clients.size() == 0; }));
}

} // namespace
} // namespace citron::frontend
