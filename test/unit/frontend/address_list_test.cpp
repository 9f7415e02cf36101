#include "frontend/address_list.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace citron::frontend {
namespace {

address_list list(std::initializer_list<std::string_view> networks)
{
    std::vector<protocol::ip_network> all;
    for (const auto text : networks)
        all.push_back(protocol::parse_ip_network(text).value());
    return address_list(all);
}
bool contains(const address_list& l, std::string_view address)
{
    return l.contains(protocol::parse_ip_address(address).value());
}

TEST(AddressList, OfNothingContainsNothing)
{
    EXPECT_TRUE(address_list().empty());
    EXPECT_FALSE(contains(address_list(), "127.0.0.1"));
    EXPECT_FALSE(contains(address_list(), "::"));
}

TEST(AddressList, ContainsWhatAnyOfItsNetworksDoes)
{
    const auto l = list({"2001:db8::/32", "192.0.2.0/24", "10.0.0.0/8", "203.0.113.9"});

    for (const auto* in :
         {"10.0.0.0", "10.255.255.255", "192.0.2.77", "203.0.113.9", "2001:db8:ffff::1", "::ffff:10.1.2.3"})
        EXPECT_TRUE(contains(l, in)) << in;
    for (const auto* out :
         {"9.255.255.255", "11.0.0.0", "203.0.113.8", "203.0.113.10", "2001:db9::", "::1", "0.0.0.0"})
        EXPECT_FALSE(contains(l, out)) << out;
}

TEST(AddressList, NetworksMayLieWithinOthers)
{
    const auto l = list({"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "10.0.0.0/9", "10.0.0.0/8"});

    EXPECT_TRUE(contains(l, "10.255.0.1"));
    EXPECT_TRUE(contains(l, "10.1.2.4"));
    EXPECT_FALSE(contains(l, "11.0.0.1"));
}

TEST(AddressList, AWholeFamily)
{
    EXPECT_TRUE(contains(list({"0.0.0.0/0"}), "255.255.255.255"));
    EXPECT_FALSE(contains(list({"0.0.0.0/0"}), "::"));
    EXPECT_TRUE(contains(list({"::/0", "10.0.0.0/8"}), "ffff::"));
    EXPECT_FALSE(contains(list({"::/0", "10.0.0.0/8"}), "11.0.0.0"));
}

} // namespace
} // namespace citron::frontend
