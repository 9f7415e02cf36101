#include "frontend/forwarded.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace citron::frontend {
namespace {

/// Our proxies are 10.0.0.0/8 and fd00::/8; one of them is connected to us.
std::string client(const std::vector<std::string_view>& headers, std::string_view peer = "10.0.0.1")
{
    const address_list proxies(
        {protocol::parse_ip_network("10.0.0.0/8").value(), protocol::parse_ip_network("fd00::/8").value()});
    return to_text(forwarded_client(protocol::parse_ip_address(peer).value(), headers, proxies));
}

TEST(Forwarded, IsWhatOurProxyWasConnectedFrom)
{
    EXPECT_EQ(client({"203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client({" 203.0.113.9\t"}), "203.0.113.9");
    EXPECT_EQ(client({"2001:db8::9"}, "fd00::1"), "2001:db8::9");
}

TEST(Forwarded, WhatTheClientMadeUpStandsBeforeItAndDoesNotCount)
{
    EXPECT_EQ(client({"127.0.0.1, 198.51.100.1, 203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client({"127.0.0.1", "203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client({"10.0.0.7, 203.0.113.9"}), "203.0.113.9") << "not even one of our proxies";
}

TEST(Forwarded, SeveralProxiesOfOursAreWalkedBack)
{
    EXPECT_EQ(client({"198.51.100.1, 203.0.113.9, 10.0.0.2,10.0.0.3"}), "203.0.113.9");
    EXPECT_EQ(client({"198.51.100.1, 203.0.113.9", "10.0.0.2", "10.0.0.3"}), "203.0.113.9");
    EXPECT_EQ(client({"10.0.0.2, 10.0.0.3"}), "10.0.0.2") << "a client among the proxies";
}

TEST(Forwarded, WhoIsNoProxyIsNotBelieved)
{
    EXPECT_EQ(client({"203.0.113.9"}, "198.51.100.1"), "198.51.100.1");
}

TEST(Forwarded, WithoutTheHeaderItIsTheProxyItself)
{
    EXPECT_EQ(client({}), "10.0.0.1");
}

TEST(Forwarded, WhatIsNoAddressEndsTheChain)
{
    EXPECT_EQ(client({"203.0.113.9, unknown"}), "10.0.0.1");
    EXPECT_EQ(client({"203.0.113.9, , 10.0.0.2"}), "10.0.0.2");
    EXPECT_EQ(client({""}), "10.0.0.1");
    EXPECT_EQ(client({"203.0.113.9", ""}), "10.0.0.1");
    EXPECT_EQ(client({"[::1"}), "10.0.0.1");
    EXPECT_EQ(client({"[]"}), "10.0.0.1");
    EXPECT_EQ(client({"_hidden"}), "10.0.0.1");
}

TEST(Forwarded, PortsAreSkipped)
{
    EXPECT_EQ(client({"203.0.113.9:4711"}), "203.0.113.9");
    EXPECT_EQ(client({"[2001:db8::9]:4711"}), "2001:db8::9");
    EXPECT_EQ(client({"[2001:db8::9]"}), "2001:db8::9");
}

TEST(Forwarded, AVeryLongHeaderIsReadToItsEnd)
{
    std::string hops = "203.0.113.9";
    for (int i = 0; i < 2'000; ++i)
        hops += ",10.0.0.2";

    EXPECT_EQ(client({hops}), "203.0.113.9");
}

} // namespace
} // namespace citron::frontend
