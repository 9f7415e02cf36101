// A join whose answer comes so late that what happened since is forgotten: the owner is asked once more.
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;
using test::stage;
using test::strings;

constexpr std::string_view enter = "connector.entryHandler.enter";

connector_options with_little_memory()
{
    connector_options o;
    o.rooms.feed.recent_bytes = 50;
    return o;
}

/// ann is in the lobby; bob has asked to enter it, and much has been said since.
struct JoinAgain : testing::Test
{
    JoinAgain() : s(with_little_memory())
    {
        s.up();
        ann = &s.member("ann");
        bob = &s.connect();
        s.ask(*bob, 7, enter,
              R"({"username":"bob","rid":"lobby","resumeKey":"k","since":{"epoch":"e","offset":3}})");
        for (std::uint64_t rev = 11; rev < 20; ++rev)
            s.publish("lobby", s.at(rev, rev - 5));
        (void)s.sends();
    }
    stage s;
    session* ann;
    session* bob;
};

TEST_F(JoinAgain, TheOwnerIsAskedOnceMoreAndNobodyIsTold)
{
    s.admit("add lobby bob", s.at(10, 5));

    EXPECT_EQ(s.sends(), strings{"add lobby bob#2 since e/3"});
    EXPECT_EQ(s.hears(*bob), strings{});
    EXPECT_EQ(bob->state, phase::working);
    EXPECT_EQ(s.hears(*ann).size(), 9U);
    EXPECT_EQ(s.counters.at("room.join_again"), 1U);
}

TEST_F(JoinAgain, ItIsTheSameStay)
{
    const auto first = s.who("add lobby bob");

    s.admit("add lobby bob", s.at(10, 5));
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby bob"), first);
}

TEST_F(JoinAgain, TheFreshAnswerLetsItIn)
{
    s.admit("add lobby bob", s.at(10, 5));
    (void)s.sends();

    s.publish("lobby", s.at(20, 15));
    s.admit("add lobby bob", s.at(19, 14), {"ann", "bob"});
    s.publish("lobby", s.at(21, 16));

    EXPECT_EQ(
        s.hears(*bob),
        (strings{R"(response 7 {"users":["ann","bob"],"rid":"lobby","epoch":"e","offset":14,"resumeKey":")" +
                     s.given("k") + R"(","recovered":false,"messages":[]})",
                 "onChat 15", "onChat 16"}));
    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(JoinAgain, ItsRefusalIsTold)
{
    s.admit("add lobby bob", s.at(10, 5));
    (void)s.sends();

    s.answer("add lobby bob", errc::duplicate_user);

    EXPECT_EQ(s.hears(*bob), strings{R"(response 7 {"code":500,"error":true,"reason":"duplicate_user"})"});
    EXPECT_EQ(s.sends(), strings{"kick lobby bob#2"});
}

TEST_F(JoinAgain, TheClientWaitsNoLongerThanForOneAnswer)
{
    s.pass(9s);
    (void)s.sends();
    s.admit("add lobby bob", s.at(10, 5));

    s.pass(950ms);
    (void)s.sends();
    EXPECT_EQ(s.hears(*bob), strings{});
    s.pass(50ms);

    EXPECT_EQ(s.hears(*bob), strings{R"(response 7 {"code":500,"reason":"timeout"})"});
    EXPECT_EQ(s.sends(), strings{"kick lobby bob#2"});
}

TEST_F(JoinAgain, WhoIsGoneMeanwhileLeaves)
{
    s.admit("add lobby bob", s.at(10, 5));
    (void)s.sends();

    s.server.sessions().on_gone(bob->id, s.now);
    s.admit("add lobby bob", s.at(19, 14));
    s.pass(15s);

    EXPECT_EQ(s.sends(), strings{"kick lobby bob#2"});
    EXPECT_EQ(s.server.rooms().waiting(), 0U);
}

TEST_F(JoinAgain, AnAnswerThatIsFreshEnoughIsTakenAtOnce)
{
    s.admit("add lobby bob", s.at(19, 14));

    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(s.counters.at("room.join_again"), 0U);
}

} // namespace
} // namespace citron::frontend
