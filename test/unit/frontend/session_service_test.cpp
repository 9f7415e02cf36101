#include "frontend/session_service.hpp"

#include "common/protocol/package.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <optional>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::encode_package;
using protocol::encode_request;
using protocol::errc;
using protocol::package_type;

constexpr std::string_view send_route = "chat.chatHandler.send";

/// What a client would see, one entry per package: "handshake {...}", "heartbeat", "response 5 {}", "kick
/// {...}" and "close 1000".
std::string spell(const protocol::package& p)
{
    switch (p.type) {
    case package_type::handshake:
        return "handshake " + std::string(p.body);
    case package_type::heartbeat:
        return "heartbeat";
    case package_type::kick:
        return "kick " + std::string(p.body);
    case package_type::data:
        break;
    default:
        return "?";
    }
    const auto m = protocol::decode_message(p.body);
    const auto body = m ? std::string(m->body) : "?";
    if (m && m->type == protocol::message_type::response)
        return "response " + std::to_string(m->id) + " " + body;
    return "push " + body;
}

std::vector<std::string> spell_all(std::string_view bytes)
{
    std::vector<std::string> seen;
    while (!bytes.empty()) {
        if (const auto code = close_code(bytes)) {
            seen.push_back("close " + std::to_string(code) + (bytes.size() == 4 ? "" : " and more"));
            break;
        }
        std::size_t size = static_cast<unsigned char>(bytes[1]), header = 2;
        if (size == 126) {
            size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[2]) << 8 |
                                            static_cast<unsigned char>(bytes[3]));
            header = 4;
        }
        auto payload = bytes.substr(header, size);
        bytes.remove_prefix(header + size);
        while (!payload.empty())
            seen.push_back(spell(protocol::take_package(payload).value()));
    }
    return seen;
}

struct fake_handler final : session_handler
{
    struct served
    {
        session_id who;
        std::uint32_t id;
        std::string route, body;
    };
    void on_request(session& s, const request& r, instant now) override
    {
        requests.push_back({s.id, r.id, std::string(r.route), std::string(r.body)});
        if (act)
            act(s, r, now);
    }
    void on_session_closed(session& s, instant /*now*/) override { closed.push_back(s.id); }

    std::vector<served> requests;
    std::vector<session_id> closed;
    std::function<void(session&, const request&, instant)> act;
};

using strings = std::vector<std::string>;
const std::string hello =
    encode_package(package_type::handshake, R"({"sys":{"type":"js-websocket"},"user":{}})");
const std::string ack = encode_package(package_type::handshake_ack, "");
const std::string beat = encode_package(package_type::heartbeat, "");

class SessionService : public testing::Test
{
protected:
    static session_options small()
    {
        session_options o;
        o.heartbeat = 3s;
        o.idle = 6s;
        o.max_message = 100;
        o.outbox_bytes = 4000;
        o.outbox_total_bytes = 10'000;
        o.max_sessions = 3;
        o.in_flight = 4;
        o.in_flight_bytes = 150;
        o.dictionary = {"gate.gateHandler.queryEntry", std::string(send_route),
                        "connector.entryHandler.enter"};
        return o;
    }

    session& client() { return *service.open(now); }
    session& working_client()
    {
        session& s = client();
        say(s, hello);
        say(s, ack);
        (void)hear(s);
        return s;
    }
    void say(const session& s, std::string_view payload) { service.on_message(s.id, payload, now); }
    /// Everything the session has to hear, which the "socket" takes at once.
    strings hear(session& s)
    {
        std::string bytes;
        std::array<std::string_view, 16> parts;
        while (const auto count = s.out.gather(parts)) {
            std::size_t taken = 0;
            for (std::size_t i = 0; i < count; ++i) {
                bytes.append(parts[i]);
                taken += parts[i].size();
            }
            s.out.consume(taken);
        }
        return spell_all(bytes);
    }
    /// What a kick for this reason and the close after it take.
    static std::size_t kick_bytes(const std::string& reason)
    {
        const auto kick = encode_package(package_type::kick, R"({"reason":")" + reason + R"("})");
        return websocket_frame(kick).size() + close_frame(close_normal).size();
    }
    /// Lets time pass as the shell does: a tick every 100 ms.
    void pass(milliseconds time)
    {
        for (const auto until = now + time; now < until;) {
            now += 100ms;
            service.on_tick(now);
        }
    }

