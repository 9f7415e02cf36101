#include "broker/home_store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace citron::broker {
namespace {

using namespace std::chrono_literals;
using protocol::server_info;
using protocol::server_kind;

server_info chat(std::string id, std::string store, bool draining = false)
{
    return {.id = std::move(id),
            .kind = static_cast<std::uint8_t>(server_kind::chat),
            .store = std::move(store),
            .draining = draining};
}

struct HomeStore : testing::Test
{
    std::string choose(const std::vector<server_info>& present) { return home.choose(present, now); }

    instant now{1h};
    home_store home{30s};
};

TEST_F(HomeStore, IsThatOfTheOnlyChatServers)
{
    const server_info connector{.id = "c1", .kind = static_cast<std::uint8_t>(server_kind::connector)};

    EXPECT_EQ(choose({connector}), "");
    EXPECT_EQ(choose({connector, chat("s1", "a")}), "a");
}

TEST_F(HomeStore, IsAtFirstTheOneWithTheMostChatServersThatStay)
{
    EXPECT_EQ(choose({chat("s1", "a"), chat("s2", "b"), chat("s3", "b")}), "b");
    home = home_store{30s};
    EXPECT_EQ(choose({chat("s3", "b"), chat("s1", "a")}), "a");
    home = home_store{30s};
    EXPECT_EQ(choose({chat("s1", "a", true), chat("s2", "b")}), "b");
}

TEST_F(HomeStore, StaysWhoeverJoins)
{
    (void)choose({chat("s2", "b")});

    EXPECT_EQ(choose({chat("s1", "a"), chat("s2", "b"), chat("s3", "a")}), "b");
    EXPECT_EQ(choose({chat("s1", "a"), chat("s2", "b", true), chat("s3", "a")}), "b");
}

TEST_F(HomeStore, IsWaitedForWhenNobodyThereHasIt)
{
    (void)choose({chat("s2", "b")});
    EXPECT_EQ(choose({chat("s1", "a")}), "b");
    now += 29s;
    EXPECT_EQ(choose({chat("s1", "a")}), "b");
    EXPECT_EQ(choose({chat("s1", "a"), chat("s2", "b")}), "b");
    EXPECT_EQ(choose({chat("s1", "a")}), "b");
    now += 29s;
    EXPECT_EQ(choose({chat("s1", "a")}), "b");
    now += 1s;

    EXPECT_EQ(choose({chat("s1", "a")}), "a");
    EXPECT_EQ(choose({chat("s1", "a"), chat("s2", "b")}), "a");
}

TEST_F(HomeStore, IsWaitedForAsLongAsNobodyElseIsThere)
{
    (void)choose({chat("s2", "b")});
    EXPECT_EQ(choose({}), "b");
    now += 1h;

    EXPECT_EQ(choose({}), "b");
    EXPECT_EQ(choose({chat("s1", "a")}), "a");
}

TEST_F(HomeStore, IsThatOfTheFormerBroker)
{
    home.recall({.ready = true, .store = "b"});
    EXPECT_EQ(choose({chat("s1", "a"), chat("s2", "a"), chat("s3", "b")}), "b");

    home = home_store{30s};
    home.recall({.ready = true, .store = "b"});
    EXPECT_EQ(choose({chat("s1", "a")}), "b");
}

TEST_F(HomeStore, IsNotThatOfABrokerWhichHadNotChosen)
{
    home.recall({.ready = false});
    home.recall({.ready = true}); // no chat server had come

    EXPECT_EQ(choose({chat("s1", "a")}), "a");
}

} // namespace
} // namespace citron::broker
