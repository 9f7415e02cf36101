// What owners are told about a member beyond its name: which stay this is, since when its connection is open,
// and with which number its sends go on.
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
constexpr std::string_view send = "chat.chatHandler.send";
constexpr std::string_view ann_to_lobby = R"({"username":"ann","rid":"lobby"})";

/// A stage whose line is up.
struct Stays : testing::Test
{
    Stays() { s.up(); }
    stage s;
};

// ---- which stay

TEST_F(Stays, AMemberIsOfThisLifeOfTheConnector)
{
    s.member("ann");

    const auto who = s.who("add lobby");

    EXPECT_EQ(who.connector, "c1");
    EXPECT_EQ(who.boot, stage::boot);
}

TEST_F(Stays, ALaterStayHasAHigherNumber)
{
    session& ann = s.member("ann");
    const auto first = s.who("add lobby").stay;
    s.ask(ann, 2, leave, R"({"rid":"lobby"})");
    s.ask(ann, 3, enter, ann_to_lobby);
    (void)s.sends();

    EXPECT_EQ(s.who("kick lobby").stay, first);
    EXPECT_GT(s.who("add lobby").stay, first);
}

TEST_F(Stays, ARequestBelongsToItsStay)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, send, "{}");
    (void)s.sends();

    EXPECT_EQ(s.who("send lobby").stay, s.who("add lobby").stay);
}

// ---- since when

TEST_F(Stays, TheOwnerIsToldByTheWallClockWhenTheConnectionWasOpened)
{
    const auto early = s.unix_ms();
    session& ann = s.connect();
    s.pass(3s);
    s.ask(ann, 1, enter, ann_to_lobby);
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby").opened, early);
}

TEST_F(Stays, AConnectionOpenedAfterTheLastTickIsOfThatMoment)
{
    s.now += 70ms;
    session& ann = s.connect();
    s.ask(ann, 1, enter, ann_to_lobby);
    (void)s.sends();

    EXPECT_EQ(s.who("add lobby").opened, s.unix_ms());
}

TEST_F(Stays, InEveryRoomTheConnectionIsEquallyOld)
{
    session& ann = s.member("ann");
    const auto first = s.who("add lobby").opened;
    s.unix_offset -= 60'000; // somebody sets the clock
    s.pass(3s);

    s.ask(ann, 2, join, R"({"rid":"attic"})");
    s.ask(ann, 3, leave, R"({"rid":"lobby"})");
    s.ask(ann, 4, join, R"({"rid":"lobby"})");
    (void)s.sends();

    EXPECT_EQ(s.who("add attic").opened, first);
    EXPECT_EQ(s.who("kick lobby").opened, first);
    EXPECT_EQ(s.who("add lobby").opened, first);
}

// ---- numbers of sends

/// ann is back in the lobby after two sends of a former stay, the second of which has no answer.
struct Rejoined : Stays
{
    Rejoined() : ann(s.member("ann"))
    {
        s.ask(ann, 2, send, "1");
        s.ask(ann, 3, send, "2");
        (void)s.sends();
        s.answer("send lobby ann#1 1/", errc::ok, "{}");
        s.ask(ann, 4, leave, R"({"rid":"lobby"})");
        s.ask(ann, 5, enter, ann_to_lobby);
        (void)s.sends();
        (void)s.hears(ann);
    }
    session& ann;
};

TEST_F(Rejoined, TheOwnerIsToldTheFirstFreeNumber)
{
    EXPECT_EQ(s.who("add lobby").next, 3U);
}

TEST_F(Rejoined, TheNumbersOfSendsGoOn)
{
    s.admit("add lobby", s.at(13, 7));

    s.ask(ann, 6, send, "3");

    EXPECT_EQ(s.sends(), strings{"send lobby ann#1 3/3 3"});
}

TEST_F(Rejoined, TheListForNewOwnersTellsTheNextNumberToo)
{
    s.admit("add lobby", s.at(13, 7));

    s.tell(s.view(2));

    EXPECT_EQ(s.sends().at(0), "enroll 2 first last lobby@1.13 ann#1/3");
}

TEST_F(Rejoined, TheAnswerToASendOfTheFormerStayStillReachesTheClient)
{
    s.admit("add lobby", s.at(13, 7));
    s.ask(ann, 6, send, "3");
    (void)s.sends();
    (void)s.hears(ann);

    s.answer("send lobby ann#1 2/", errc::ok, "{2}");
    s.ask(ann, 7, send, "4");

    EXPECT_EQ(s.hears(ann), strings{"response 3 {2}"});
    EXPECT_EQ(s.sends(), strings{"send lobby ann#1 4/3 4"}); // 3 has no answer yet
}

TEST_F(Stays, ARoomJoinedLaterGoesOnFromThereToo)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, send, "1");
    (void)s.sends();

    s.join(ann, "attic");
    EXPECT_EQ(s.who("add attic").next, 2U);
    s.ask(ann, 3, send, R"({"rid":"attic"})");
    s.ask(ann, 4, send, R"({"rid":"lobby"})");

    EXPECT_EQ(s.sends(), (strings{R"(send attic ann#1 2/2 {"rid":"attic"})",
                                  R"(send lobby ann#1 2/1 {"rid":"lobby"})"}));
}

TEST_F(Stays, AnotherSessionBeginsWithOne)
{
    session& ann = s.member("ann");
    s.ask(ann, 2, send, "1");
    s.server.sessions().on_gone(ann.id, s.now);
    (void)s.sends();

    s.member("ann");

    EXPECT_EQ(s.who("add lobby").next, 1U);
}

} // namespace
} // namespace citron::frontend