    instant now{1h};
    protocol::counters counters;
    fake_handler handler;
    session_service service{small(), handler, counters};
};

const strings kicked_protocol{R"(kick {"reason":"protocol"})", "close 1000"};
const strings kicked_heartbeat{R"(kick {"reason":"heartbeat"})", "close 1000"};

// ---- handshake

TEST_F(SessionService, HandshakeAnswersAsPomeloByteForByte)
{
    session& s = client();

    say(s, hello);

    EXPECT_EQ(
        hear(s),
        strings{
            R"(handshake {"code":200,"sys":{"heartbeat":3,"dict":{"chat.chatHandler.send":1,"connector.entryHandler.enter":2,"gate.gateHandler.queryEntry":3},"routeToCode":{"chat.chatHandler.send":1,"connector.entryHandler.enter":2,"gate.gateHandler.queryEntry":3},"codeToRoute":{"1":"chat.chatHandler.send","2":"connector.entryHandler.enter","3":"gate.gateHandler.queryEntry"},"dictVersion":"s2r1qfKDrbhWCkA6uf+PTA==","useDict":true,"protos":{"server":{},"client":{},"version":""},"useProto":true}})"});
}

TEST_F(SessionService, KnownDictionaryIsLeftOut)
{
    session& s = client();

    say(s, encode_package(package_type::handshake, R"({"sys":{"dictVersion":"s2r1qfKDrbhWCkA6uf+PTA=="}})"));

    EXPECT_EQ(
        hear(s),
        strings{
            R"(handshake {"code":200,"sys":{"heartbeat":3,"useDict":true,"protos":{"server":{},"client":{},"version":""},"useProto":true}})"});
}

TEST_F(SessionService, BadHandshakesGet500ThenClose)
{
    for (const auto* body :
         {"", "null", "[]", "{", "{}", R"({"sys":null})", R"({"sys":0})", R"({"sys":""})"}) {
        session& s = client();

        say(s, encode_package(package_type::handshake, body));

        EXPECT_EQ(hear(s), (strings{R"(handshake {"code":500})", "close 1000"})) << body;
        EXPECT_EQ(handler.closed.back(), s.id);
        service.on_gone(s.id, now);
    }
}

TEST_F(SessionService, AckIsAnsweredByOneHeartbeat)
{
    session& s = client();
    say(s, hello);
    (void)hear(s);

    say(s, ack);

    EXPECT_EQ(hear(s), strings{"heartbeat"});
    EXPECT_EQ(s.state, phase::working);
}

TEST_F(SessionService, PackagesThatDoNotFitTheStateAreIgnoredAndCounted)
{
    session& early = client();
    say(early, encode_request(1, send_route, "{}") + beat + ack);
    session& late = working_client();
    say(late, hello + ack);

    EXPECT_EQ(hear(early), strings{});
    EXPECT_EQ(hear(late), strings{});
    EXPECT_TRUE(handler.requests.empty());
    EXPECT_EQ(counters.at("session.ignored"), 5U);
    EXPECT_EQ(early.state, phase::inited);
    EXPECT_EQ(late.state, phase::working);
}

// ---- messages

TEST_F(SessionService, SeveralPackagesInOneMessageAreServedInOrder)
{
    session& s = client();

    say(s, hello + ack + encode_request(1, send_route, "{\"a\":1}") + beat +
               encode_request(300, send_route, ""));

    ASSERT_EQ(handler.requests.size(), 2U);
    EXPECT_EQ(handler.requests[0].id, 1U);
    EXPECT_EQ(handler.requests[0].route, send_route);
    EXPECT_EQ(handler.requests[0].body, "{\"a\":1}");
    EXPECT_EQ(handler.requests[1].id, 300U);
    EXPECT_EQ(hear(s).size(), 3U); // handshake, first heartbeat, answer to the client's
}

