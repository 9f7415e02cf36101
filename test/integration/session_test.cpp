// Real WebSocket connections over loopback against websockets, listener and session_service.
#include "echo_server.hpp"
#include "raw_client.hpp"

#include "common/protocol/package.hpp"
#include "common/runtime/config.hpp"
#include "frontend/listener.hpp"
#include "frontend/websocket.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <map>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::encode_package;
using protocol::encode_request;
using protocol::package_type;
using test::ack;
using test::echo;
using test::heartbeat;
using test::hello;
using test::raw_client;
using test::run_until;
using test::ws_frame;

const std::string kicked_protocol = encode_package(package_type::kick, R"({"reason":"protocol"})");
constexpr auto route = "chat.chatHandler.send";

class Session : public testing::Test
{
protected:
    Session()
    {
        handler.service = &service;
        door.start();
    }
    ~Session() override
    {
        door.stop();
        clients.cut_all();
        EXPECT_TRUE(run_until(loop, [this] { return clients.size() == 0; }));
        EXPECT_EQ(counters.at("session.opened"), counters.at("session.closed"));
        EXPECT_EQ(counters.at("session.closed"), static_cast<std::uint64_t>(handler.closed));
    }

    static session_options options()
    {
        session_options o;
        o.max_message = 100'000;
        o.outbox_bytes = 1U << 20U;
        o.max_sessions = 8;
        return o;
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
    raw_client connect() { return {loop, door.port()}; }
    raw_client working_client()
    {
        raw_client c = connect();
        EXPECT_TRUE(c.upgrade());
        c.send(hello + ack);
        EXPECT_EQ(c.read().opcode, 2);
        EXPECT_EQ(c.read().payload, heartbeat);
        return c;
    }
    /// Time passes for the server alone.
    void pass(milliseconds time)
    {
        for (const auto until = now + time; now < until;) {
            now += 100ms;
            service.on_tick(now);
            clients.on_tick(now);
        }
        turn();
    }

    net::io_context loop;
    bool turning = false;
    instant now = std::chrono::steady_clock::now();
    protocol::counters counters;
    echo handler;
    session_service service{options(), handler, counters};
    websockets clients{service, {.max_message = 200'000}, counters, [this] { turn(); }};
    listener door{loop, {"127.0.0.1", 0, "test: clientPort"}, counters, [this](net::ip::tcp::socket socket) {
                      clients.take(std::move(socket));
                  }};
};

void expect_close(raw_client& c, std::string_view status)
{
    const ws_frame last = c.read();
    EXPECT_EQ(last.opcode, 8);
    EXPECT_EQ(last.payload, status);
    EXPECT_TRUE(c.closed());
}
constexpr std::string_view normal("\x03\xe8", 2), protocol_error("\x03\xea", 2), too_big("\x03\xf1", 2),
    bad_payload("\x03\xef", 2);

TEST_F(Session, ServesARequest)
{
    raw_client c = working_client();

    c.send(encode_request(7, route, R"({"content":"hi"})"));

    EXPECT_EQ(c.read().payload, protocol::encode_response(7, R"({"content":"hi"})"));
}

TEST_F(Session, AnyPathAndProtocolIsAccepted)
{
    raw_client c = connect();

    EXPECT_TRUE(c.upgrade("/some/where?a=b"));
}

TEST_F(Session, SeveralPackagesInOneFrame)
{
    raw_client c = connect();
    ASSERT_TRUE(c.upgrade());

    c.send(hello + ack + encode_request(1, route, "1") + heartbeat + encode_request(2, route, "2"));

    EXPECT_EQ(c.read().payload[0], 1);
    EXPECT_EQ(c.read().payload, heartbeat);
    EXPECT_EQ(c.read().payload, protocol::encode_response(1, "1"));
    EXPECT_EQ(c.read().payload, heartbeat);
    EXPECT_EQ(c.read().payload, protocol::encode_response(2, "2"));
}

TEST_F(Session, FramesRightBehindTheUpgradeRequestAreNotLost)
{
    raw_client c = connect();

    c.write("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
            "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
            raw_client::frame(2, hello + ack) + raw_client::frame(2, encode_request(1, route, "x")));

    EXPECT_TRUE(c.read_head().starts_with("HTTP/1.1 101 "));
    (void)c.read();
    (void)c.read();
    EXPECT_EQ(c.read().payload, protocol::encode_response(1, "x"));
}

TEST_F(Session, FragmentsAreJoinedAndAPingBetweenThemIsAnswered)
{
    raw_client c = working_client();
    const auto whole = encode_request(1, route, std::string(5000, 'x'));

    c.write(raw_client::frame(2, whole.substr(0, 10), false));
    c.write(raw_client::frame(9, "are you there"));
    c.write(raw_client::frame(0, whole.substr(10, 3000), false));
    c.write(raw_client::frame(0, whole.substr(3010)));

    const ws_frame pong = c.read();
    EXPECT_EQ(pong.opcode, 10);
    EXPECT_EQ(pong.payload, "are you there");
    EXPECT_EQ(c.read().payload, protocol::encode_response(1, std::string(5000, 'x')));
}

TEST_F(Session, TextFramesAreAccepted)
{
    raw_client c = working_client();

    c.write(raw_client::frame(1, encode_request(1, route, "\"text\"")));

    const ws_frame answer = c.read();
    EXPECT_EQ(answer.opcode, 2);
    EXPECT_EQ(answer.payload, protocol::encode_response(1, "\"text\""));
}

TEST_F(Session, AMessageInSlowPiecesIsWhole)
{
    raw_client c = working_client();

    for (const char byte : raw_client::frame(2, encode_request(1, route, "slow"))) {
        c.write({&byte, 1});
        loop.poll();
    }

    EXPECT_EQ(c.read().payload, protocol::encode_response(1, "slow"));
}

TEST_F(Session, PongsAmongTenThousandBroadcastsTearNoFrame)
{
    raw_client c = working_client();
    constexpr int broadcasts = 10'000;
    session* s = service.find(1);
    ASSERT_NE(s, nullptr);

    int sent = 0, received = 0, pings = 0, pongs = 0;
    while (received < broadcasts || pongs < pings) {
        // Never more than its outbox holds.
        for (int i = 0; i < 50 && sent < broadcasts && sent < received + 2000; ++i, ++sent)
            service.push(*s, websocket_frame(std::to_string(sent) + std::string(sent % 300, '.')), now);
        if (sent < broadcasts && sent % 4 == 0 && ++pings)
            c.write(raw_client::frame(9, "ping"));
        turn();
        const ws_frame f = c.read();
        if (f.opcode == 10) {
            ++pongs;
            continue;
        }
        ASSERT_EQ(f.opcode, 2);
        ASSERT_EQ(f.payload, std::to_string(received) + std::string(received % 300, '.'));
        ++received;
    }
    EXPECT_GT(pongs, 100);
}

TEST_F(Session, ASlowConsumerIsToldThenCut)
{
    raw_client c = working_client();
    session* s = service.find(1);
    const auto big = websocket_frame(std::string(100'000, 'x'));

    const bool kicked = run_until(loop, [&] {
        service.push(*s, big, now);
        turn();
        return s->state == phase::closing;
    });

    ASSERT_TRUE(kicked);
    EXPECT_EQ(counters.at("session.kicked.slow_consumer"), 1U);
    EXPECT_EQ(handler.closed, 1);
    ASSERT_TRUE(run_until(loop, [&] { return !turning; })); // its last words are on their way
    now = std::chrono::steady_clock::now();
    pass(2500ms); // it reads nothing
    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 0; }));
    EXPECT_EQ(counters.at("websocket.cut"), 1U);
}

TEST_F(Session, ASlowConsumerThatWakesUpHearsWhy)
{
    raw_client c = working_client();
    session* s = service.find(1);
    const auto big = websocket_frame(std::string(100'000, 'x'));
    ASSERT_TRUE(run_until(loop, [&] {
        service.push(*s, big, now);
        turn();
        return s->state == phase::closing;
    }));

    ws_frame f = c.read();
    while (f.payload.size() == 100'000)
        f = c.read();

    EXPECT_EQ(f.payload, encode_package(package_type::kick, R"({"reason":"slow_consumer"})"));
    expect_close(c, normal);
}

TEST_F(Session, ARequestThatIsTooLargeIsRefusedAndAMonsterEndsTheSession)
{
    raw_client c = working_client();

    c.send(encode_request(1, route, std::string(150'000, 'x')));
    EXPECT_EQ(c.read().payload, protocol::encode_response(1, R"({"code":500,"reason":"too_large"})"));

    c.send(encode_request(2, route, std::string(300'000, 'x')));
    EXPECT_EQ(c.read().payload, kicked_protocol);
    expect_close(c, too_big);
}

TEST_F(Session, AFrameThatAnnouncesTerabytesEndsTheSessionAtOnce)
{
    raw_client c = working_client();

    c.write(std::string("\x82\xff\x00\x00\x7f\xff\xff\xff\xff\xff\x11\x22\x33\x44", 14));

    EXPECT_EQ(c.read().payload, kicked_protocol);
    expect_close(c, too_big);
}

TEST_F(Session, AnUnmaskedFrameEndsTheSession)
{
    raw_client c = working_client();

    c.write(raw_client::frame(2, heartbeat, true, false));

    EXPECT_EQ(c.read().payload, kicked_protocol);
    expect_close(c, protocol_error);
}

TEST_F(Session, AMalformedPackageEndsTheSession)
{
    raw_client c = working_client();

    c.send(std::string("\x04\xff\xff\xff", 4));

    EXPECT_EQ(c.read().payload, kicked_protocol);
    expect_close(c, normal);
}

TEST_F(Session, ClosingIsAnsweredAndNothingFollows)
{
    raw_client c = working_client();
    session* s = service.find(1);

    c.write(raw_client::frame(8, normal));
    EXPECT_TRUE(run_until(loop, [&] { return handler.closed == 1; }));
    if (service.find(1) == s)
        service.push(*s, websocket_frame("late"), now);

    expect_close(c, normal);
    EXPECT_EQ(handler.closed, 1);
}

TEST_F(Session, ClosingWithoutAStatusIsAnsweredAsNormal)
{
    raw_client c = working_client();

    c.write(raw_client::frame(8, ""));

    expect_close(c, normal);
    EXPECT_EQ(handler.closed, 1);
}

TEST_F(Session, TextThatIsNoUtf8EndsTheSession)
{
    raw_client c = working_client();

    c.write(raw_client::frame(1, "\xff"));

    EXPECT_EQ(c.read().payload, kicked_protocol);
    expect_close(c, bad_payload);
}

TEST_F(Session, AKickedClientThatAnswersTheCloseIsGoneAtOnce)
{
    raw_client c = working_client();

    service.visit([this](session& s) { service.send_away(s, now); });
    turn();

    EXPECT_EQ(c.read().payload, encode_package(package_type::kick, R"({"reason":"drain"})"));
    EXPECT_EQ(c.read().opcode, 8);
    c.write(raw_client::frame(8, normal));
    EXPECT_TRUE(c.closed());
    c.socket().close();
    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 0; }));
    EXPECT_EQ(counters.at("websocket.cut"), 0U);
}

TEST_F(Session, AConnectionThatBreaksIsGone)
{
    {
        raw_client c = working_client();
        c.socket().set_option(net::socket_base::linger(true, 0)); // a reset
    }

    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 0; }));
    EXPECT_EQ(handler.closed, 1);
}

TEST_F(Session, WhatIsNoUpgradeIsToldSoAndOthersAreServed)
{
    raw_client c = working_client();
    raw_client garbage = connect(), plain = connect(), keyless = connect();

    garbage.write("\x16\x03\x01 rubbish\r\n\r\n");
    plain.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    keyless.write("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");

    EXPECT_TRUE(garbage.read_head().starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(plain.read_head().starts_with("HTTP/1.1 426 "));
    EXPECT_TRUE(keyless.read_head().starts_with("HTTP/1.1 400 "));
    c.send(encode_request(1, route, "x"));
    EXPECT_EQ(c.read().payload, protocol::encode_response(1, "x"));
    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 1; }));
}

TEST_F(Session, ACookieJarOfAHeaderIsAccepted)
{
    raw_client c = connect();

    c.write("GET / HTTP/1.1\r\nHost: x\r\nCookie: " + std::string(6000, 'c') +
            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

    EXPECT_TRUE(c.read_head().starts_with("HTTP/1.1 101 "));
}

TEST_F(Session, WhoDoesNotShakeHandsInTimeIsCutOff)
{
    raw_client silent = connect();
    raw_client upgraded = connect();
    ASSERT_TRUE(upgraded.upgrade());
    ASSERT_TRUE(run_until(loop, [&] { return clients.size() == 2; }));
    now = std::chrono::steady_clock::now();

    pass(21s);

    EXPECT_TRUE(silent.closed());
    EXPECT_EQ(upgraded.read().payload, encode_package(package_type::kick, R"({"reason":"heartbeat"})"));
    expect_close(upgraded, normal);
}

TEST_F(Session, TooManyAreToldToComeLater)
{
    std::vector<raw_client> all;
    for (int i = 0; i < 8; ++i)
        all.push_back(working_client());

    raw_client one_more = connect();

    EXPECT_TRUE(one_more.read_head().starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(one_more.closed());
}

TEST_F(Session, APortInUseIsNamedWithItsKey)
{
    try {
        listener second(loop, {"127.0.0.1", door.port(), "servers.json: c-1: clientPort"}, counters, {});
        FAIL() << "two listeners on one port";
    } catch (const runtime::config_error& error) {
        EXPECT_EQ(std::string(error.what()), "servers.json: c-1: clientPort: cannot listen on 127.0.0.1:" +
                                                 std::to_string(door.port()) + ": Address already in use");
    }
}

} // namespace
} // namespace citron::frontend
