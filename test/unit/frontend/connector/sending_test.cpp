// Clients' requests on their way to the owners of rooms: whose, numbered, repeated, and in order.
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;
using test::stage;
using test::strings;

constexpr std::string_view history = "chat.chatHandler.history";
constexpr std::string_view send = "chat.chatHandler.send";
constexpr std::string_view signal = "chat.chatHandler.signal";
constexpr std::string_view users = "chat.chatHandler.users";

struct Sending : testing::Test
{
    Sending() { s.up(); }
    /// The owner wants that number before the one it got.
    void hole(std::string_view what, std::uint64_t wanted)
    {
        s.answer(what, errc::hole, protocol::pack(wanted));
    }
    stage s;
};

std::string refusal(std::uint32_t id, std::string_view reason)
{
    return "response " + std::to_string(id) + R"( {"code":500,"reason":")" + std::string(reason) + "\"}";
}

// ---- there and back

TEST_F(Sending, TheClientsBytesReachTheOwnerUntouched)
{
    session& ann = s.member("ann");

    s.ask(ann, 1, history, R"( {"limit" : 5} )");
    s.ask(ann, 2, signal, "");

    EXPECT_EQ(s.sends(), (strings{R"(history lobby ann#1  {"limit" : 5} )", "signal lobby ann#1 "}));
}

TEST_F(Sending, TheOwnersBytesReachTheClientUntouched)
{
    session& ann = s.member("ann");
    s.ask(ann, 5, send, R"({"content":"x","target":"*"})");
    (void)s.sends();

    s.answer("send lobby", errc::ok, R"({"offset": 6,"time":7})");

    EXPECT_EQ(s.hears(ann), strings{R"(response 5 {"offset": 6,"time":7})"});
}

TEST_F(Sending, TheOwnersRefusalIsTold)
{
    session& ann = s.member("ann");
    s.ask(ann, 5, send, R"({"content":"x","target":"bob"})");
    (void)s.sends();

    s.answer("send lobby", errc::no_such_user);

    EXPECT_EQ(s.hears(ann), strings{refusal(5, "no_such_user")});
}

TEST_F(Sending, AnswersFindTheirRequestsInAnyOrder)
{
    session& ann = s.member("ann");
    s.ask(ann, 5, signal, "{}");
    s.ask(ann, 6, history, "{}");
    (void)s.sends();

    s.answer("history", errc::ok, "[2]");
    s.answer("signal", errc::ok, "[1]");

    EXPECT_EQ(s.hears(ann), (strings{"response 6 [2]", "response 5 [1]"}));
}

TEST_F(Sending, AnAnswerForAClientThatIsGoneGoesNowhere)
{
    session& ann = s.member("ann");
    s.ask(ann, 5, send, "{}");
    (void)s.sends();

    s.server.sessions().on_gone(ann.id, s.now);
    s.answer("send lobby", errc::ok, "{}");

    EXPECT_EQ(s.server.rooms().waiting(), 0U);
}

// ---- which room

TEST_F(Sending, WhoIsInNoRoomHasNotEntered)
{
    session& ann = s.connect();

    s.ask(ann, 1, send, R"({"content":"x","target":"*","rid":"lobby"})");

    EXPECT_EQ(s.hears(ann), strings{refusal(1, "not_entered")});
    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Sending, WhoWaitsForTheAnswerHasNotEntered)
{
    session& ann = s.connect();
    s.ask(ann, 1, "connector.entryHandler.enter", R"({"username":"ann","rid":"lobby"})");
    (void)s.sends();

    s.ask(ann, 2, users, "{}");

    EXPECT_EQ(s.hears(ann), strings{refusal(2, "not_entered")});
}

TEST_F(Sending, WhoIsInSeveralRoomsMustNameOne)
{
    session& ann = s.member("ann");
    s.join(ann, "attic");

    s.ask(ann, 1, users, "{}");
    s.ask(ann, 2, users, "");
    s.ask(ann, 3, users, "{");
    s.ask(ann, 4, users, R"({"rid":null})");
    s.ask(ann, 5, users, R"({"rid":"cellar"})");

    EXPECT_EQ(s.hears(ann),
              (strings{refusal(1, "bad_request"), refusal(2, "bad_request"), refusal(3, "bad_request"),
                       refusal(4, "bad_request"), refusal(5, "not_entered")}));
    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Sending, TheRoomNamedIsTheOneAsked)
{
    session& ann = s.member("ann");
    s.join(ann, "attic");

    s.ask(ann, 1, signal, R"({"rid":"attic"})");
    s.ask(ann, 2, signal, R"({"rid":"lobby"})");

    EXPECT_EQ(s.sends(),
              (strings{R"(signal attic ann#1 {"rid":"attic"})", R"(signal lobby ann#1 {"rid":"lobby"})"}));
}