TEST_F(SessionService, CompressedRouteIsSpelledOut)
{
    session& s = working_client();

    say(s, encode_package(package_type::data, std::string("\x01\x07\x00\x01{}", 6)));

    ASSERT_EQ(handler.requests.size(), 1U);
    EXPECT_EQ(handler.requests[0].route, send_route);
    EXPECT_EQ(handler.requests[0].id, 7U);
}

TEST_F(SessionService, UnknownCodesAndRoutesAreRefused)
{
    session& s = working_client();

    say(s, encode_package(package_type::data, std::string("\x01\x07\x00\x09{}", 6)));
    say(s, encode_package(package_type::data, std::string("\x01\x08\x00\x00{}", 6)));
    std::uint32_t id = 9;
    for (const auto* route :
         {"", "a.b", "a.b.c.d", "nodots", "chat.chatRemote.add", "..", "chat.chatHandler."})
        say(s, encode_request(id++, route, "{}"));

    const auto seen = hear(s);
    ASSERT_EQ(seen.size(), 9U);
    for (std::size_t i = 0; i < seen.size(); ++i)
        EXPECT_EQ(seen[i], "response " + std::to_string(7 + i) + R"( {"code":500,"reason":"no_such_route"})");
    EXPECT_TRUE(handler.requests.empty());
}

TEST_F(SessionService, NotifyAndRequestZeroAreServedButNeverAnswered)
{
    session& s = working_client();
    handler.act = [&](session& who, const request& r, instant at) {
        service.respond(who, r.id, "{}", r.body.size(), at);
    };

    say(s, encode_request(0, send_route, "{}"));
    say(s,
        encode_package(package_type::data, std::string("\x00\x00\x15", 3) + std::string(send_route) + "{}"));
    say(s, encode_request(0, "no.such", "{}"));

    EXPECT_EQ(handler.requests.size(), 2U);
    EXPECT_EQ(hear(s), strings{});
    EXPECT_EQ(s.in_flight, 0U);
}

TEST_F(SessionService, ResponsesAndPushesFromAClientAreIgnored)
{
    session& s = working_client();

    say(s, protocol::encode_response(1, "{}") + protocol::encode_push("onChat", "{}"));

    EXPECT_EQ(hear(s), strings{});
    EXPECT_TRUE(handler.requests.empty());
    EXPECT_EQ(counters.at("session.ignored"), 2U);
}

TEST_F(SessionService, TooLargeABodyIsRefusedAndTheConnectionLivesOn)
{
    session& s = working_client();

    say(s, encode_request(1, send_route, std::string(101, ' ')));
    say(s, encode_request(2, send_route, std::string(100, ' ')));

    EXPECT_EQ(hear(s), strings{R"(response 1 {"code":500,"reason":"too_large"})"});
    EXPECT_EQ(handler.requests.size(), 1U);
}

TEST_F(SessionService, RequestsInFlightAreLimitedInNumber)
{
    session& s = working_client();
    for (std::uint32_t id = 1; id <= 5; ++id)
        say(s, encode_request(id, send_route, ""));
    EXPECT_EQ(hear(s), strings{R"(response 5 {"code":500,"reason":"overloaded"})"});

    service.respond(s, 1, "{}", 0, now);
    say(s, encode_request(6, send_route, ""));

    EXPECT_EQ(hear(s), strings{"response 1 {}"});
    EXPECT_EQ(handler.requests.size(), 5U);
}

TEST_F(SessionService, RequestsInFlightAreLimitedInBytes)
{
    session& s = working_client();
    const std::string body(80, ' ');
    say(s, encode_request(1, send_route, body));
    say(s, encode_request(2, send_route, body));
    EXPECT_EQ(hear(s), strings{R"(response 2 {"code":500,"reason":"overloaded"})"});

    service.refuse(s, 1, errc::timeout, body.size(), now);
    say(s, encode_request(3, send_route, body));

    EXPECT_EQ(hear(s), strings{R"(response 1 {"code":500,"reason":"timeout"})"});
    EXPECT_EQ(handler.requests.size(), 2U);
}

TEST_F(SessionService, DuplicateUserCarriesPomelosErrorKey)
{
    EXPECT_EQ(refusal_json(errc::duplicate_user), R"({"code":500,"error":true,"reason":"duplicate_user"})");
}

