// Owners of rooms change: the connector tells new ones who is here, then asks again what nobody answered.
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::errc;
using test::stage;
using test::strings;

constexpr std::string_view enter = "connector.entryHandler.enter";
constexpr std::string_view send = "chat.chatHandler.send";
constexpr std::string_view signal = "chat.chatHandler.signal";

struct Owners : testing::Test
{
    Owners() { s.up(); }
    stage s;
};

// ---- before the first enroll list

TEST(Enrolling, BeginsWithTheFirstReadyView)
{
    stage s;
    s.link();

    s.welcome(s.view(1));

    EXPECT_EQ(s.sends(), strings{"enroll 1 first last"});
}

TEST(Enrolling, WaitsUntilTheBrokerIsReady)
{
    stage s;
    s.link();
    auto gathering = s.view(1);
    gathering.ready = false;
    s.welcome(gathering);
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    s.pass(1s);
    EXPECT_EQ(s.sends(), strings{});

    s.tell(s.view(2));

    EXPECT_EQ(s.sends(), (strings{"enroll 2 first last lobby@0.0 joining 1", "add lobby ann#1"}));
}

TEST(Enrolling, WaitsUntilWeAreInTheViewWithOurPresentLink)
{
    stage s;
    s.link();
    auto without_us = s.view(1);
    without_us.servers.erase(without_us.servers.begin());
    s.welcome(without_us);
    auto former_link = s.view(2);
    former_link.servers[0].nonce ^= 2;
    s.tell(former_link);
    session& ann = s.connect();
    s.ask(ann, 1, enter, R"({"username":"ann","rid":"lobby"})");
    s.pass(1s);
    EXPECT_EQ(s.sends(), strings{});

    s.tell(s.view(3));

    EXPECT_EQ(s.sends(), (strings{"enroll 3 first last lobby@0.0 joining 1", "add lobby ann#1"}));
}

TEST(Enrolling, WaitsUntilSomebodyMayOwnRooms)
{
    stage s;
    s.link();
    auto draining = s.view(1);
    draining.servers[1].draining = true;

    s.welcome(draining);
    EXPECT_EQ(s.sends(), strings{});
    s.tell(s.view(2));

    EXPECT_EQ(s.sends(), strings{"enroll 2 first last"});
}

// ---- a new generation

TEST_F(Owners, ANewGenerationIsToldAllRoomsMembersAndWhatTheyWereShown)
{
    session& ann = s.member("ann");
    s.member("bob");
    s.join(ann, "attic", s.at(3, 1));
    s.publish("lobby", s.at(11, 6));

    s.tell(s.view(2));

    EXPECT_EQ(s.sends(), strings{"enroll 2 first last attic@1.3 ann#1/1 lobby@1.11 ann#1/1 bob#2/1"});
}

TEST_F(Owners, TheListTellsWhoIsStillWaitingForAnAnswer)
{
    s.member("ann");
    session& bob = s.connect();
    s.ask(bob, 1, enter, R"({"username":"bob","rid":"lobby"})");
    (void)s.sends();

    s.tell(s.view(2));

    EXPECT_EQ(s.sends(), (strings{"enroll 2 first last lobby@1.10 ann#1/1 joining 2", "add lobby bob#2"}));
}

TEST_F(Owners, TheListTellsEachMembersFirstSendWithoutAnAnswer)
{
    session& ann = s.member("ann");
    for (std::uint32_t n = 1; n <= 3; ++n)
        s.ask(ann, n, send, std::to_string(n));
    (void)s.sends();
    s.answer("send lobby ann#1 1/", errc::ok, "{}");

    s.tell(s.view(2));

    EXPECT_EQ(s.sends().at(0), "enroll 2 first last lobby@1.10 ann#1/2");
}

TEST_F(Owners, AfterTheListAllThatNobodyAnsweredIsAskedAgainInOrder)
{
    session& ann = s.member("ann");
    session& bob = s.member("bob");
    s.ask(bob, 1, send, "b1");
    s.ask(ann, 1, send, "a1");
    s.ask(ann, 2, "chat.chatHandler.users", "u");
    s.ask(ann, 3, send, "a2");
    s.ask(bob, 2, send, "b2");
    (void)s.sends();
    s.answer("send lobby bob#2 1/", errc::ok, "{}");

    s.tell(s.view(2));

    EXPECT_EQ(s.sends(),
              (strings{"enroll 2 first last lobby@1.10 ann#1/1 bob#2/2", "send lobby ann#1 1/1 a1",
                       "users lobby ann#1 u", "send lobby ann#1 2/1 a2", "send lobby bob#2 2/2 b2"}));
}

TEST_F(Owners, ASignalThatIsUnderWayIsLeftAlone)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, signal, "{}");
    (void)s.sends();

    s.tell(s.view(2));
    EXPECT_EQ(s.sends(), strings{"enroll 2 first last lobby@1.10 ann#1/1"});
    EXPECT_EQ(s.hears(ann), strings{});
    s.answer("signal lobby", errc::ok, "{}");

    EXPECT_EQ(s.hears(ann), strings{"response 1 {}"});
}

TEST_F(Owners, ASignalThatFoundItsRoomMovedGoesToTheNewOwner)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, signal, "{}");
    (void)s.sends();
    s.tell(s.view(2));
    (void)s.sends();

    s.answer("signal lobby", errc::moved);
    s.pass(150ms);

    EXPECT_EQ(s.sends(), strings{"signal lobby ann#1 {}"});
    EXPECT_EQ(s.hears(ann), strings{});
}

