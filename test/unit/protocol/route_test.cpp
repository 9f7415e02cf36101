#include "common/protocol/route.hpp"

#include <gtest/gtest.h>

#include <string>

namespace citron::protocol {
namespace {

TEST(Route, HasThreeParts)
{
    const auto parsed = parse_route("chat.chatHandler.send");

    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->server, "chat");
    EXPECT_EQ(parsed->service, "chatHandler");
    EXPECT_EQ(parsed->method, "send");
}

TEST(Route, RefusesAnotherNumberOfParts)
{
    for (const auto* text : {"", ".", "..", "a", "a.b", "a.b.", ".a.b", "a..b", "a.b.c.d", "a.b.c."})
        EXPECT_FALSE(parse_route(text)) << text;
}

TEST(Route, RefusesStrangeCharacters)
{
    for (const auto* text : {"a.b.c d", "a.b.c\n", "a.b.c-d", "a.b.../etc", "a.b.\xc3\xa9"})
        EXPECT_FALSE(parse_route(text)) << text;
    EXPECT_FALSE(parse_route(std::string_view("a.b.c\0", 6)));
}

TEST(Route, IsAtMostAsLongAsItsLengthByteCanSay)
{
    const std::string head = "chat.chatHandler.";

    EXPECT_TRUE(parse_route(head + std::string(255 - head.size(), 'x')));
    EXPECT_FALSE(parse_route(head + std::string(256 - head.size(), 'x')));
}

TEST(Route, OnlyHandlersAreForClients)
{
    EXPECT_TRUE(parse_route("chat.chatHandler.send")->for_clients());
    EXPECT_FALSE(parse_route("chat.chatRemote.add")->for_clients());
    EXPECT_FALSE(parse_route("chat.Handlers.add")->for_clients());
}

} // namespace
} // namespace citron::protocol
