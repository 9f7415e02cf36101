// What a client is told that goes beyond a limit: refusals, when to come back, and the end.
#include "common/protocol/package.hpp"
#include "frontend/session_service.hpp"
#include "test/unit/frontend/ear.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::encode_package;
using protocol::encode_request;
using protocol::errc;
using protocol::package_type;
using test::hear;
using test::strings;

constexpr std::string_view users = "chat.chatHandler.users";
constexpr std::string_view enter = "connector.entryHandler.enter";
const std::string beat = encode_package(package_type::heartbeat, "");

/// Answers every request with {}, or refuses it.
struct server final : session_handler
{
    void on_request(session& s, const request& r, instant now) override
    {
        why == errc::ok ? service->respond(s, r.id, "{}", r.body.size(), now)
                        : service->refuse(s, r.id, why, r.body.size(), now);
    }
    void on_session_closed(session& /*s*/, instant /*now*/) override { ++closed; }

    session_service* service = nullptr;
    errc why = errc::ok;
    int closed = 0;
};

struct SessionLimits : testing::Test
{
    session_service& with(runtime::limits_config limits, bool chance = false)
    {
        limits.burst = 1s;
        session_options o;
        o.limits = limits;
        o.max_message = 100;
        if (chance)
            o.random = [] { return 0; };
        handler.service = &service.emplace(std::move(o), handler, counters);
        return *service;
    }
    session& client()
    {
        session& s = *service->open(now);
        service->on_message(s.id,
                            encode_package(package_type::handshake, R"({"sys":{"type":"test"}})") +
                                encode_package(package_type::handshake_ack, ""),
                            now);
        (void)hear(s);
        return s;
    }
    void ask(session& s, std::uint32_t id, std::string_view route = users, std::string_view body = "{}")
    {
        service->on_message(s.id, encode_request(id, route, body), now);
    }

    instant now{1h};
    protocol::counters counters;
    server handler;
    std::optional<session_service> service;
};

TEST_F(SessionLimits, WhoAsksTooFastIsToldWhenToComeBack)
{
    with({.requests = {.session = 2}});
    session& s = client();
    ask(s, 1);
    ask(s, 2);
    ask(s, 3);

    EXPECT_EQ(hear(s), (strings{"response 1 {}", "response 2 {}",
                                R"(response 3 {"code":500,"reason":"rate_limited","retryAfter":500})"}));
    EXPECT_EQ(counters.at("session.rate_limited"), 1U);
    now += 500ms;
    ask(s, 4);
    EXPECT_EQ(hear(s), strings{"response 4 {}"});
}

TEST_F(SessionLimits, ANotifyThatComesTooFastIsNotServed)
{
    with({.requests = {.session = 1}});
    session& s = client();
    ask(s, 1);
    ask(s, 0);

    EXPECT_EQ(hear(s), strings{"response 1 {}"});
    EXPECT_EQ(counters.at("session.rate_limited"), 1U);
}

TEST_F(SessionLimits, EnteringIsSlowerThanTheRest)
{
    with({.enters = {.session = 1}});
    session& s = client();
    ask(s, 1, enter);
    ask(s, 2, "connector.entryHandler.join");
    ask(s, 3);

    EXPECT_EQ(hear(s), (strings{"response 1 {}",
                                R"(response 2 {"code":500,"reason":"rate_limited","retryAfter":1000})",
                                "response 3 {}"}));
}

TEST_F(SessionLimits, AUserIsLimitedOverAllItsSessions)
{
    with({.requests = {.user = 1}});
    session &a = client(), &b = client();
    service->identify(a, "ada");
    service->identify(b, "ada");
    ask(a, 1);
    ask(b, 1);

    EXPECT_EQ(hear(a), strings{"response 1 {}"});
    EXPECT_EQ(hear(b), strings{R"(response 1 {"code":500,"reason":"rate_limited","retryAfter":1000})"});
}

TEST_F(SessionLimits, WhoGoesOnIsKickedForAbuse)
{
    with({.requests = {.session = 1}, .abuse = 2});
    session& s = client();
    for (std::uint32_t i = 1; i <= 4; ++i)
        ask(s, i);
    ask(s, 5);

    const auto heard = hear(s);
    ASSERT_EQ(heard.size(), 6U);
    EXPECT_EQ(heard[4], R"(kick {"reason":"abuse"})");
    EXPECT_EQ(heard[5], "close 1000");
    EXPECT_EQ(handler.closed, 1);
    EXPECT_EQ(counters.at("session.kicked.abuse"), 1U);
}

TEST_F(SessionLimits, WhatAClientMustKnowToBeWrongIsAbuseWhoeverRefusesIt)
{
    const auto wrong = [&](session& s, std::uint32_t id) {
        id == 1   ? ask(s, id, "no.such.route")
        : id == 2 ? ask(s, id, users, std::string(200, 'x'))
                  : ask(s, id);
    };
    with({.abuse = 3});
    session& s = client();
    handler.why = errc::bad_request;
    for (std::uint32_t id = 1; id <= 3; ++id)
        wrong(s, id);
    EXPECT_EQ(s.state, phase::working);

    service->on_message(s.id, encode_package(package_type::handshake_ack, ""), now); // out of place

    EXPECT_EQ(s.state, phase::closing);
}

