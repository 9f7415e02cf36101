// Entering, joining and leaving rooms, as a client and the rooms' owners see it.
#include "frontend/digest.hpp"
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;
using test::stage;
using test::strings;

constexpr std::string_view enter = "connector.entryHandler.enter";
constexpr std::string_view join = "connector.entryHandler.join";
constexpr std::string_view leave = "connector.entryHandler.leave";

/// A stage whose line is up.
struct Entering : testing::Test
{
    Entering() { s.up(); }
    stage s;
};

std::string refusal(std::uint32_t id, std::string_view reason)
{
    return "response " + std::to_string(id) + R"( {"code":500,"reason":")" + std::string(reason) + "\"}";
}

// ---- enter

TEST_F(Entering, TheRoomsOwnerIsAsked)
{
    session& ann = s.connect();

    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");

    EXPECT_EQ(s.sends(), strings{"add lobby ann#1"});
    EXPECT_EQ(s.hears(ann), strings{});
}

TEST_F(Entering, TheOwnersAnswerBecomesTheClients)
{
    session& ann = s.connect();
    s.ask(ann, 7, enter, R"({"username":"ann","rid":"lobby","resumeKey":"k"})");
    (void)s.sends();

    s.admit("add lobby", s.at(10, 5), {"bob", "ann"});

    EXPECT_EQ(
        s.hears(ann),
        strings{R"(response 7 {"users":["bob","ann"],"rid":"lobby","epoch":"e","offset":5,"resumeKey":")" +
                s.given("k") + R"("})"});
}

TEST_F(Entering, WhatIsPublishedFromThenOnIsPushed)
{
    session& ann = s.member("ann");
    session& elsewhere = s.member("bob", "attic");

    s.publish("lobby", s.at(11, 6));

    EXPECT_EQ(s.hears(ann), strings{"onChat 6"});
    EXPECT_EQ(s.hears(elsewhere), strings{});
}

TEST_F(Entering, WhatWasPublishedBeforeTheAnswerComesRightAfterIt)
{
    s.member("bob");
    session& ann = s.connect();
    s.ask(ann, 7, enter, R"({"username":"ann","rid":"lobby","resumeKey":"k"})");
    (void)s.sends();
    s.publish("lobby", s.at(11, 5));
    s.publish("lobby", s.at(12, 6));

    s.admit("add lobby", s.at(11, 5));

    EXPECT_EQ(s.hears(ann),
              (strings{R"(response 7 {"users":["ann"],"rid":"lobby","epoch":"e","offset":5,"resumeKey":")" +
                           s.given("k") + R"("})",
                       "onChat 6"}));
}

TEST_F(Entering, ACallIsRepeatedUntilTheOwnerHasSpoken)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    (void)s.sends();

    s.answer("add lobby", errc::moved);
    s.pass(200ms);

    EXPECT_EQ(s.sends(), strings{"add lobby ann#1"});
}

TEST_F(Entering, WithoutAnOwnersWordItTimesOutAndTheRoomIsToldThatWeLeft)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");

    s.pass(9'950ms);
    (void)s.sends();
    EXPECT_EQ(s.hears(ann), strings{});
    s.pass(50ms);

    EXPECT_EQ(s.hears(ann), strings{refusal(1, "timeout")});
    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"}); // it may have let us in
    EXPECT_TRUE(s.server.rooms().index().rooms().empty());
}

TEST_F(Entering, ARefusedClientIsNowhere)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    (void)s.sends();

    s.answer("add lobby", errc::duplicate_user);

    EXPECT_EQ(s.hears(ann), strings{R"(response 1 {"code":500,"error":true,"reason":"duplicate_user"})"});
    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"}); // another try of the add may have been let in
    EXPECT_TRUE(s.server.rooms().index().rooms().empty());
}

TEST_F(Entering, TheSameRoomTwiceIsADuplicate)
{
    session& ann = s.member("ann");

    s.ask(ann, 2, enter, R"({"username":"ann","rid":"lobby"})");

    EXPECT_EQ(s.hears(ann), strings{R"(response 2 {"code":500,"error":true,"reason":"duplicate_user"})"});
    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Entering, BodiesThatAreNoEntryAreBadRequests)
{
    session& ann = s.connect();
    std::uint32_t id = 1;

    for (const auto* body : {"", "{}", "{", "[]", R"("lobby")", R"({"rid":"lobby"})", R"({"username":"ann"})",
                             R"({"username":"*","rid":"lobby"})", R"({"username":"ann","rid":"a\nb"})",
                             R"({"username":"ann","rid":"lobby","since":{}})"}) {
        s.ask(ann, id, enter, body);
        EXPECT_EQ(s.hears(ann), strings{refusal(id, "bad_request")}) << body;
        ++id;
    }
    EXPECT_EQ(s.sends(), strings{});
}

