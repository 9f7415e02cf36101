// WebSocket connections over TLS on real sockets.
#include "echo_server.hpp"
#include "raw_client.hpp"

#include "common/protocol/package.hpp"
#include "frontend/listener.hpp"
#include "frontend/tls_identity.hpp"
#include "frontend/websocket.hpp"
#include "test/unit/frontend/tls_certificate.hpp"
#include "test/unit/frontend/tls_end.hpp"
#include "test/unit/temporary_folder.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

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
using test::write_certificate;

constexpr auto route = "chat.chatHandler.send";

/// TLS between a raw client and its socket; the test keeps looking at it.
class tls_layer final : public test::transport
{
public:
    std::string seal(std::string_view plain) override
    {
        end.write(plain);
        return end.take();
    }
    std::string unseal(std::string_view bytes) override
    {
        received.append(bytes);
        end.hear(bytes);
        return shaken ? end.read() : std::string();
    }

    test::tls_end end;
    bool shaken = false;
    std::string received; ///< as it came
};

struct tls_client
{
    tls_client(net::io_context& loop, std::uint16_t port)
        : layer(new tls_layer), raw(loop, port, std::unique_ptr<test::transport>(layer))
    {
    }

    /// False: the server has closed.
    bool shake_hands()
    {
        raw.wait([this] {
            layer->shaken = layer->end.shake_hands();
            raw.write_raw(layer->end.take());
            return layer->shaken;
        });
        return layer->shaken;
    }

    tls_layer* layer; ///< the client's own
    raw_client raw;
};

class TlsConnection : public testing::Test
{
protected:
    TlsConnection()
    {
        handler.service = &service;
        door.start();
    }
    ~TlsConnection() override
    {
        door.stop();
        clients.cut_all();
        EXPECT_TRUE(run_until(loop, [this] { return clients.size() == 0; }));
        EXPECT_EQ(counters.at("session.closed"), static_cast<std::uint64_t>(handler.closed));
    }

    static session_options options()
    {
        session_options o;
        o.max_message = 200'000;
        o.outbox_bytes = 32U << 20U;
        return o;
    }
    runtime::tls_config files()
    {
        write_certificate(folder.root / "cert.pem", folder.root / "key.pem", {.name = "first"});
        return {folder.root / "cert.pem", folder.root / "key.pem", "tls"};
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
    tls_client connect() { return {loop, door.port()}; }
    tls_client working_client()
    {
        tls_client c = connect();
        EXPECT_TRUE(c.shake_hands());
        EXPECT_TRUE(c.raw.upgrade());
        c.raw.send(hello + ack);
        EXPECT_EQ(c.raw.read().opcode, 2);
        EXPECT_EQ(c.raw.read().payload, heartbeat);
        return c;
    }
    void pass(milliseconds time)
    {
        for (const auto until = now + time; now < until;) {
            now += 100ms;
            service.on_tick(now);
            clients.on_tick(now);
        }
        turn();
    }
    std::uint64_t count(std::string_view name) { return counters.at(name); }

    net::io_context loop;
    bool turning = false;
    instant now = std::chrono::steady_clock::now();
    test::temporary_folder folder;
    protocol::counters counters;
    echo handler;
    tls_identity identity{files(), counters};
    session_service service{options(), handler, counters};
    websockets clients{service, {.max_message = 300'000, .tls = &identity}, counters, [this] { turn(); }};
    listener door{loop, {"127.0.0.1", 0, "test: clientPort"}, counters, [this](net::ip::tcp::socket socket) {
                      clients.take(std::move(socket));
                  }};
};

TEST_F(TlsConnection, ServesARequest)
{
    auto c = working_client();

    c.raw.send(encode_request(7, route, R"({"content":"hi"})"));

    EXPECT_EQ(c.raw.read().payload, protocol::encode_response(7, R"({"content":"hi"})"));
    EXPECT_EQ(count("tls.handshakes"), 1U);
    EXPECT_EQ(c.layer->received.find("content"), std::string::npos); // nothing of it was to be read
}

TEST_F(TlsConnection, TheFirstMessageMayComeWithTheRequest)
{
    auto c = connect();
    ASSERT_TRUE(c.shake_hands());

    c.raw.write("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
                raw_client::frame(2, hello + ack) +
                raw_client::frame(2, encode_request(1, route, std::string(70'000, 'x'))));

    EXPECT_TRUE(c.raw.read_head().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(c.raw.read().opcode, 2);
    EXPECT_EQ(c.raw.read().payload, heartbeat);
    EXPECT_EQ(c.raw.read().payload, protocol::encode_response(1, std::string(70'000, 'x')));
}

TEST_F(TlsConnection, WhatIsQueuedInOneTurnIsWrittenInOneGo)
{
    auto c = working_client();
    session* s = service.find(1);
    ASSERT_TRUE(s);
    const auto writes = count("websocket.writes");
    c.layer->received.clear();

    for (int i = 0; i < 100; ++i)
        service.push(*s, websocket_frame("broadcast " + std::to_string(i)), now);
    clients.flush_dirty();

    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(c.raw.read().payload, "broadcast " + std::to_string(i));
    EXPECT_EQ(count("websocket.writes") - writes, 1U);
    EXPECT_LE(c.layer->received.size(), 100 * 14 + 64U); // in one record
}

TEST_F(TlsConnection, AClientThatReadsSlowlyGetsAllOfIt)
{
    auto c = working_client();
    session* s = service.find(1);
    ASSERT_TRUE(s);
    constexpr std::size_t count_of = 120, size = 150'000; // more than the kernel holds for it

    for (std::size_t i = 0; i < count_of; ++i)
        service.push(*s, websocket_frame(std::string(size, static_cast<char>('a' + i % 26))), now);
    clients.flush_dirty();
    ASSERT_EQ(count("websocket.blocked"), 1U);

    for (std::size_t i = 0; i < count_of; ++i)
        ASSERT_EQ(c.raw.read().payload, std::string(size, static_cast<char>('a' + i % 26))) << i;
}

TEST_F(TlsConnection, TheLastWordsEndWithACloseNotify)
{
    auto c = working_client();

    service.visit([this](session& s) { service.send_away(s, now); });
    turn();

    EXPECT_EQ(c.raw.read().payload, encode_package(package_type::kick, R"({"reason":"drain"})"));
    EXPECT_EQ(c.raw.read().opcode, 8);
    EXPECT_TRUE(c.raw.closed());
    EXPECT_TRUE(c.layer->end.was_closed());
    c.raw.socket().close();
    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 0; }));
    EXPECT_EQ(count("websocket.cut"), 0U);
}

TEST_F(TlsConnection, AClientThatClosesTlsAloneIsGone)
{
    auto c = working_client();

    c.layer->end.close();
    c.raw.write("");

    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 0; }));
}

TEST_F(TlsConnection, APlainClientIsToldAndCounted)
{
    raw_client plain(loop, door.port());

    plain.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

    EXPECT_TRUE(plain.read_head().starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(plain.read_exactly(28), "this port: https or wss only");
    EXPECT_TRUE(plain.closed());
    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 0; }));
    EXPECT_EQ(count("tls.plain_http"), 1U);
    EXPECT_EQ(count("tls.failed"), 0U);
}

TEST_F(TlsConnection, GarbageEndsThatConnectionOnly)
{
    auto c = working_client();
    raw_client garbage(loop, door.port());

    garbage.write(std::string(1000, '\x7f'));

    EXPECT_TRUE(run_until(loop, [&] { return count("tls.failed") == 1; }));
    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 1; }));
    c.raw.send(encode_request(1, route, "x"));
    EXPECT_EQ(c.raw.read().payload, protocol::encode_response(1, "x"));
}