TEST_F(SessionLimits, WhoTriesTokensIsKickedForAbuse)
{
    for (const auto why : {errc::unauthorized, errc::forbidden}) {
        with({.abuse = 2});
        session& s = client();
        handler.why = why;
        for (std::uint32_t id = 1; id <= 3; ++id)
            ask(s, id);

        EXPECT_EQ(s.state, phase::closing);
    }
}

TEST_F(SessionLimits, WhatOthersAreTheReasonForIsNone)
{
    with({.abuse = 1});
    session& s = client();
    for (const auto why : {errc::overloaded, errc::unavailable, errc::timeout, errc::duplicate_user,
                           errc::no_such_user, errc::not_entered})
        for (std::uint32_t i = 1; i <= 10; ++i) {
            handler.why = why;
            ask(s, i);
        }

    EXPECT_EQ(s.state, phase::working);
}

TEST_F(SessionLimits, AFrameHoldsOnlySoManyPackages)
{
    with({.packages_per_frame = 3});
    session &fits = client(), &crowded = client();

    service->on_message(fits.id, beat + beat + beat, now);
    service->on_message(crowded.id, beat + beat + beat + beat, now);

    EXPECT_EQ(hear(fits).size(), 3U);
    EXPECT_EQ(fits.state, phase::working);
    const auto heard = hear(crowded);
    EXPECT_EQ(heard[heard.size() - 2], R"(kick {"reason":"abuse"})");
    EXPECT_EQ(counters.at("limit.packages_per_frame"), 1U);
}

TEST_F(SessionLimits, SessionsOfOneAddressAreCountedUntilTheyAreGone)
{
    with({.sessions_per_ip = 1});
    const auto home = protocol::parse_ip_address("203.0.113.9").value();
    session& first = client();
    session& second = client();
    EXPECT_TRUE(service->locate(first, home, now));
    EXPECT_FALSE(service->locate(second, home, now));
    EXPECT_EQ(counters.at("session.refused"), 1U);
    service->on_gone(second.id, now);

    service->kick(first, "protocol", now);
    session& third = client();
    EXPECT_FALSE(service->locate(third, home, now)) << "its socket is still there";
    service->on_gone(first.id, now);
    session& fourth = client();
    EXPECT_TRUE(service->locate(fourth, home, now));
}

TEST_F(SessionLimits, NobodyIsLeftUnreadForSoLongThatItSeemsSilent)
{
    with({.bytes = {.session = 8'192}});
    session& s = client();

    EXPECT_EQ(service->on_bytes(s, 8'192, now), 0ms);
    EXPECT_EQ(service->on_bytes(s, 8'192, now), 1s);
    EXPECT_EQ(service->on_bytes(s, 1U << 20U, now), session_options{}.idle / 2);
}

TEST_F(SessionLimits, AHandshakeThatTakesTooLongIsCounted)
{
    with({});
    session& late = *service->open(now);
    session& idle = client();
    for (const auto until = now + 21s; now < until; now += 100ms)
        service->on_tick(now);

    EXPECT_EQ(late.state, phase::closing);
    EXPECT_EQ(idle.state, phase::closing);
    EXPECT_EQ(counters.at("limit.handshake"), 1U);
    EXPECT_EQ(counters.at("session.kicked.heartbeat"), 2U);
}

TEST_F(SessionLimits, WhoIsSentAwayIsToldWhenToComeBack)
{
    with({.abuse = 1}, true);
    session &moved = client(), &spread = client(), &bad = client(), &gone = client();

    service->send_away(moved, now);
    service->send_away(spread, now, 10s);
    service->kick(bad, "abuse", now);
    service->kick(gone, "name_taken", now);

    EXPECT_EQ(hear(moved)[0], R"(kick {"reason":"drain"})");
    EXPECT_EQ(hear(spread)[0], R"(kick {"reason":"drain"})") << "0 of 10000";
    EXPECT_EQ(hear(bad)[0], R"(kick {"reason":"abuse","retryAfter":30000})");
    EXPECT_EQ(hear(gone)[0], R"(kick {"reason":"name_taken"})");
}

TEST_F(SessionLimits, AnOverloadIsToldWithATime)
{
    with({}, true);
    session& s = client();
    handler.why = errc::overloaded;
    ask(s, 1);
    handler.why = errc::unavailable;
    ask(s, 2);

    EXPECT_EQ(hear(s), (strings{R"(response 1 {"code":500,"reason":"overloaded","retryAfter":500})",
                                R"(response 2 {"code":500,"reason":"unavailable"})"}));
}

TEST_F(SessionLimits, WithoutLimitsASessionHasNoGuard)
{
    with({});
    session& s = client();
    EXPECT_TRUE(service->locate(s, {}, now));
    service->identify(s, "ada");
    ask(s, 1);
    (void)service->on_bytes(s, 1'000'000, now);

    EXPECT_EQ(s.guard, nullptr);
}

} // namespace
} // namespace citron::frontend