// ---- join

TEST_F(Entering, JoiningAddsARoomUnderTheSameNameAndKey)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby","resumeKey":"k"})");
    (void)s.sends();
    s.admit("add lobby", s.at(10, 5));

    s.ask(ann, 2, join, R"({"rid":"attic","username":"other","resumeKey":"other"})");
    EXPECT_EQ(s.sends(), strings{"add attic ann#1"});
    s.admit("add attic", s.at(3, 1));

    EXPECT_EQ(s.who("add attic").key, sha256_hex("k"));
    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(s.server.rooms().index().rooms().size(), 2U);
}

TEST_F(Entering, WithoutANameNothingCanBeJoined)
{
    session& ann = s.connect();

    s.ask(ann, 1, join, R"({"rid":"lobby"})");

    EXPECT_EQ(s.hears(ann), strings{refusal(1, "not_entered")});
    EXPECT_EQ(s.sends(), strings{});
}

TEST(Joining, RoomsOfOneConnectionAreLimited)
{
    stage s(test::with_rooms(2));
    s.up();
    session& ann = s.member("ann");
    s.join(ann, "attic");

    s.ask(ann, 2, join, R"({"rid":"cellar"})");
    EXPECT_EQ(s.hears(ann), strings{refusal(2, "overloaded")});
    s.ask(ann, 3, leave, R"({"rid":"attic"})");
    s.ask(ann, 4, join, R"({"rid":"cellar"})");

    EXPECT_EQ(s.sends(), (strings{"kick attic ann#1", "add cellar ann#1"}));
}

// ---- leave

TEST_F(Entering, WhoLeavesHearsNoMoreButStaysConnected)
{
    session& ann = s.member("ann");
    s.member("bob");

    s.ask(ann, 2, leave, R"({"rid":"lobby"})");
    s.publish("lobby", s.at(11, 6));

    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"});
    EXPECT_EQ(s.hears(ann), strings{"response 2 {}"});
    EXPECT_EQ(ann.state, phase::working);
}

TEST_F(Entering, ARoomThatWasNotEnteredCannotBeLeft)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, join, R"({"rid":"cellar"})");
    (void)s.sends();

    s.ask(ann, 3, leave, R"({"rid":"attic"})");
    s.ask(ann, 4, leave, R"({"rid":"cellar"})"); // not yet

    EXPECT_EQ(s.hears(ann), (strings{refusal(3, "not_entered"), refusal(4, "not_entered")}));
    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Entering, WithoutTheNameOfARoomNothingIsLeft)
{
    session& ann = s.member("ann");
    std::uint32_t id = 2;

    for (const auto* body : {"", "{}", "{", R"({"rid":""})", R"({"rid":null})", R"({"rid":["lobby"]})",
                             R"({"rid":"a\nb"})", R"({"rid":"*"})"}) {
        s.ask(ann, id, leave, body);
        EXPECT_EQ(s.hears(ann), strings{refusal(id, "bad_request")}) << body;
        ++id;
    }
    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(s.server.rooms().index().rooms().size(), 1U);
}

// ---- connections that end

TEST_F(Entering, AConnectionThatEndsLeavesEachRoomOnce)
{
    session& ann = s.member("ann");
    s.join(ann, "attic");
    const auto id = ann.id;

    s.server.sessions().kick(ann, "drain", s.now);
    s.server.sessions().on_gone(id, s.now);
    s.server.sessions().on_gone(id, s.now);
    s.pass(1s);

    EXPECT_EQ(s.sends(), (strings{"kick lobby ann#1", "kick attic ann#1"}));
    EXPECT_TRUE(s.server.rooms().index().rooms().empty());
}

TEST_F(Entering, OfAConnectionThatIsSentAwayEachRoomHearsSo)
{
    session& ann = s.member("ann");
    s.join(ann, "attic");

    s.server.sessions().send_away(ann, s.now);

    EXPECT_EQ(s.sends(), (strings{"kick lobby ann#1 moving", "kick attic ann#1 moving"}));
    EXPECT_EQ(s.hears(ann), (strings{R"(kick {"reason":"drain"})", "close 1000"}));
}