// ---- numbers

TEST_F(Sending, SendsAreNumberedAndOtherRequestsAreNot)
{
    session& ann = s.member("ann");

    s.ask(ann, 1, send, "{}");
    s.ask(ann, 2, users, "{}");
    s.ask(ann, 3, send, "{}");
    s.ask(ann, 4, signal, "{}");

    EXPECT_EQ(s.sends(), (strings{"send lobby ann#1 1/1 {}", "users lobby ann#1 {}",
                                  "send lobby ann#1 2/1 {}", "signal lobby ann#1 {}"}));
}

TEST_F(Sending, EachSessionCountsItsSendsInEachRoom)
{
    session& ann = s.member("ann");
    session& bob = s.member("bob");
    s.join(ann, "attic");

    s.ask(ann, 1, send, R"({"rid":"lobby"})");
    s.ask(ann, 2, send, R"({"rid":"attic"})");
    s.ask(bob, 3, send, "{}");

    EXPECT_EQ(s.sends(), (strings{R"(send lobby ann#1 1/1 {"rid":"lobby"})",
                                  R"(send attic ann#1 1/1 {"rid":"attic"})", "send lobby bob#2 1/1 {}"}));
}

TEST_F(Sending, EachTellsTheFirstThatHasNoAnswerYet)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    s.ask(ann, 2, send, "2");
    (void)s.sends();

    s.answer("send lobby ann#1 2/", errc::ok, "{}");
    s.ask(ann, 3, send, "3");
    s.answer("send lobby ann#1 1/", errc::no_such_user);
    s.ask(ann, 4, send, "4");

    EXPECT_EQ(s.sends(), (strings{"send lobby ann#1 3/1 3", "send lobby ann#1 4/3 4"}));
}

TEST_F(Sending, TheFirstSendAfterAllWereAnsweredTellsItsOwnNumber)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    (void)s.sends();
    s.answer("send", errc::overloaded);

    s.ask(ann, 2, send, "2");

    EXPECT_EQ(s.sends(), strings{"send lobby ann#1 2/2 2"});
}

// ---- holes

TEST_F(Sending, AfterAHoleAllAreSentAgainFromTheNumberWanted)
{
    session& ann = s.member("ann");
    for (std::uint32_t n = 1; n <= 4; ++n)
        s.ask(ann, n, send, std::to_string(n));
    (void)s.sends();
    s.answer("send lobby ann#1 1/", errc::ok, "{}");

    hole("send lobby ann#1 4/", 2);

    EXPECT_EQ(s.sends(),
              (strings{"send lobby ann#1 2/2 2", "send lobby ann#1 3/2 3", "send lobby ann#1 4/2 4"}));
}

TEST_F(Sending, SeveralHolesOfOneLossAreFilledOnce)
{
    session& ann = s.member("ann");
    for (std::uint32_t n = 1; n <= 3; ++n)
        s.ask(ann, n, send, std::to_string(n));
    (void)s.sends();

    hole("send lobby ann#1 2/", 1);
    EXPECT_EQ(s.sends().size(), 3U);
    hole("send lobby ann#1 3/", 1);

    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Sending, AHoleThatStaysIsFilledAgain)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    s.ask(ann, 2, send, "2");
    (void)s.sends();
    hole("send lobby ann#1 2/", 1);
    (void)s.sends();

    s.pass(200ms);
    (void)s.sends();
    hole("send lobby ann#1 2/", 1);

    EXPECT_EQ(s.sends(), (strings{"send lobby ann#1 1/1 1", "send lobby ann#1 2/1 2"}));
}

