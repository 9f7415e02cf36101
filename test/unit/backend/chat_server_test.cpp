// Rooms wait, serve and are released.
#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::room_stage;

struct ChatServer : testing::Test
{
    room_stage s;
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);

    /// ann and bob are in the lobby; nobody asks how that was told.
    void both_in()
    {
        s.serve();
        s.enter(ann);
        s.enter(bob);
        s.turn();
        (void)s.says();
    }
};

/// The line of a chat broadcast.
std::string chat(const std::string& at, const std::string& text, int offset, int time = 1000)
{
    return at + R"( {"route":"onChat","msg":")" + text +
           R"(","from":"ann","target":"*","rid":"lobby","offset":)" + std::to_string(offset) +
           R"(,"epoch":"e1","time":)" + std::to_string(time) + "}";
}

TEST_F(ChatServer, SaysThatItHasHandedOverWhatIsNotIts)
{
    EXPECT_EQ(s.says(), lines{"done 1"});
}

TEST_F(ChatServer, ARoomReadsAsATranscript)
{
    s.serve();
    s.enter(ann);
    s.enter(bob);
    s.send(ann, 1, "hi");
    s.kick(bob);
    s.turn();

    EXPECT_EQ(s.says(), (lines{
                            "c1: #1 ok 1.1 e1@0 [ann]",
                            R"(c1: lobby 1.2 e1@0 {"route":"onAdd","user":"bob","rid":"lobby"})",
                            "c2: #2 ok 1.2 e1@0 [ann bob]",
                            R"(c1: lobby 1.3 e1@0 {"route":"onLeave","user":"bob","rid":"lobby"})",
                            R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000})",
                            chat("c1: lobby 1.4 e1@1", "hi", 1),
                        }));
}

TEST_F(ChatServer, TheTimeOfMessagesGoesOnBetweenTicks)
{
    both_in();
    s.now += 40ms;

    s.send(ann, 1, "hi");
    s.turn();

    EXPECT_EQ(s.says().at(0), R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1040})");
}

// ---- waiting

TEST_F(ChatServer, RequestsWaitAndAreServedInOrder)
{
    s.enroll("c1", {ann});
    s.enroll("c2");
    s.ask(ann, "chat.chatHandler.users", "{}");
    s.enter(bob);
    s.send(ann, 1, "hi");
    s.ask(bob, "chat.chatHandler.users", "{}");
    s.kick(bob);
    s.turn();
    (void)s.says();

    s.settle();
    s.turn();

    EXPECT_EQ(s.says(), (lines{
                            "c1: lobby at 1.0 e1@0, [ann]",
                            R"(c1: #1 ok {"users":["ann"]})",
                            R"(c1: lobby 1.1 e1@0 {"route":"onAdd","user":"bob","rid":"lobby"})",
                            "c2: #2 ok 1.1 e1@0 [ann bob]",
                            R"(c2: #4 ok {"users":["ann","bob"]})",
                            R"(c1: lobby 1.2 e1@0 {"route":"onLeave","user":"bob","rid":"lobby"})",
                            R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000})",
                            chat("c1: lobby 1.3 e1@1", "hi", 1),
                        }));
}

TEST_F(ChatServer, WhatWaitsForARoomIsBounded)
{
    room_stage small({.waiting_bytes = 1000});
    small.settle();
    small.enroll("c1", {ann});
    (void)small.says();
    small.send(ann, 1, std::string(600, 'x'));
    small.send(ann, 2, std::string(600, 'x'));

    EXPECT_EQ(small.says(), lines{"c1: #2 overloaded"});
    EXPECT_EQ(small.count("room.overloaded"), 1U);
}

TEST_F(ChatServer, WhoLeavesIsHeardHoweverMuchWaits)
{
    room_stage small({.waiting_bytes = 1000});
    small.settle();
    small.enroll("c1", {ann, room_stage::who("eve", "c1", 2)});
    small.send(ann, 1, std::string(600, 'x'));
    small.send(ann, 2, std::string(600, 'x'));
    small.kick(ann);
    (void)small.says();

    small.enroll("c2");
    small.turn();

    EXPECT_EQ(small.server.channels().members(), 1U);
}