TEST_F(Entering, AConnectionThatEndsBeforeItsAnswerLeavesToo)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    (void)s.sends();

    s.server.sessions().on_gone(ann.id, s.now);
    s.admit("add lobby", s.at(10, 5));
    s.pass(15s);

    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"});
    EXPECT_EQ(s.server.rooms().waiting(), 0U);
}

TEST_F(Entering, AConnectionThatHasEndedIsNotAskedForAgain)
{
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    s.server.sessions().on_gone(ann.id, s.now);
    EXPECT_EQ(s.sends(), (strings{"add lobby ann#1", "kick lobby ann#1"}));

    s.pass(5s);
    s.tell(s.view(2));

    EXPECT_EQ(s.sends(), strings{"enroll 2 first last"});
}

// ---- routes

TEST_F(Entering, RoutesThatNobodyServesAreRefused)
{
    session& ann = s.member("ann");
    std::uint32_t id = 1;

    for (const auto* route : {"connector.entryHandler.serve", "connector.entryHandler.constructor",
                              "connector.otherHandler.enter", "chat.chatHandler.nope", "chat.chatRemote.add",
                              "gate.gateHandler.queryEntry", "sys.statsRemote.read", "nonsense"}) {
        s.ask(ann, id, route, R"({"rid":"lobby"})");
        EXPECT_EQ(s.hears(ann), strings{refusal(id, "no_such_route")}) << route;
        ++id;
    }
    EXPECT_EQ(s.sends(), strings{});
}

// ---- limits

TEST(EnteringLimits, WhoIsInAsManyRoomsAsMayBeEntersAnotherOneInTheirPlace)
{
    stage s(test::with_rooms(2));
    s.up();
    session& ann = s.member("ann");
    s.join(ann, "attic");

    s.enter(ann, "ann", "roof");

    EXPECT_EQ(s.server.rooms().index().rooms().size(), 1U);
}

TEST(EnteringLimits, RoomsThatAreNotEnteredYetCount)
{
    stage s(test::with_rooms(2));
    s.up();
    session& ann = s.connect();
    for (std::uint32_t i = 1; i <= 5; ++i)
        s.ask(ann, i, enter, R"({"username":"ann","rid":"room )" + std::to_string(i) + "\"}");

    EXPECT_EQ(s.hears(ann), (strings{refusal(4, "overloaded"), refusal(5, "overloaded")}));
    EXPECT_EQ(s.server.rooms().index().rooms().size(), 3U);
}

TEST(EnteringLimits, NoMoreRoomsThanANewOwnerCanBeToldOf)
{
    connector_options o;
    o.rooms.told_bytes = 2 * 150; // less than two places are
    stage s(std::move(o));
    s.up();
    session &ann = s.member("ann"), &bob = s.member("bob"), &cid = s.connect();

    s.ask(cid, 1, enter, R"({"username":"cid","rid":"roof"})");
    EXPECT_EQ(s.hears(cid), strings{refusal(1, "overloaded")});
    EXPECT_EQ(s.counters.at("limit.rooms_per_connector"), 1U);

    s.server.sessions().on_gone(ann.id, s.now);
    s.server.sessions().on_gone(bob.id, s.now);
    s.enter(cid, "cid", "roof");
    EXPECT_EQ(s.counters.at("limit.rooms_per_connector"), 1U);
}

TEST(EnteringLimits, AUsersSessionsShareItsRate)
{
    connector_options o;
    o.sessions.limits.burst = 1s;
    o.sessions.limits.requests.user = 3;
    stage s(o);
    s.up();
    session &here = s.member("ann"), &there = s.member("ann", "attic"), &bob = s.member("bob");
    const auto users_of = [&s](session& one) {
        s.ask(one, 7, "chat.chatHandler.users", "{}");
        const auto heard = s.hears(one);
        return !heard.empty() && heard.back().find("rate_limited") != std::string::npos;
    };

    EXPECT_FALSE(users_of(here));
    EXPECT_FALSE(users_of(there));
    EXPECT_FALSE(users_of(here));
    EXPECT_TRUE(users_of(there));
    EXPECT_TRUE(users_of(here));
    EXPECT_FALSE(users_of(bob));
    EXPECT_EQ(s.counters.at("limit.requests.user"), 2U);
}

} // namespace
} // namespace citron::frontend