// ---- the client breaks the protocol

TEST_F(SessionService, MalformedBytesEndTheSessionWithItsReason)
{
    const strings bad{"",                                               // empty message
                      "\x04",                                           // half a header
                      std::string("\x04\xff\xff\xff", 4),               // 16 MiB announced, nothing there
                      std::string("\x00\x00\x00\x00", 4),               // no such type
                      std::string("\x05\x00\x00\x00", 4),               // a kick from a client
                      encode_package(package_type::data, ""),           // no message
                      encode_package(package_type::data, "\x0e"),       // message type 7
                      encode_package(package_type::data, "\x02\x50xy"), // route longer than the message
                      beat + "\x04"};
    for (const auto& payload : bad) {
        session& s = working_client();

        say(s, payload);

        auto seen = hear(s);
        if (!seen.empty() && seen.front() == "heartbeat")
            seen.erase(seen.begin());
        EXPECT_EQ(seen, kicked_protocol);
        EXPECT_EQ(handler.closed.back(), s.id);
        service.on_gone(s.id, now);
    }
    EXPECT_EQ(counters.at("session.protocol_errors"), bad.size());
}

TEST_F(SessionService, NothingIsServedAfterTheEnd)
{
    session& s = working_client();
    say(s, "");
    (void)hear(s);

    say(s, encode_request(1, send_route, "{}"));
    service.push(s, websocket_frame("late"), now);
    service.respond(s, 1, "{}", 0, now);

    EXPECT_TRUE(s.out.empty());
    EXPECT_TRUE(handler.requests.empty());
}

TEST_F(SessionService, PackagesBehindTheFatalOneAreNotServed)
{
    session& s = working_client();

    say(s, encode_package(package_type::data, "") + encode_request(1, send_route, "{}"));

    EXPECT_TRUE(handler.requests.empty());
}

// ---- heartbeats and deadlines

TEST_F(SessionService, ClientHeartbeatIsAnsweredAtOnce)
{
    session& s = working_client();

    say(s, beat);

    EXPECT_EQ(hear(s), strings{"heartbeat"});
}

TEST_F(SessionService, SilenceEndsTheSession)
{
    session& s = working_client();

    pass(5900ms);
    EXPECT_EQ(hear(s), strings{});
    pass(300ms);

    EXPECT_EQ(hear(s), kicked_heartbeat);
    EXPECT_EQ(handler.closed, std::vector<session_id>{s.id});
}

TEST_F(SessionService, AnyDataIsASignOfLife)
{
    session& s = working_client();
    for (int i = 0; i < 10; ++i) {
        pass(2s);
        say(s, encode_request(0, send_route, ""));
        s.in_flight = 0;
    }

    EXPECT_EQ(s.state, phase::working);
    EXPECT_EQ(hear(s), strings{});
}

TEST_F(SessionService, HandshakeMustBeDoneInTime)
{
    session& s = client();
    for (int i = 0; i < 6; ++i) {
        pass(3s);
        say(s, beat); // data, but no handshake
    }
    EXPECT_EQ(s.state, phase::inited);

    pass(2200ms);

    EXPECT_EQ(s.state, phase::closing);
}

TEST_F(SessionService, OurOwnStallIsNotTheClientsSilence)
{
    session& s = working_client();
    pass(5s);

    now += 30s; // the process was frozen; what the client sent meanwhile is not read yet
    service.on_tick(now);
    EXPECT_EQ(s.state, phase::working);

    pass(6200ms);
    EXPECT_EQ(s.state, phase::closing);
}

// ---- life cycle

TEST_F(SessionService, TooManySessionsAreRefused)
{
    for (int i = 0; i < 3; ++i)
        ASSERT_NE(service.open(now), nullptr);

    EXPECT_EQ(service.open(now), nullptr);
    EXPECT_EQ(counters.at("session.refused"), 1U);
    service.on_gone(1, now);
    EXPECT_NE(service.open(now), nullptr);
}