/// The owner that asks is not the one that answered it.
TEST_F(Sending, WhenTheNumberWantedHasItsAnswerTheSendSaysSo)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    s.ask(ann, 2, send, "2");
    s.ask(ann, 3, send, "3");
    (void)s.sends();
    s.answer("send lobby ann#1 2/", errc::ok, "{}");
    (void)s.hears(ann);

    hole("send lobby ann#1 3/", 2);

    EXPECT_EQ(s.sends(), strings{"send lobby ann#1 3/1 3"});
    EXPECT_EQ(s.answered_before, 2U);
    EXPECT_EQ(s.server.rooms().waiting(), 2U);
}

TEST_F(Sending, WhoHasLeftMeanwhileIsNotSentAgain)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    s.ask(ann, 2, send, "2");
    s.ask(ann, 3, "connector.entryHandler.leave", R"({"rid":"lobby"})");
    (void)s.sends();
    (void)s.hears(ann);

    hole("send lobby ann#1 2/", 1);

    EXPECT_EQ(s.hears(ann), strings{refusal(2, "not_entered")});
    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(s.server.rooms().waiting(), 1U); // of the first nobody has said anything
}

TEST_F(Sending, WhoHasLeftAndComeBackIsNotSentAgainEither)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    s.ask(ann, 2, send, "2");
    s.ask(ann, 3, "connector.entryHandler.leave", R"({"rid":"lobby"})");
    s.enter(ann, "ann", "lobby", s.at(12, 5));

    hole("send lobby ann#1 2/", 1);

    EXPECT_EQ(s.hears(ann), strings{refusal(2, "not_entered")});
    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Sending, AHoleOfOneSessionLeavesTheOthersAlone)
{
    session& ann = s.member("ann");
    session& bob = s.member("bob");
    s.ask(bob, 1, send, "b");
    s.ask(ann, 1, send, "1");
    s.ask(ann, 2, send, "2");
    (void)s.sends();

    hole("send lobby ann#1 2/", 1);

    EXPECT_EQ(s.sends(), (strings{"send lobby ann#1 1/1 1", "send lobby ann#1 2/1 2"}));
}

// ---- too much at once

TEST(SendingTooMuch, WhatWouldWaitBeyondTheBoundIsRefused)
{
    connector_options o;
    o.rooms.calls.total_bytes = 2'000;
    stage s(std::move(o));
    s.up();
    session& ann = s.member("ann");
    session& bob = s.member("bob");
    const std::string large(1'200, 'x');

    s.ask(ann, 1, send, large);
    s.ask(bob, 2, users, large);
    s.ask(bob, 3, send, large);
    s.ask(bob, 4, send, "small");

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(s.hears(bob), (strings{refusal(2, "overloaded"), refusal(3, "overloaded")}));
    EXPECT_EQ(s.sends(), (strings{"send lobby ann#1 1/1 " + large, "send lobby bob#2 1/1 small"}));
}

TEST(SendingTooMuch, AnAnswerMakesRoom)
{
    connector_options o;
    o.rooms.calls.total_bytes = 2'000;
    stage s(std::move(o));
    s.up();
    session& ann = s.member("ann");
    const std::string large(1'200, 'x');
    s.ask(ann, 1, send, large);
    (void)s.sends();

    s.answer("send lobby", errc::ok, "{}");
    s.ask(ann, 2, send, large);

    EXPECT_EQ(s.hears(ann), strings{"response 1 {}"});
    EXPECT_EQ(s.sends(), strings{"send lobby ann#1 2/2 " + large});
}

// ---- repeats

TEST_F(Sending, ASendIsRepeatedUnderItsNumber)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    (void)s.sends();

    s.answer("send", errc::moved);
    s.pass(150ms);

    EXPECT_EQ(s.sends(), strings{"send lobby ann#1 1/1 1"});
    EXPECT_EQ(s.hears(ann), strings{});
}

TEST_F(Sending, ASignalOfUnknownFateIsNotRepeated)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, signal, "{}");
    (void)s.sends();

    s.pass(3s);

    EXPECT_EQ(s.hears(ann), strings{refusal(1, "unavailable")});
    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Sending, ASendWithoutAnswerTimesOut)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");

    s.pass(10s);
    (void)s.sends();

    EXPECT_EQ(s.hears(ann), strings{refusal(1, "timeout")});
    EXPECT_EQ(s.server.rooms().waiting(), 0U);
}

} // namespace
} // namespace citron::frontend
