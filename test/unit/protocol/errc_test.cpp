#include "common/protocol/errc.hpp"

#include "common/protocol/types.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace citron::protocol {
namespace {

TEST(Errc, ReasonsAreTheOnesClientsKnow)
{
    const std::pair<errc, std::string_view> all[] = {
        {errc::bad_request, "bad_request"},   {errc::no_such_route, "no_such_route"},
        {errc::not_entered, "not_entered"},   {errc::duplicate_user, "duplicate_user"},
        {errc::no_such_user, "no_such_user"}, {errc::too_large, "too_large"},
        {errc::overloaded, "overloaded"},     {errc::unavailable, "unavailable"},
        {errc::timeout, "timeout"},           {errc::unauthorized, "unauthorized"},
        {errc::forbidden, "forbidden"},       {errc::rate_limited, "rate_limited"},
    };
    for (const auto& [code, text] : all)
        EXPECT_EQ(reason(code), text);
}

TEST(Errc, WhatServersTellEachOtherIsUnavailableToClients)
{
    EXPECT_EQ(reason(errc::moved), "unavailable");
    EXPECT_EQ(reason(errc::hole), "unavailable");
    EXPECT_EQ(reason(static_cast<errc>(200)), "unavailable") << "a code of a later version";
}

TEST(Errc, ServerKindsHaveTheNamesOfServersJson)
{
    EXPECT_EQ(name_of(server_kind::broker), "broker");
    EXPECT_EQ(name_of(server_kind::gate), "gate");
    EXPECT_EQ(name_of(server_kind::connector), "connector");
    EXPECT_EQ(name_of(server_kind::chat), "chat");
    EXPECT_EQ(name_of(server_kind::tool), "tool");
    EXPECT_EQ(name_of(static_cast<server_kind>(77)), "unknown");
}

} // namespace
} // namespace citron::protocol
