#include "common/protocol/ip_address.hpp"

#include <gtest/gtest.h>

namespace citron::protocol {
namespace {

ip_address address(std::string_view text)
{
    return parse_ip_address(text).value();
}
ip_network network(std::string_view text)
{
    return parse_ip_network(text).value();
}

TEST(IpAddress, IsReadAndWrittenInItsUsualForm)
{
    for (const auto* text :
         {"192.0.2.7", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::7", "fe80::1"})
        EXPECT_EQ(to_text(address(text)), text);
    EXPECT_EQ(to_text(address("2001:DB8:0:0:0:0:0:7")), "2001:db8::7");
}

TEST(IpAddress, WhatIsNoneIsRefused)
{
    for (const auto* text :
         {"", "x", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:80",
          "[::1]", "::1%eth0", ":::", "1::2::3", "12345::", "0x7f.1", "2130706433"})
        EXPECT_EQ(parse_ip_address(text), std::nullopt) << text;
    EXPECT_EQ(parse_ip_address(std::string_view("1.2.3.4\0", 8)), std::nullopt);
    EXPECT_EQ(parse_ip_address(std::string(5000, '1')), std::nullopt);
}

TEST(IpAddress, AMappedOneIsAnIpv4Address)
{
    EXPECT_EQ(address("::ffff:192.0.2.7"), address("192.0.2.7"));
    EXPECT_EQ(address("::ffff:c000:207"), address("192.0.2.7"));
    EXPECT_NE(address("::192.0.2.7"), address("192.0.2.7"));
}

TEST(IpNetwork, ContainsWhatSharesItsPrefix)
{
    EXPECT_TRUE(network("192.0.2.0/24").contains(address("192.0.2.0")));
    EXPECT_TRUE(network("192.0.2.0/24").contains(address("192.0.2.255")));
    EXPECT_FALSE(network("192.0.2.0/24").contains(address("192.0.3.0")));
    EXPECT_FALSE(network("192.0.2.0/24").contains(address("192.0.1.255")));
    EXPECT_TRUE(network("192.0.2.128/25").contains(address("192.0.2.200")));
    EXPECT_FALSE(network("192.0.2.128/25").contains(address("192.0.2.127")));
    EXPECT_TRUE(network("2001:db8::/33").contains(address("2001:db8:7fff::1")));
    EXPECT_FALSE(network("2001:db8::/33").contains(address("2001:db8:8000::1")));
    EXPECT_TRUE(network("192.0.2.7").contains(address("192.0.2.7")));
    EXPECT_FALSE(network("192.0.2.7").contains(address("192.0.2.8")));
    EXPECT_EQ(network("192.0.2.7/32"), network("192.0.2.7"));
    EXPECT_EQ(network("::1/128"), network("::1"));
}

TEST(IpNetwork, EverythingOfOneFamilyIsNothingOfTheOther)
{
    EXPECT_TRUE(network("0.0.0.0/0").contains(address("203.0.113.9")));
    EXPECT_FALSE(network("0.0.0.0/0").contains(address("2001:db8::1")));
    EXPECT_TRUE(network("::/0").contains(address("2001:db8::1")));
    EXPECT_FALSE(network("::/0").contains(address("203.0.113.9")));
    EXPECT_FALSE(network("::/0").contains(address("::ffff:203.0.113.9")));
}

TEST(IpNetwork, AMappedOneIsAnIpv4Network)
{
    EXPECT_EQ(network("::ffff:192.0.2.0/120"), network("192.0.2.0/24"));
    EXPECT_EQ(network("::ffff:0.0.0.0/96"), network("0.0.0.0/0"));
    EXPECT_EQ(parse_ip_network("::ffff:0.0.0.0/95"), std::nullopt);
}

TEST(IpNetwork, WhatIsNoneIsRefused)
{
    for (const auto* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/8/8",
          "::/129", "10.0.0.0/99999999999999999999", "10.0.0.0/0x8", "host/8"})
        EXPECT_EQ(parse_ip_network(text), std::nullopt) << text;
}

TEST(IpNetwork, NothingMayBeSetBeyondThePrefix)
{
    EXPECT_EQ(parse_ip_network("10.0.0.1/8"), std::nullopt);
    EXPECT_EQ(parse_ip_network("192.0.2.129/25"), std::nullopt);
    EXPECT_EQ(parse_ip_network("2001:db8::1/32"), std::nullopt);
}

} // namespace
} // namespace citron::protocol