TEST_F(SessionService, ClosedIsToldExactlyOnce)
{
    session& kicked = working_client();
    session& gone = working_client();
    const auto kicked_id = kicked.id, gone_id = gone.id;

    service.kick(kicked, "replaced", now);
    service.kick(kicked, "drain", now);
    service.on_gone(kicked_id, now);
    service.on_gone(gone_id, now);
    service.on_gone(gone_id, now);

    EXPECT_EQ(handler.closed, (std::vector<session_id>{kicked_id, gone_id}));
    EXPECT_EQ(service.size(), 0U);
}

TEST_F(SessionService, AHandlerMayKickAnybodyFromWithinARequest)
{
    session& a = working_client();
    session& b = working_client();
    handler.act = [&](session& who, const request& r, instant at) {
        service.kick(b, "replaced", at);
        service.kick(who, "replaced", at);
        service.respond(who, r.id, "{}", r.body.size(), at);
    };

    say(a, encode_request(1, send_route, "{}") + encode_request(2, send_route, "{}"));

    EXPECT_EQ(handler.requests.size(), 1U);
    EXPECT_EQ(hear(a), (strings{R"(kick {"reason":"replaced"})", "close 1000"}));
    EXPECT_EQ(handler.closed, (std::vector<session_id>{b.id, a.id}));
}

TEST_F(SessionService, ASlowConsumerIsToldAndClosed)
{
    session& s = working_client();
    const auto big = websocket_frame(std::string(3000, 'x'));

    service.push(s, big, now);
    service.push(s, big, now);

    EXPECT_EQ(s.state, phase::closing);
    s.out.consume(big.size());
    EXPECT_EQ(hear(s), (strings{R"(kick {"reason":"slow_consumer"})", "close 1000"}));
    EXPECT_EQ(counters.at("session.kicked.slow_consumer"), 1U);
}

