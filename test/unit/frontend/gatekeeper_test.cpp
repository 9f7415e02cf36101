#include "frontend/gatekeeper.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <optional>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using runtime::limits_config;

/// Sessions that come from somewhere; `burst` is a second: rates read as counts.
struct Gatekeeper : testing::Test
{
    static limits_config second(limits_config limits)
    {
        limits.burst = 1s;
        return limits;
    }
    gatekeeper& with(limits_config limits)
    {
        return gate.emplace(second(std::move(limits)), 1'000, counters);
    }
    session& someone() { return all.emplace_back(all.size() + 1, 1'000, memory); }
    /// nullptr: not admitted.
    session* from(std::string_view address)
    {
        session& s = someone();
        return gate->admit(s, protocol::parse_ip_address(address).value(), now) ? &s : nullptr;
    }
    /// How many of so many requests at once are served.
    int served(session& s, int tries, bool enters = false)
    {
        int count = 0;
        for (int i = 0; i < tries; ++i)
            count += gate->ask(s, enters, now) == 0ms;
        return count;
    }
    std::uint64_t count(std::string_view name) { return counters.at(name); }

    protocol::instant now{1h};
    protocol::counters counters;
    outbox_memory memory;
    std::deque<session> all;
    std::optional<gatekeeper> gate;
};

TEST_F(Gatekeeper, WithEverythingOffNothingIsKept)
{
    with({});
    session& s = *from("203.0.113.9");
    gate->identify(s, "ada");

    EXPECT_EQ(served(s, 10'000), 10'000);
    EXPECT_EQ(gate->hear(s, 1U << 30U, now), 0ms);
    for (int i = 0; i < 10'000; ++i)
        EXPECT_FALSE(gate->annoy(s, now));

    EXPECT_EQ(s.guard, nullptr);
    EXPECT_EQ(gate->addresses(), 0U);
    EXPECT_EQ(gate->users(), 0U);
}

// ---- requests

TEST_F(Gatekeeper, ASessionAsksOnlySoFast)
{
    with({.requests = {.session = 10}});
    session &a = someone(), &b = someone();

    EXPECT_EQ(served(a, 100), 10);
    EXPECT_EQ(served(b, 100), 10) << "others are not concerned";
    EXPECT_EQ(gate->ask(a, false, now), 100ms);
    now += 100ms;
    EXPECT_EQ(served(a, 100), 1);
    EXPECT_EQ(count("limit.requests.session"), 90U + 90U + 1U + 99U);
    EXPECT_EQ(count("limit.requests.user"), 0U);
}

TEST_F(Gatekeeper, AUsersSessionsShareWhatItMay)
{
    with({.requests = {.user = 10}});
    session &first = someone(), &second = someone(), &other = someone(), &nobody = someone();
    gate->identify(first, "ada");
    gate->identify(second, "ada");
    gate->identify(other, "bob");

    EXPECT_EQ(served(first, 7), 7);
    EXPECT_EQ(served(second, 7), 3);
    EXPECT_EQ(served(other, 20), 10);
    EXPECT_EQ(served(nobody, 20), 20) << "who has not entered yet is no user";
    EXPECT_EQ(count("limit.requests.user"), 4U + 10U);
}

TEST_F(Gatekeeper, AnAddressesSessionsShareWhatItMay)
{
    with({.requests = {.ip = 10}});
    session &first = *from("203.0.113.9"), &second = *from("203.0.113.9"), &other = *from("203.0.113.10");

    EXPECT_EQ(served(first, 7), 7);
    EXPECT_EQ(served(second, 7), 3);
    EXPECT_EQ(served(other, 20), 10);
    EXPECT_EQ(count("limit.requests.ip"), 4U + 10U);
}

TEST_F(Gatekeeper, AnIpv6HouseholdIsOneAddress)
{
    with({.requests = {.ip = 10}});
    session &first = *from("2001:db8:0:1::1"), &second = *from("2001:db8:0:1:ffff::2"),
            &neighbour = *from("2001:db8:0:2::1");

    EXPECT_EQ(served(first, 7), 7);
    EXPECT_EQ(served(second, 7), 3);
    EXPECT_EQ(served(neighbour, 7), 7);
}

TEST_F(Gatekeeper, WhatOneLimitRefusesTakesNothingFromTheOthers)
{
    with({.requests = {.session = 5, .ip = 8}});
    session &greedy = *from("203.0.113.9"), &modest = *from("203.0.113.9");

    EXPECT_EQ(served(greedy, 1'000), 5);
    EXPECT_EQ(served(modest, 10), 3);
}

TEST_F(Gatekeeper, EnteringIsLimitedOfItsOwn)
{
    with({.requests = {.session = 10}, .enters = {.session = 3}});
    session& s = someone();

    EXPECT_EQ(served(s, 100, true), 3);
    EXPECT_EQ(served(s, 100), 7) << "enters are requests too";
    EXPECT_EQ(count("limit.enters.session"), 97U);
    EXPECT_EQ(count("limit.requests.session"), 93U);
}

TEST_F(Gatekeeper, TheLongestWaitIsTold)
{
    with({.requests = {.session = 10}, .enters = {.session = 1}});
    session& s = someone();
    EXPECT_EQ(served(s, 10, true), 1);

    EXPECT_EQ(gate->ask(s, true, now), 1s);
}

// ---- bytes

TEST_F(Gatekeeper, WhoSendsTooMuchIsNotReadForAWhile)
{
    with({.bytes = {.session = 10'000}});
    session& s = someone();

    EXPECT_EQ(gate->hear(s, 10'000, now), 0ms);
    EXPECT_EQ(gate->hear(s, 5'000, now), 500ms);
    now += 500ms;
    EXPECT_EQ(gate->hear(s, 0, now), 0ms);
    EXPECT_EQ(gate->hear(s, 1, now), 1ms);
    EXPECT_EQ(count("limit.bytes"), 2U);
}

TEST_F(Gatekeeper, BytesCountForUserAndAddressToo)
{
    with({.bytes = {.user = 10'000, .ip = 20'000}});
    session &first = *from("203.0.113.9"), &second = *from("203.0.113.9");
    gate->identify(first, "ada");
    gate->identify(second, "bob");

    EXPECT_EQ(gate->hear(first, 15'000, now), 500ms);
    EXPECT_EQ(gate->hear(second, 7'000, now), 100ms);
}

// ---- connections

TEST_F(Gatekeeper, OneAddressHasOnlySoManySessions)
{
    with({.sessions_per_ip = 2});
    session* first = from("203.0.113.9");
    EXPECT_NE(first, nullptr);
    EXPECT_NE(from("203.0.113.9"), nullptr);

    EXPECT_EQ(from("203.0.113.9"), nullptr);
    EXPECT_NE(from("203.0.113.10"), nullptr);
    EXPECT_EQ(count("limit.sessions_per_ip"), 1U);

    gate->forget(*first);
    EXPECT_NE(from("203.0.113.9"), nullptr);
    EXPECT_EQ(from("203.0.113.9"), nullptr);
}

TEST_F(Gatekeeper, WhoWasNotAdmittedIsNotCountedWhenItGoes)
{
    with({.sessions_per_ip = 1});
    EXPECT_NE(from("203.0.113.9"), nullptr);
    EXPECT_EQ(from("203.0.113.9"), nullptr);

    gate->forget(all.back());

    EXPECT_EQ(from("203.0.113.9"), nullptr);
}

TEST_F(Gatekeeper, OneAddressConnectsOnlySoFast)
{
    with({.connects_per_second = 5});
    int admitted = 0;
    for (int i = 0; i < 20; ++i) {
        session* s = from("203.0.113.9");
        admitted += s != nullptr;
        if (s)
            gate->forget(*s); // closing at once does not help
    }

    EXPECT_EQ(admitted, 5);
    EXPECT_EQ(count("limit.connects_per_ip"), 15U);
    now += 200ms;
    EXPECT_NE(from("203.0.113.9"), nullptr);
    EXPECT_EQ(from("203.0.113.9"), nullptr);
}

TEST_F(Gatekeeper, ComingBackDoesNotFillTheBucket)
{
    with({.requests = {.user = 10, .ip = 10}});
    session& first = *from("203.0.113.9");
    gate->identify(first, "ada");
    EXPECT_EQ(served(first, 20), 10);
    gate->forget(first);
    gate->on_tick(now);

    session& again = *from("203.0.113.9");
    EXPECT_EQ(served(again, 20), 0);
    session& elsewhere = *from("203.0.113.10");
    gate->identify(elsewhere, "ada");
    EXPECT_EQ(served(elsewhere, 20), 0);
}

TEST_F(Gatekeeper, WhoHasGoneAndOwesNothingIsForgotten)
{
    with({.sessions_per_ip = 2, .requests = {.user = 10}});
    session& s = *from("203.0.113.9");
    gate->identify(s, "ada");
    EXPECT_EQ(served(s, 20), 10);
    gate->forget(s);

    gate->on_tick(now);
    EXPECT_EQ(gate->addresses(), 0U);
    EXPECT_EQ(gate->users(), 1U);
    now += 1s;
    gate->on_tick(now);
    EXPECT_EQ(gate->users(), 0U);
}

TEST_F(Gatekeeper, AFloodOfAddressesTakesBoundedRoom)
{
    with({.connects_per_second = 1});
    for (std::uint32_t i = 0; i < 50'000; ++i) {
        session s(i + 1, 1'000, memory);
        const std::array<std::uint8_t, 4> bytes{10, static_cast<std::uint8_t>(i >> 16U),
                                                static_cast<std::uint8_t>(i >> 8U),
                                                static_cast<std::uint8_t>(i)};
        ASSERT_TRUE(gate->admit(s, protocol::ip_address::v4(bytes), now));
        gate->forget(s);
    }

    EXPECT_LE(gate->addresses(), 1'000U + 16'384U);
}

TEST_F(Gatekeeper, AUserWhoTakesAnotherNameIsAnother)
{
    with({.requests = {.user = 10}});
    session& s = someone();
    gate->identify(s, "ada");
    EXPECT_EQ(served(s, 20), 10);

    gate->identify(s, "bob");
    EXPECT_EQ(served(s, 20), 10);
    gate->identify(s, "ada");
    EXPECT_EQ(served(s, 20), 0);
}

// ---- abuse

TEST_F(Gatekeeper, WhoIsRefusedTooOftenMustGo)
{
    with({.abuse = 5, .abuse_span = 10s});
    session &bad = someone(), &good = someone();

    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(gate->annoy(bad, now));
    EXPECT_FALSE(gate->annoy(good, now));
    EXPECT_TRUE(gate->annoy(bad, now));
    EXPECT_EQ(count("limit.abuse"), 1U);
}

TEST_F(Gatekeeper, ARefusalNowAndThenIsForgotten)
{
    with({.abuse = 5, .abuse_span = 10s});
    session& s = someone();

    for (int i = 0; i < 1'000; ++i) {
        EXPECT_FALSE(gate->annoy(s, now));
        now += 2s;
    }
}

} // namespace
} // namespace citron::frontend