TEST_F(Owners, AViewOfTheSameGenerationChangesNothing)
{
    session& ann = s.member("ann");
    s.ask(ann, 1, send, "1");
    (void)s.sends();
    auto gate_came = s.view(1);
    gate_came.number = 2;

    s.tell(gate_came);

    EXPECT_EQ(s.sends(), strings{});
}

TEST_F(Owners, WithoutAnybodyToAskCallsWaitForTheNextGeneration)
{
    session& ann = s.member("ann");
    auto nobody = s.view(2);
    nobody.servers.resize(1);
    s.tell(nobody);

    s.ask(ann, 1, send, "1");
    s.pass(1s);
    EXPECT_EQ(s.sends(), strings{});
    s.tell(s.view(3));

    EXPECT_EQ(s.sends(), (strings{"enroll 3 first last lobby@1.10 ann#1/1", "send lobby ann#1 1/1 1"}));
}

TEST_F(Owners, WhoseConnectionHasEndedIsNotListed)
{
    session& ann = s.member("ann");
    s.member("bob");
    s.server.sessions().kick(ann, "drain", s.now);
    (void)s.sends();

    s.tell(s.view(2));

    EXPECT_EQ(s.sends(), strings{"enroll 2 first last lobby@1.10 bob#2/1"});
}

/// The lobby with so many members and one who waits, as the list tells it.
std::string enrolled_lobby(int members)
{
    stage s;
    s.up();
    for (int i = 0; i < members; ++i)
        s.member("u");
    s.ask(s.connect(), 1, enter, R"({"username":"w","rid":"lobby"})");
    (void)s.sends();

    s.tell(s.view(2));

    return s.sends().at(0);
}

std::size_t count(const std::string& words, std::string_view what)
{
    std::size_t found = 0;
    for (auto at = words.find(what); at != std::string::npos; at = words.find(what, at + 1))
        ++found;
    return found;
}

TEST(Enrolling, ALargeRoomComesInSeveralEntries)
{
    const auto words = enrolled_lobby(2'001);

    EXPECT_EQ(count(words, " lobby@1.10"), 3U);
    EXPECT_EQ(count(words, " u#"), 2'001U);
    EXPECT_EQ(count(words, " u#1000/1"), 1U);
    EXPECT_EQ(count(words, " u#1001/1"), 1U);
    EXPECT_EQ(count(words, " joining 2002"), 1U);
    EXPECT_TRUE(words.ends_with(" lobby@1.10 u#2001/1"));
}

TEST(Enrolling, ARoomOfAThousandFitsIntoOneEntry)
{
    const auto words = enrolled_lobby(1'000);

    EXPECT_EQ(count(words, " lobby@1.10"), 1U);
    EXPECT_EQ(count(words, " u#"), 1'000U);
}

TEST(Enrolling, ALongListComesInPartsOfBoundedSize)
{
    connector_options o = test::with_rooms(5000);
    o.sessions.in_flight = 5000;
    stage s(std::move(o));
    s.up();
    session& ann = s.member("ann");
    for (int i = 0; i < 3000; ++i) { // names of up to 256 bytes make a long list
        std::string rid = std::to_string(i);
        while (rid.size() < 230)
            rid += "\xf0\x9f\x8d\x8b";
        s.ask(ann, 1, "connector.entryHandler.join", R"({"rid":")" + rid + "\"}");
    }
    (void)s.sends();

    s.tell(s.view(2));

    auto sent = s.sends();
    std::erase_if(sent, [](const std::string& words) { return !words.starts_with("enroll"); });
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_TRUE(sent[0].starts_with("enroll 2 first 0"));
    EXPECT_TRUE(sent[1].starts_with("enroll 2 last "));
    EXPECT_EQ(std::ranges::count(sent[0] + sent[1], '@'), 3001); // each room once
}

// ---- what the new owner tells

TEST_F(Owners, TheStateOfANewOwnerBringsMembersUpToDate)
{
    session& ann = s.member("ann");
    protocol::sync_state state{.at = s.at(0, 6), .messages = {{6, 0, {"six"}}}};
    state.at.term = 2;

    s.notify(protocol::channel_state, protocol::pack(state));

    EXPECT_EQ(s.hears(ann), strings{"onChat six"});
}

TEST_F(Owners, AFormerOwnersWordOnNamesCountsNoMore)
{
    session& ann = s.member("ann");
    s.member("bob");
    protocol::sync_state state{.at = s.at(0, 5)};
    state.at.term = 2;
    s.notify(protocol::channel_state, protocol::pack(state));

    s.notify(protocol::channel_state,
             protocol::pack(protocol::sync_state{.at = s.at(10, 5), .evicted = {ann.id}}));

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(ann.state, phase::working);
}

TEST_F(Owners, WhoseNameWasTakenMeanwhileIsToldAndClosed)
{
    session& ann = s.member("ann");
    session& bob = s.member("bob");

    s.notify(protocol::channel_state,
             protocol::pack(protocol::sync_state{.at = s.at(10, 5), .evicted = {ann.id}}));

    EXPECT_EQ(s.hears(ann), (strings{R"(kick {"reason":"name_taken"})", "close 1000"}));
    EXPECT_EQ(s.hears(bob), strings{});
    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"});
}

} // namespace
} // namespace citron::frontend
