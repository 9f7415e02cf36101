// The line to the broker is lost, or given up because something could not be said: clients stay, and the next
// line is told who is here.
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using test::stage;
using test::strings;

constexpr std::string_view leave = "connector.entryHandler.leave";
constexpr std::string_view send = "chat.chatHandler.send";
constexpr std::string_view signal = "chat.chatHandler.signal";

struct LostLine : testing::Test
{
    LostLine() { s.up(); }
    stage s;
};

TEST_F(LostLine, WhileTheLineIsLostClientsStayAndNothingIsSent)
{
    session& ann = s.member("ann");
    s.lose();

    s.ask(ann, 1, send, "1");

    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(ann.state, phase::working);
}

TEST_F(LostLine, ANewLineIsEnrolledAnewInTheSameGeneration)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    (void)s.sends();
    s.lose();
    s.ask(ann, 2, send, "2");
    s.now += 500ms;

    s.link();
    s.welcome(s.view(1));

    EXPECT_EQ(s.sends(), (strings{"enroll 1 first last lobby@1.10 ann#1/1", "send lobby ann#1 1/1 1",
                                  "send lobby ann#1 2/1 2"}));
}

TEST_F(LostLine, WhoLeftWhileTheLineWasLostIsMissingInTheList)
{
    session& ann = s.member("ann");
    s.member("bob");
    s.lose();
    s.server.sessions().on_gone(ann.id, s.now);
    s.now += 500ms;

    s.link();
    s.welcome(s.view(1));

    EXPECT_EQ(s.sends(), strings{"enroll 1 first last lobby@1.10 bob#2/1"});
}

TEST_F(LostLine, AnotherBrokerIsEnrolledWith)
{
    s.member("ann");
    s.lose();
    s.now += 500ms;
    s.link();
    auto fresh = s.view(1);
    fresh.broker = 10;

    s.welcome(fresh);

    EXPECT_EQ(s.sends(), strings{"enroll 1 first last lobby@1.10 ann#1/1"});
}

TEST_F(LostLine, ASignalOfUnknownFateIsGivenUp)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, signal, "{}");
    (void)s.sends();

    s.lose();

    EXPECT_EQ(s.hears(ann), strings{R"(response 1 {"code":500,"reason":"unavailable"})"});
}

TEST_F(LostLine, ASignalThatNobodyHasHeardWaitsForTheNextLine)
{
    session& ann = s.member("ann");
    s.lose();
    s.ask(ann, 1, signal, "{}");
    s.now += 500ms;

    s.link();
    s.welcome(s.view(1));

    EXPECT_EQ(s.sends(), (strings{"enroll 1 first last lobby@1.10 ann#1/1", "signal lobby ann#1 {}"}));
}

// ---- a line that is full

/// ann and bob are in the lobby, and the line takes nothing more.
struct FullLine : testing::Test
{
    static connector_options with_short_queue()
    {
        connector_options o;
        o.peer.queue_bytes = 5'000;
        return o;
    }
    FullLine() : s(with_short_queue())
    {
        s.up();
        ann = &s.member("ann");
        s.member("bob");
        s.fill_line();
    }
    /// A new line, as soon as one may be opened; what it is told.
    strings next_line(std::uint64_t generation)
    {
        s.now += 500ms;
        s.link();
        s.welcome(s.view(generation));
        return s.sends();
    }
    stage s;
    session* ann;
};

TEST_F(FullLine, ALeavingThatCannotBeToldIsToldByTheListOfTheNextLine)
{
    s.ask(*ann, 2, leave, R"({"rid":"lobby"})");
    EXPECT_EQ(s.hears(*ann), strings{"response 2 {}"});
    EXPECT_TRUE(s.server.line().up());

    s.pass(50ms);

    EXPECT_FALSE(s.server.line().up());
    EXPECT_EQ(next_line(1), strings{"enroll 1 first last lobby@1.10 bob#2/1"});
}

TEST_F(FullLine, SoIsTheEndOfAConnection)
{
    s.server.sessions().on_gone(ann->id, s.now);

    s.pass(50ms);

    EXPECT_FALSE(s.server.line().up());
    EXPECT_EQ(next_line(1), strings{"enroll 1 first last lobby@1.10 bob#2/1"});
}

TEST_F(FullLine, AListThatCannotBeToldIsToldByTheNextLine)
{
    s.tell(s.view(2));
    EXPECT_TRUE(s.server.line().up());

    s.pass(50ms);

    EXPECT_FALSE(s.server.line().up());
    EXPECT_EQ(next_line(2), strings{"enroll 2 first last lobby@1.10 ann#1/1 bob#2/1"});
}

TEST_F(FullLine, CallsWaitWithoutGivingUpTheLine)
{
    s.ask(*ann, 2, send, "1");
    s.pass(100ms);
    EXPECT_TRUE(s.server.line().up());
    (void)s.sends(); // room again

    s.pass(150ms);

    EXPECT_EQ(s.sends(), strings{"send lobby ann#1 1/1 1"});
    EXPECT_EQ(s.hears(*ann), strings{});
}

} // namespace
} // namespace citron::frontend
