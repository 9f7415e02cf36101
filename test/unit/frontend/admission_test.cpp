#include "frontend/admission.hpp"

#include <gtest/gtest.h>

#include <array>

namespace citron::frontend {
namespace {

protocol::ip_network network(std::string_view text)
{
    return protocol::parse_ip_network(text).value();
}
protocol::ip_address address(std::string_view text)
{
    return protocol::parse_ip_address(text).value();
}

TEST(Admission, EverybodyMayConnectAtFirst)
{
    const admission door;

    EXPECT_TRUE(door.admits(address("203.0.113.9")));
    EXPECT_TRUE(door.admits_origin("https://anywhere.example"));
    EXPECT_FALSE(door.trusts(address("127.0.0.1")));
}

TEST(Admission, WhoIsBlockedMayNot)
{
    const admission door({.block = {network("203.0.113.0/24")}});

    EXPECT_FALSE(door.admits(address("203.0.113.9")));
    EXPECT_FALSE(door.admits(address("::ffff:203.0.113.9")));
    EXPECT_TRUE(door.admits(address("203.0.114.9")));
}

TEST(Admission, AListOfTheAllowedExcludesAllOthers)
{
    const admission door({.allow = {network("10.0.0.0/8")}});

    EXPECT_TRUE(door.admits(address("10.1.2.3")));
    EXPECT_FALSE(door.admits(address("203.0.113.9")));
    EXPECT_FALSE(door.admits(address("2001:db8::1")));
}

TEST(Admission, BlockingOverrulesAllowing)
{
    const admission door({.allow = {network("10.0.0.0/8")}, .block = {network("10.9.0.0/16")}});

    EXPECT_TRUE(door.admits(address("10.8.0.1")));
    EXPECT_FALSE(door.admits(address("10.9.0.1")));
}

TEST(Admission, AHeaderIsExpectedOfProxiesAlone)
{
    const admission plain({.proxies = {network("10.0.0.1")}});
    const admission wrapped({.proxies = {network("10.0.0.1")}, .proxy_protocol = true});

    EXPECT_FALSE(plain.expects_header(address("10.0.0.1")));
    EXPECT_TRUE(wrapped.expects_header(address("10.0.0.1")));
    EXPECT_FALSE(wrapped.expects_header(address("10.0.0.2")));
}

TEST(Admission, AProxysClientIsTheOneThatItNames)
{
    const admission door({.proxies = {network("10.0.0.1")}});
    const std::array<std::string_view, 1> header{"203.0.113.9"};

    EXPECT_EQ(door.client_of(address("10.0.0.1"), header), address("203.0.113.9"));
    EXPECT_EQ(door.client_of(address("10.0.0.2"), header), address("10.0.0.2"));
}

TEST(Admission, PagesOfOtherOriginsMayNot)
{
    const admission door({.origins = {"https://chat.example", "http://127.0.0.1:3001"}});

    EXPECT_TRUE(door.admits_origin("https://chat.example"));
    EXPECT_TRUE(door.admits_origin("HTTPS://Chat.Example"));
    EXPECT_TRUE(door.admits_origin("http://127.0.0.1:3001"));
    for (const auto* other :
         {"https://chat.example.evil.example", "https://evil.example", "http://chat.example",
          "https://chat.example:444", "https://chat.exampl", "null", "chat.example"})
        EXPECT_FALSE(door.admits_origin(other)) << other;
}

TEST(Admission, WhoNamesNoOriginIsNoBrowser)
{
    const admission door({.origins = {"https://chat.example"}});

    EXPECT_TRUE(door.admits_origin(""));
}

} // namespace
} // namespace citron::frontend