TEST_F(ChatServer, WhatWaitedBelowTheBoundIsServed)
{
    room_stage small({.waiting_bytes = 1000});
    small.settle();
    small.enroll("c1", {ann});
    small.send(ann, 1, std::string(600, 'x'));
    small.send(ann, 2, std::string(600, 'x'));
    (void)small.says();

    small.enroll("c2");
    small.turn();
    small.send(ann, 2, "again");
    small.turn();

    const auto said = small.says();
    ASSERT_EQ(said.size(), 5U);
    EXPECT_EQ(said[1], R"(c1: #1 ok {"offset":1,"epoch":"e1","time":1000})");
    EXPECT_EQ(said[3], R"(c1: #3 ok {"offset":2,"epoch":"e1","time":1000})");
}

// ---- released

TEST_F(ChatServer, ARoomThatNobodyIsInIsReleased)
{
    both_in();

    s.kick(ann);
    EXPECT_EQ(s.server.channels().size(), 1U);
    s.kick(bob);

    EXPECT_EQ(s.server.channels().size(), 0U);
}

TEST_F(ChatServer, ARoomIsNotReleasedBeforeItsLastMessageIsStored)
{
    s.serve();
    s.enter(ann);
    s.turn();
    s.send(ann, 1, "bye");
    s.kick(ann);
    (void)s.says();

    EXPECT_EQ(s.server.channels().size(), 1U);
    s.turn();

    EXPECT_EQ(s.server.channels().size(), 0U);
    EXPECT_EQ(s.says(), lines{R"(c1: #2 ok {"offset":1,"epoch":"e1","time":1000})"});
}

TEST_F(ChatServer, AReleasedRoomContinuesItsOffsetsUnderAHigherTerm)
{
    s.serve();
    s.enter(ann);
    s.send(ann, 1, "hi");
    s.turn();
    s.kick(ann);
    (void)s.says();

    s.enter(bob);
    s.send(bob, 1, "again");
    s.turn();

    const auto said = s.says();
    EXPECT_EQ(said.at(0), "c2: #3 ok 2.1 e1@1 [bob]");
    EXPECT_EQ(said.at(1), R"(c2: #4 ok {"offset":2,"epoch":"e1","time":1000})");
}

TEST_F(ChatServer, WhoIsRefusedOpensNothingForLong)
{
    s.serve();

    s.send(ann, 1, "hi");
    s.turn();

    EXPECT_EQ(s.says(), lines{"c1: #1 not_entered"});
    EXPECT_EQ(s.server.channels().size(), 0U);
}

// ---- heads

TEST_F(ChatServer, HeadsOfAnActiveRoomAreAnnouncedEvery500Ms)
{
    both_in();
    s.send(ann, 1, "hi");
    s.turn();
    s.pass(500ms);
    (void)s.says();

    s.pass(1000ms);

    EXPECT_EQ(s.says(), (lines{"c1: heads lobby 1.3 e1@1", "c2: heads lobby 1.3 e1@1",
                               "c1: heads lobby 1.3 e1@1", "c2: heads lobby 1.3 e1@1"}));
}

TEST_F(ChatServer, HeadsOfAQuietRoomAreNotAnnounced)
{
    both_in();
    s.pass(5'600ms);
    (void)s.says();

    s.pass(2s);

    EXPECT_EQ(s.says(), lines{});
}

TEST_F(ChatServer, HeadsGoOnlyWhereMembersAre)
{
    both_in();
    s.kick(bob);
    (void)s.says();

    s.pass(500ms);

    EXPECT_EQ(s.says(), lines{"c1: heads lobby 1.3 e1@0"});
}

} // namespace
} // namespace citron::backend
