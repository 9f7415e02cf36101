// What a connector that ends sees of its cluster and of its clients.
#include "frontend/drain.hpp"
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace citron::frontend {
namespace {

using protocol::server_kind;

/// c1 was told to end; c2 is there too.
struct LookAround : testing::Test
{
    test::stage s;
    protocol::view v;

    LookAround()
    {
        s.up();
        v = s.view(1);
        add("c2", server_kind::connector);
        v.number = 2;
        s.tell(v);
    }
    void add(const std::string& id, server_kind kind)
    {
        v.servers.push_back({.id = id, .kind = static_cast<std::uint8_t>(kind), .boot = 1});
    }
    protocol::server_info& server(const std::string& id)
    {
        return *std::ranges::find(v.servers, id, &protocol::server_info::id);
    }
    drain::scene sees(std::size_t connections = 0)
    {
        ++v.number;
        s.tell(v);
        return look_around(s.server.line(), s.server.sessions(), connections);
    }
};

TEST_F(LookAround, ItIsAnnouncedWhenTheViewMarksIt)
{
    EXPECT_FALSE(sees().announced);

    server("c1").draining = true;

    EXPECT_TRUE(sees().announced);
}

TEST_F(LookAround, ClientsCanGoToAnotherConnectorThatStays)
{
    EXPECT_TRUE(sees().elsewhere);

    server("c2").draining = true;
    EXPECT_FALSE(sees().elsewhere);

    add("gate-1", server_kind::gate);
    EXPECT_FALSE(sees().elsewhere);
}

TEST_F(LookAround, WithoutALineThereIsNothingToWaitForAndNowhereToGo)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, "chat.chatHandler.users", "{}");
    EXPECT_TRUE(sees(1).clients.at(0).waiting);

    s.lose();

    const auto scene = look_around(s.server.line(), s.server.sessions(), 1);
    EXPECT_TRUE(scene.announced);
    EXPECT_FALSE(scene.elsewhere);
    EXPECT_FALSE(scene.clients.at(0).waiting);
}

TEST_F(LookAround, ClientsAreListedByAgeAndThoseThatHaveEndedAreNot)
{
    session& a = s.connect();
    session& b = s.connect();
    session& c = s.connect();
    s.server.sessions().send_away(b, s.now);

    const auto scene = sees(3);

    ASSERT_EQ(scene.clients.size(), 2U);
    EXPECT_EQ(scene.clients[0].id, a.id);
    EXPECT_EQ(scene.clients[1].id, c.id);
    EXPECT_EQ(scene.connections, 3U);
}

} // namespace
} // namespace citron::frontend
