// The sections "limits" and "admission" of conf/chat.json.
#include "common/runtime/config.hpp"

#include "test/unit/runtime/conf_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace citron::runtime {
namespace {

using test::broker;
using test::conf_folder;
using namespace std::chrono_literals;

chat_config read(const std::string& chat_json)
{
    const conf_folder folder;
    folder.servers(broker);
    folder.write("chat.json", chat_json);
    return load_config(folder.conf, "development", std::nullopt).chat;
}

/// Without the folder's name; "" when there is none.
std::string complaint(const std::string& chat_json)
{
    try {
        (void)read(chat_json);
        return "";
    } catch (const config_error& error) {
        const std::string text = error.what();
        const auto file = text.find("chat.json: ");
        return file == text.npos ? text : text.substr(file + 11);
    }
}

bool contains(const std::vector<protocol::ip_network>& list, std::string_view address)
{
    const auto one = protocol::parse_ip_address(address).value();
    return std::ranges::any_of(list, [&one](const auto& network) { return network.contains(one); });
}

TEST(LimitsReader, ReadsEveryKey)
{
    const auto l = read(R"({"limits": {"packagesPerFrame": 9, "sessionsPerIp": 8, "connectsPerSecond": 7,
        "requestsPerSecond": {"session": 1, "user": 2, "ip": 3}, "entersPerSecond": {"session": 4, "user": 5, "ip": 6},
        "bytesPerSecond": {"session": 8192, "user": 8193, "ip": 8194}, "burstMs": 1500, "abuseRefusals": 50,
        "abuseMs": 30000, "handshakeMs": 7000, "membersPerRoom": 11, "roomsPerServer": 12, "historyPage": 13}})")
                       .limits;

    EXPECT_EQ(l.packages_per_frame, 9U);
    EXPECT_EQ(l.sessions_per_ip, 8U);
    EXPECT_EQ(l.connects_per_second, 7U);
    EXPECT_EQ(l.requests.session, 1U);
    EXPECT_EQ(l.requests.user, 2U);
    EXPECT_EQ(l.requests.ip, 3U);
    EXPECT_EQ(l.enters.session, 4U);
    EXPECT_EQ(l.enters.user, 5U);
    EXPECT_EQ(l.enters.ip, 6U);
    EXPECT_EQ(l.bytes.session, 8192U);
    EXPECT_EQ(l.bytes.user, 8193U);
    EXPECT_EQ(l.bytes.ip, 8194U);
    EXPECT_EQ(l.burst, 1500ms);
    EXPECT_EQ(l.abuse, 50U);
    EXPECT_EQ(l.abuse_span, 30s);
    EXPECT_EQ(l.handshake, 7s);
    EXPECT_EQ(l.members_per_room, 11U);
    EXPECT_EQ(l.rooms_per_server, 12U);
    EXPECT_EQ(l.history_page, 13U);
}

TEST(LimitsReader, RatesAreOffUnlessSaidOtherwise)
{
    const auto l = read("{}").limits;

    EXPECT_TRUE(l.requests.off());
    EXPECT_TRUE(l.enters.off());
    EXPECT_TRUE(l.bytes.off());
    EXPECT_EQ(l.sessions_per_ip, 0U);
    EXPECT_EQ(l.connects_per_second, 0U);
    EXPECT_EQ(l.abuse, 0U);
}

TEST(LimitsReader, AnEnvironmentChangesWhatItNamesAlone)
{
    const auto l = read(R"({"limits": {"requestsPerSecond": {"session": 1, "user": 2}, "historyPage": 20},
        "development": {"limits": {"requestsPerSecond": {"session": 9}, "sessionsPerIp": 5}}})")
                       .limits;

    EXPECT_EQ(l.requests.session, 9U);
    EXPECT_EQ(l.requests.user, 2U);
    EXPECT_EQ(l.sessions_per_ip, 5U);
    EXPECT_EQ(l.history_page, 20U);
}

