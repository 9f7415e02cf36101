// A socket speaks for the kind of server whose key it has shown, and for no other.
#include "test/unit/broker/stage.hpp"

#include <gtest/gtest.h>

namespace citron::broker {
namespace {

using protocol::kind;
using protocol::server_kind;

struct Roles : testing::Test
{
    test::stage s;

    test::actor hello_of(std::string id, server_kind what, std::string_view key)
    {
        s.role = key;
        auto who = s.make(std::move(id), what);
        s.hello(who);
        return who;
    }
};

TEST_F(Roles, EachKindIsTakenInWithItsOwnKey)
{
    auto gate = hello_of("g1", server_kind::gate, "gate"), chat = hello_of("s1", server_kind::chat, "chat"),
         connector = hello_of("c1", server_kind::connector, "connector"),
         tool = hello_of("t1", server_kind::tool, "monitor");

    for (auto* who : {&gate, &chat, &connector, &tool})
        EXPECT_TRUE(s.hears(*who).starts_with("welcome")) << who->self.id;
}

TEST_F(Roles, NoKindIsTakenInWithAnothersKey)
{
    constexpr std::array kinds{server_kind::gate, server_kind::connector, server_kind::chat,
                               server_kind::tool};
    constexpr std::array<std::string_view, 6> keys{"gate", "connector", "chat", "monitor", "broker", ""};
    std::uint64_t refused = 0;
    for (std::size_t k = 0; k < kinds.size(); ++k)
        for (std::size_t key = 0; key < keys.size(); ++key) {
            if (k == key)
                continue;
            auto liar = hello_of("x", kinds[k], keys[key]);
            EXPECT_EQ(s.hears(liar), "refused wrong_role") << k << " with " << keys[key];
            ++refused;
        }
    EXPECT_EQ(s.count("broker.refused.wrong_role"), refused);
    EXPECT_TRUE(s.board.peers().all().empty());
}

TEST_F(Roles, WhoTakesAnothersIdentityDoesNotSpeakInItsName)
{
    auto chat = hello_of("s1", server_kind::chat, "chat");
    auto connector = hello_of("c1", server_kind::connector, "connector");
    s.subscribe(connector);
    (void)s.hears(chat), (void)s.hears(connector);

    s.role = "chat"; // the connector's link has ended, and this socket has its identity
    s.say(connector, {.kind = kind::call, .to = {"s1"}, .id = 7});
    s.say(connector, kind::bye);

    EXPECT_EQ(s.hears(chat), "");
    EXPECT_EQ(s.hears(connector), "refused wrong_role");
    EXPECT_NE(s.board.peers().find("c1"), nullptr) << "it has not said bye";
}

TEST_F(Roles, WithoutKeysNobodyIsAskedForOne)
{
    auto chat = s.make("s1", server_kind::chat);
    s.hello(chat);

    EXPECT_TRUE(s.hears(chat).starts_with("welcome"));
}

} // namespace
} // namespace citron::broker