TEST_F(SessionService, WhoHasMostToReadEndsWhenAllHoldTooMuch)
{
    session& little = working_client();
    session& most = working_client();
    session& much = working_client();
    service.push(little, websocket_frame(std::string(3000, 'l')), now);
    service.push(much, websocket_frame(std::string(3400, 'm')), now);
    const auto half = websocket_frame(std::string(1700, '1'));
    service.push(most, half, now);
    most.out.consume(half.size() - 10);
    service.push(most, websocket_frame(std::string(3500, 'M')), now);
    EXPECT_GT(service.queued_bytes(), 10'000U);

    pass(100ms);

    EXPECT_EQ(handler.closed, std::vector{most.id}) << "nobody else has to go";
    EXPECT_EQ(most.out.bytes(), 10 + kick_bytes("slow_consumer"))
        << "what is begun ends, and then it is told";
    EXPECT_EQ(counters.at("limit.outbox_total"), 1U);
    EXPECT_EQ(counters.at("session.kicked.slow_consumer"), 1U);
    EXPECT_EQ(little.state, phase::working);
    EXPECT_EQ(much.state, phase::working);
}

TEST_F(SessionService, WhatAllShareIsHeldOnce)
{
    const auto news = websocket_frame(std::string(3800, 'n'));
    std::vector<session*> all{&working_client(), &working_client(), &working_client()};
    for (session* s : all)
        service.push(*s, news, now);

    pass(100ms);

    EXPECT_EQ(handler.closed, std::vector<session_id>{});
    EXPECT_EQ(service.queued_bytes(), news.size() + outbox_memory::per_frame + 3 * outbox_memory::per_place);
}

TEST_F(SessionService, WhoEndsAnywayGivesBackFirst)
{
    session& ending = working_client();
    session& a = working_client();
    session& b = working_client();
    service.push(ending, websocket_frame(std::string(3300, 'e')), now);
    service.kick(ending, "replaced", now);
    service.push(a, websocket_frame(std::string(3600, 'a')), now);
    service.push(b, websocket_frame(std::string(3600, 'b')), now);

    pass(100ms);

    EXPECT_EQ(handler.closed, std::vector{ending.id});
    EXPECT_EQ(ending.out.bytes(), 0U);
    EXPECT_EQ(counters.at("limit.outbox_total"), 0U);
}

TEST_F(SessionService, WhoIsSentAwayIsToldSoAndMarked)
{
    session& s = working_client();

    service.send_away(s, now);

    EXPECT_EQ(hear(s), (strings{R"(kick {"reason":"drain"})", "close 1000"}));
    EXPECT_TRUE(s.moving);
    EXPECT_EQ(counters.at("session.kicked.drain"), 1U);
}

TEST_F(SessionService, VisitsThoseWhoHaveNotEnded)
{
    session& a = working_client();
    session& b = working_client();
    service.kick(a, "replaced", now);

    std::vector<session_id> visited;
    service.visit([&](const session& s) { visited.push_back(s.id); });

    EXPECT_EQ(visited, std::vector{b.id});
}

TEST_F(SessionService, DirtySessionsAreNamedOnce)
{
    session& s = working_client();
    const auto dirty = [this] {
        std::vector<session_id> ids;
        const bool some = service.flush_dirty([&ids](const session& d) { ids.push_back(d.id); });
        EXPECT_EQ(some, !ids.empty());
        return ids;
    };
    (void)dirty();

    service.push(s, websocket_frame("a"), now);
    service.push(s, websocket_frame("b"), now);

    EXPECT_EQ(dirty(), std::vector<session_id>{s.id});
    EXPECT_EQ(dirty(), std::vector<session_id>{});
    service.kick(s, "drain", now);
    EXPECT_EQ(dirty(), std::vector<session_id>{s.id});
}

TEST_F(SessionService, WhoIsGoneIsNotFlushed)
{
    session& a = working_client();
    session& b = working_client();
    const auto gone = b.id, stays = a.id;
    service.push(b, websocket_frame("x"), now);
    service.push(a, websocket_frame("x"), now);
    service.on_gone(gone, now);

    std::vector<session_id> ids;
    (void)service.flush_dirty([&](const session& d) { ids.push_back(d.id); });

    EXPECT_EQ(ids, std::vector<session_id>{stays});
}

TEST_F(SessionService, AFlushMayForgetItsSession)
{
    session& s = working_client();
    service.kick(s, "drain", now);

    EXPECT_TRUE(service.flush_dirty([this](const session& d) { service.on_gone(d.id, now); }));
    EXPECT_FALSE(service.flush_dirty([](const session&) {}));
}

// ---- the WebSocket layer speaks

TEST_F(SessionService, PongsKeepTheirPlaceAmongFrames)
{
    session& s = working_client();
    service.push(s, websocket_frame("a"), now);
    service.on_control(s.id, std::string("\x8a\x00", 2), now);

    std::array<std::string_view, 4> parts;
    ASSERT_EQ(s.out.gather(parts), 2U);
    EXPECT_EQ(parts[1], std::string_view("\x8a\x00", 2));
}

TEST_F(SessionService, NothingFollowsTheCloseFrame)
{
    session& s = working_client();

    service.on_control(s.id, std::string("\x88\x02\x03\xe8", 4), now);
    service.push(s, websocket_frame("late"), now);
    service.on_control(s.id, std::string("\x88\x02\x03\xe8", 4), now);

    EXPECT_EQ(hear(s), strings{"close 1000"});
    EXPECT_EQ(handler.closed, std::vector<session_id>{s.id});
}

TEST_F(SessionService, AWebSocketMistakeIsToldAsProtocolFirst)
{
    session& s = working_client();

    service.on_mistake(s.id, close_too_big, now);

    EXPECT_EQ(hear(s), (strings{R"(kick {"reason":"protocol"})", "close 1009"}));
    EXPECT_EQ(handler.closed, std::vector<session_id>{s.id});
    EXPECT_EQ(counters.at("session.protocol_errors"), 1U);
}

TEST_F(SessionService, WhoClosesWithACodeThatBlamesUsIsNotKicked)
{
    for (const auto code : {close_protocol_error, close_bad_payload, close_too_big}) {
        session& s = working_client();

        service.on_control(s.id, std::string(close_frame(code).view()), now);

        EXPECT_EQ(hear(s), strings{"close " + std::to_string(code)});
    }
    EXPECT_EQ(counters.at("session.protocol_errors"), 0U);
}

} // namespace
} // namespace citron::frontend