TEST_F(TlsConnection, ATamperedRecordEndsThatConnection)
{
    auto c = working_client();

    auto bytes = c.layer->seal(raw_client::frame(2, encode_request(1, route, "x")));
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    c.raw.write_raw(bytes);

    EXPECT_TRUE(c.raw.closed());
    EXPECT_TRUE(run_until(loop, [&] { return clients.size() == 0; }));
    EXPECT_EQ(count("tls.broken"), 1U);
    EXPECT_EQ(count("session.requests"), 0U);
}

TEST_F(TlsConnection, WhoDoesNotShakeHandsInTimeIsCutOff)
{
    raw_client silent(loop, door.port());
    tls_client halfway = connect();
    halfway.layer->end.shake_hands();
    halfway.raw.write_raw(halfway.layer->end.take());
    tls_client idle = connect();
    ASSERT_TRUE(idle.shake_hands()); // and then it does not ask for the upgrade
    ASSERT_TRUE(run_until(loop, [this] { return clients.size() == 3; }));
    now = std::chrono::steady_clock::now();

    pass(21s);

    EXPECT_TRUE(run_until(loop, [this] { return clients.size() == 0; }));
    EXPECT_TRUE(silent.closed());
}

TEST_F(TlsConnection, TooManyAreClosedAtOnce)
{
    session_options few = options();
    few.max_sessions = 1;
    echo other_handler;
    protocol::counters others;
    session_service one_only(few, other_handler, others);
    websockets crowded(one_only, {.tls = &identity}, others, [] {});
    listener narrow(loop, {"127.0.0.1", 0, "test"}, others,
                    [&](net::ip::tcp::socket socket) { crowded.take(std::move(socket)); });
    narrow.start();
    raw_client first(loop, narrow.port());
    ASSERT_TRUE(run_until(loop, [&] { return crowded.size() == 1; }));

    raw_client second(loop, narrow.port());

    EXPECT_TRUE(second.closed());
    EXPECT_EQ(others.at("session.refused"), 1U);
    crowded.cut_all();
    EXPECT_TRUE(run_until(loop, [&] { return crowded.size() == 0; }));
}

TEST_F(TlsConnection, AReloadLeavesOpenConnectionsAlone)
{
    auto before = working_client();
    write_certificate(folder.root / "cert.pem", folder.root / "key.pem", {.name = "second"});

    identity.reload();
    auto after = working_client();

    EXPECT_EQ(before.layer->end.server(), "first");
    EXPECT_EQ(after.layer->end.server(), "second");
    before.raw.send(encode_request(1, route, "still here"));
    EXPECT_EQ(before.raw.read().payload, protocol::encode_response(1, "still here"));
}

} // namespace
} // namespace citron::frontend