TEST(LimitsReader, MistakesAreToldWithTheirKey)
{
    EXPECT_EQ(complaint(R"({"limits": []})"), "limits: must be an object {...}");
    EXPECT_EQ(complaint(R"({"limits": {"sessionPerIp": 1}})"),
              "limits.sessionPerIp: is no key of this section");
    EXPECT_EQ(complaint(R"({"limits": {"requestsPerSecond": 50}})"),
              "limits.requestsPerSecond: must be an object {...}");
    EXPECT_EQ(complaint(R"({"limits": {"requestsPerSecond": {"address": 50}}})"),
              "limits.requestsPerSecond.address: is no key of this section");
    EXPECT_EQ(complaint(R"({"limits": {"requestsPerSecond": {"ip": -1}}})"),
              "limits.requestsPerSecond.ip: must be a whole number from 0 to 1000000000");
    EXPECT_EQ(complaint(R"({"limits": {"bytesPerSecond": {"user": 100}}})"),
              "limits.bytesPerSecond.user: must be 0 or at least 8192");
    EXPECT_EQ(complaint(R"({"limits": {"historyPage": 101}})"),
              "limits.historyPage: must be a whole number from 1 to 100");
    EXPECT_EQ(complaint(R"({"limits": {"packagesPerFrame": 1}})"),
              "limits.packagesPerFrame: must be a whole number from 2 to 1000000");
    EXPECT_EQ(complaint(R"({"development": {"limits": {"burstMs": "2s"}}})"),
              "development.limits.burstMs: must be a whole number from 100 to 60000");
}

TEST(AdmissionReader, ReadsNetworksOriginsAndProxies)
{
    const auto a = read(R"({"admission": {"allow": ["10.0.0.0/8", "2001:db8::/32"], "block": ["10.1.2.3"],
        "origins": ["https://Chat.example", "null"], "proxies": ["127.0.0.1"], "proxyProtocol": true}})")
                       .admission;

    EXPECT_TRUE(contains(a.allow, "10.9.9.9"));
    EXPECT_TRUE(contains(a.allow, "2001:db8::1"));
    EXPECT_FALSE(contains(a.allow, "11.0.0.0"));
    EXPECT_TRUE(contains(a.block, "10.1.2.3"));
    EXPECT_EQ(a.origins, (std::vector<std::string>{"https://chat.example", "null"}));
    EXPECT_TRUE(contains(a.proxies, "127.0.0.1"));
    EXPECT_TRUE(a.proxy_protocol);
}

TEST(AdmissionReader, EverybodyMayConnectUnlessSaidOtherwise)
{
    const auto a = read("{}").admission;

    EXPECT_TRUE(a.allow.empty() && a.block.empty() && a.origins.empty() && a.proxies.empty());
    EXPECT_FALSE(a.proxy_protocol);
}

TEST(AdmissionReader, AnEnvironmentsListTakesTheOthersPlace)
{
    const auto a = read(R"({"admission": {"block": ["10.0.0.0/8"], "allow": ["0.0.0.0/0"]},
        "development": {"admission": {"block": ["192.0.2.1"]}}})")
                       .admission;

    EXPECT_EQ(a.block.size(), 1U);
    EXPECT_TRUE(contains(a.block, "192.0.2.1"));
    EXPECT_EQ(a.allow.size(), 1U);
}

TEST(AdmissionReader, MistakesAreToldWithTheirKey)
{
    const std::string network =
        ": must be an address or a network, as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32";
    EXPECT_EQ(complaint(R"({"admission": {"block": ["10.0.0.0/8", "10.0.0.1/8"]}})"),
              "admission.block[1]" + network);
    EXPECT_EQ(complaint(R"({"admission": {"allow": ["localhost"]}})"), "admission.allow[0]" + network);
    EXPECT_EQ(complaint(R"({"admission": {"proxies": "10.0.0.1"}})"),
              "admission.proxies: must be a list [...]");
    EXPECT_EQ(complaint(R"({"admission": {"blocked": []}})"), "admission.blocked: is no key of this section");
    EXPECT_EQ(complaint(R"({"admission": {"proxyProtocol": 1}})"),
              "admission.proxyProtocol: must be true or false");
    EXPECT_EQ(complaint(R"({"admission": {"proxyProtocol": true}})"),
              "admission.proxyProtocol: needs admission.proxies");
    for (const auto* origin :
         {"chat.example", "https://", "https://chat.example/", "*", "https://*.example", ""})
        EXPECT_EQ(complaint(R"({"admission": {"origins": [")" + std::string(origin) + R"("]}})"),
                  "admission.origins[0]: must be an origin, as https://chat.example or http://127.0.0.1:3001")
            << origin;
}

} // namespace
} // namespace citron::runtime
