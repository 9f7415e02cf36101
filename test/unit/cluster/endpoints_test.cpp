#include "common/cluster/endpoints.hpp"

#include <gtest/gtest.h>

namespace citron::cluster {
namespace {

using runtime::transport;

runtime::broker_config broker_at(std::string host, transport via)
{
    return {.host = std::move(host), .port = 5550, .pub_port = 5551, .via = via};
}

const link_endpoints by_tcp{"tcp://127.0.0.1:5550", "tcp://127.0.0.1:5551"};
const link_endpoints by_ipc{"ipc://@citron-127.0.0.1-5550", "ipc://@citron-127.0.0.1-5551"};

TEST(Endpoints, WithinOneHostIpcComesBeforeTcp)
{
    EXPECT_EQ(ways_to(broker_at("127.0.0.1", transport::automatic), place::this_host),
              (std::vector{by_ipc, by_tcp}));
}

TEST(Endpoints, BetweenHostsThereIsTcpOnly)
{
    EXPECT_EQ(ways_to(broker_at("127.0.0.1", transport::automatic), place::another), std::vector{by_tcp});
}

TEST(Endpoints, WhatTheConfNamesIsTheOnlyWay)
{
    for (const auto where : {place::this_host, place::another}) {
        EXPECT_EQ(ways_to(broker_at("127.0.0.1", transport::tcp), where), std::vector{by_tcp});
        EXPECT_EQ(ways_to(broker_at("127.0.0.1", transport::ipc), where), std::vector{by_ipc});
    }
}

TEST(Endpoints, TheBrokerListensOnIpcUnlessTheConfSaysTcp)
{
    EXPECT_TRUE(listens_on_ipc(transport::automatic));
    EXPECT_TRUE(listens_on_ipc(transport::ipc));
    EXPECT_FALSE(listens_on_ipc(transport::tcp));
}

TEST(Endpoints, AnyFreePortIsAStarAndIPv6IsBracketed)
{
    EXPECT_EQ(tcp_endpoint("127.0.0.1", 0), "tcp://127.0.0.1:*");
    EXPECT_EQ(tcp_endpoint("::1", 5550), "tcp://[::1]:5550");
}

TEST(Endpoints, TwoBrokersOfOneHostHaveTwoNames)
{
    EXPECT_NE(ipc_endpoint("127.0.0.1", 5550), ipc_endpoint("127.0.0.1", 6550));
    EXPECT_NE(ipc_endpoint("127.0.0.1", 5550), ipc_endpoint("10.0.0.1", 5550));
    EXPECT_EQ(ipc_endpoint("127.0.0.1", 5550), ipc_endpoint("localhost", 5550)) << "one place, two spellings";
}

TEST(Endpoints, ANameIsNeverTooLongForTheKernel)
{
    constexpr std::size_t longest = 107 + std::string_view("ipc://").size();

    EXPECT_LE(ipc_endpoint(std::string(253, 'x'), 65535).size(), longest);
}

} // namespace
} // namespace citron::cluster
