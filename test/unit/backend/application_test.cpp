// What happens to a request before its handler sees it.
#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using test::lines;
using test::room_stage;

/// ann is in the lobby.
struct Application : testing::Test
{
    room_stage s;
    protocol::member ann = room_stage::who("ann", "c1", 1);

    Application()
    {
        s.serve();
        s.enter(ann);
        s.turn();
        (void)s.says();
    }
    lines asks(std::string_view route, const std::string& json)
    {
        s.ask(ann, route, json);
        s.turn();
        return s.says();
    }
    lines sends(std::uint64_t number, const std::string& text, std::uint64_t low = 0)
    {
        s.send(ann, number, text, low);
        s.turn();
        return s.says();
    }
};

TEST_F(Application, AnUnknownRouteIsRefused)
{
    EXPECT_EQ(asks("chat.chatHandler.sing", "{}"), lines{"c1: #2 no_such_route"});
    EXPECT_EQ(s.count("request.no_such_route"), 1U);
}

TEST_F(Application, AnUnknownNotifyIsCountedAndNothingElse)
{
    s.notify("c1", "chat.chatRemote.sing", "");

    EXPECT_EQ(s.says(), lines{});
    EXPECT_EQ(s.count("request.no_such_route"), 1U);
}

TEST_F(Application, WhoIsNotInTheRoomIsRefused)
{
    s.ask(room_stage::who("bob", "c1", 2), "chat.chatHandler.users", "{}");
    s.send(room_stage::who("bob", "c1", 2), 1, "hi");

    EXPECT_EQ(s.says(), (lines{"c1: #2 not_entered", "c1: #3 not_entered"}));
    EXPECT_EQ(s.count("request.not_entered"), 2U);
}

TEST_F(Application, WhoMayStillBeEnrolledMustAskAgain)
{
    const auto bob = room_stage::who("bob", "c1", 2);
    s.comes_back("c1");

    s.ask(bob, "chat.chatHandler.users", "{}");
    s.ask(ann, "chat.chatHandler.users", "{}");
    s.enroll("c1", {ann}, s.at(1, 1, 0));
    s.ask(bob, "chat.chatHandler.users", "{}");

    EXPECT_EQ(s.says(), (lines{"c1: #2 moved", R"(c1: #3 ok {"users":["ann"]})", "c1: lobby at 1.1 e1@0",
                               "c1: #4 not_entered"}));
    EXPECT_EQ(s.count("request.not_entered"), 1U);
}

TEST_F(Application, WhoseConnectorIsNotInTheViewMustAskAgain)
{
    s.ask(room_stage::who("bob", "c9", 2), "chat.chatHandler.users", "{}");

    EXPECT_EQ(s.says(), lines{"c9: #2 moved"});
}

TEST_F(Application, TheSameSessionNumberInAnotherLifeIsSomebodyElse)
{
    auto other_life = ann;
    other_life.boot = 8;

    s.ask(other_life, "chat.chatHandler.users", "{}");

    EXPECT_EQ(s.says(), lines{"c1: #2 not_entered"});
}

TEST_F(Application, ABodyThatIsNotARequestIsRefused)
{
    s.call("c1", "chat.chatHandler.users", "rubbish");

    EXPECT_EQ(s.says(), lines{"c1: #2 bad_request"});
}

TEST_F(Application, ABodyThatIsNotTheRemotesMessageIsCountedAndRefused)
{
    s.call("c1", protocol::add::route, "rubbish");
    s.notify("c1", protocol::kick::route, "rubbish");

    EXPECT_EQ(s.says(), lines{"c1: #2 bad_request"});
    EXPECT_EQ(s.count("request.malformed"), 2U);
}

TEST_F(Application, ABodyThatIsNotAJsonObjectIsRefused)
{
    EXPECT_EQ(asks("chat.chatHandler.users", "{"), lines{"c1: #2 bad_request"});
    EXPECT_EQ(asks("chat.chatHandler.users", "[1]"), lines{"c1: #3 bad_request"});
    EXPECT_EQ(asks("chat.chatHandler.users", "\"\xff\""), lines{"c1: #4 bad_request"});
}

TEST_F(Application, AnEmptyBodyIsAnEmptyObject)
{
    EXPECT_EQ(asks("chat.chatHandler.users", ""), lines{R"(c1: #2 ok {"users":["ann"]})"});
}

TEST_F(Application, ARoomNamedInTheBodyMustBeTheRoom)
{
    EXPECT_EQ(asks("chat.chatHandler.users", R"({"rid":"elsewhere"})"), lines{"c1: #2 not_entered"});
    EXPECT_EQ(asks("chat.chatHandler.users", R"({"rid":"lobby"})"), lines{R"(c1: #3 ok {"users":["ann"]})"});
}

TEST_F(Application, ARequestWithoutARoomIsRefused)
{
    s.rid = "";

    s.ask(ann, "chat.chatHandler.users", "{}");

    EXPECT_EQ(s.says(), lines{"c1: #2 bad_request"});
}

// ---- numbered sends

TEST_F(Application, ASendThatComesTooEarlyHearsWhichNumberIsWanted)
{
    EXPECT_EQ(sends(3, "early"), lines{"c1: #2 hole 1"});
    EXPECT_EQ(s.count("send.holes"), 1U);
}

TEST_F(Application, ARepeatedSendIsStoredOnceAndAnsweredAgain)
{
    const auto first = sends(1, "hi");

    EXPECT_EQ(sends(1, "hi"), lines{R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000})"});
    EXPECT_EQ(first.at(0), R"(c1: #2 ok {"offset":1,"epoch":"e1","time":1000})");
    EXPECT_EQ(s.count("send.repeats"), 1U);
    EXPECT_EQ(s.count("store.stored"), 1U);
}

TEST_F(Application, ASendOfAFormerStayIsRefusedAndNotStored)
{
    ann.next = 4;
    ann.stay = 2;
    s.enter(ann);
    (void)s.says();

    EXPECT_EQ(sends(3, "from before"), lines{"c1: #3 not_entered"});
    EXPECT_EQ(s.count("store.stored"), 0U);
    EXPECT_EQ(sends(4, "hi").at(0), R"(c1: #4 ok {"offset":1,"epoch":"e1","time":1000})");
}

TEST_F(Application, ARefusedSendUsesUpItsNumber)
{
    s.ask(ann, "chat.chatHandler.send", "{", 1);
    EXPECT_EQ(s.says(), lines{"c1: #2 bad_request"});

    s.ask(ann, "chat.chatHandler.send", "{", 1);
    EXPECT_EQ(s.says(), lines{"c1: #3 bad_request"});
    EXPECT_EQ(sends(2, "hi").at(0), R"(c1: #4 ok {"offset":1,"epoch":"e1","time":1000})");
}

// ---- the server itself

TEST_F(Application, StatsAreReadWithoutARoom)
{
    s.server.set_stats([] { return std::string(R"({"rooms.open":1})"); });
    s.rid = "";

    s.call("tool-1", protocol::stats_route, "");

    EXPECT_EQ(s.says(), lines{R"(tool-1: #2 ok {"rooms.open":1})"});
}

} // namespace
} // namespace citron::backend
