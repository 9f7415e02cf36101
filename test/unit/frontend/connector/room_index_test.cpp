#include "frontend/connector/room_index.hpp"

#include "frontend/connector/enroll_list.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace citron::frontend {
namespace {

struct RoomIndex : testing::Test
{
    /// As the feed does for those who are joining.
    static void show(room& r, std::uint64_t rev)
    {
        r.recent.push_back({.at = {.term = 1, .rev = rev}, .frame = protocol::frame("x")});
        ++r.recent_bytes;
    }
    outbox_memory memory;
    session ann{1, 1000, memory}, bob{2, 1000, memory}, cid{3, 1000, memory};
    room_index index;
};

using places = std::vector<place*>;

places places_of(const room_index& index, session_id client)
{
    places found;
    for (const auto& p : index.places(client))
        found.push_back(p.get());
    return found;
}

TEST_F(RoomIndex, ANewPlaceIsJoiningAndMakesItsRoom)
{
    auto& p = index.add(ann, "lobby", "ann");

    EXPECT_TRUE(p.joining);
    EXPECT_EQ(p.client, &ann);
    EXPECT_EQ(p.user, "ann");
    ASSERT_EQ(p.in, index.find("lobby"));
    EXPECT_EQ(p.in->joining, places{&p});
    EXPECT_EQ(p.in->members, places{});
    EXPECT_FALSE(p.in->known);
}

TEST_F(RoomIndex, KnowsHowMuchThereIsToTellAnOwner)
{
    const std::string key(64, 'f');
    const auto most = std::numeric_limits<std::uint64_t>::max();
    const auto member_of = [&](const place& p) {
        return protocol::member{.user = p.user,
                                .connector = "connector-server-12",
                                .boot = most,
                                .session = most,
                                .key = key,
                                .joined = most,
                                .next = most,
                                .sent = most,
                                .stay = most,
                                .opened = most,
                                .stamp = most};
    };
    for (int i = 0; i < 20; ++i)
        index.admit(index.add(ann, "room " + std::to_string(i), "ann"));
    std::size_t told = 0;
    for (const auto& part : enroll_list(index, most, member_of))
        told += protocol::pack(part).size();

    EXPECT_GE(index.told_bytes(), told);
    EXPECT_LT(index.told_bytes(), told * 3 / 2);
    while (!index.places(ann.id).empty())
        index.remove(*index.places(ann.id).front());
    EXPECT_EQ(index.told_bytes(), 0U);
}

TEST_F(RoomIndex, AdmittedItIsAMember)
{
    auto& p = index.add(ann, "lobby", "ann");

    index.admit(p);

    EXPECT_FALSE(p.joining);
    EXPECT_EQ(p.in->joining, places{});
    EXPECT_EQ(p.in->members, places{&p});
}

TEST_F(RoomIndex, SessionsShareARoom)
{
    auto& a = index.add(ann, "lobby", "ann");
    auto& b = index.add(bob, "lobby", "bob");

    EXPECT_EQ(a.in, b.in);
    EXPECT_EQ(index.rooms().size(), 1U);
}

TEST_F(RoomIndex, FindsThePlaceOfASessionInARoom)
{
    auto& lobby = index.add(ann, "lobby", "ann");
    auto& attic = index.add(ann, "attic", "ann");
    index.add(bob, "lobby", "bob");

    EXPECT_EQ(index.find(1, "lobby"), &lobby);
    EXPECT_EQ(index.find(1, "attic"), &attic);
    EXPECT_EQ(index.find(2, "attic"), nullptr);
    EXPECT_EQ(index.find(3, "lobby"), nullptr);
    EXPECT_EQ(index.find(1, attic.serial), &attic);
    EXPECT_EQ(index.find(2, attic.serial), nullptr);
}

TEST_F(RoomIndex, PlacesOfASessionAreInTheOrderTheyWereAdded)
{
    auto& z = index.add(ann, "z", "ann");
    auto& a = index.add(ann, "a", "ann");
    auto& m = index.add(ann, "m", "ann");

    EXPECT_EQ(places_of(index, 1), (places{&z, &a, &m}));
    EXPECT_LT(z.serial, a.serial);
    EXPECT_LT(a.serial, m.serial);
    EXPECT_EQ(places_of(index, 2), places{});
}

TEST_F(RoomIndex, ARoomEndsWithItsLastPlace)
{
    auto& a = index.add(ann, "lobby", "ann");
    auto& b = index.add(bob, "lobby", "bob");
    index.admit(a);

    index.remove(a);
    EXPECT_NE(index.find("lobby"), nullptr);
    index.remove(b);

    EXPECT_EQ(index.find("lobby"), nullptr);
    EXPECT_EQ(places_of(index, 1), places{});
    EXPECT_EQ(index.find(2, "lobby"), nullptr);
}

TEST_F(RoomIndex, RemovingOnePlaceLeavesTheSessionsOthers)
{
    auto& lobby = index.add(ann, "lobby", "ann");
    auto& attic = index.add(ann, "attic", "ann");
    index.admit(lobby);

    index.remove(lobby);

    EXPECT_EQ(places_of(index, 1), places{&attic});
    EXPECT_EQ(index.find("lobby"), nullptr);
}

TEST_F(RoomIndex, ASecondPlaceInTheSameRoomIsNotTheFirst)
{
    const auto first = index.add(ann, "lobby", "ann").serial;
    index.remove(*index.find(1, "lobby"));

    EXPECT_GT(index.add(ann, "lobby", "ann").serial, first);
}

TEST_F(RoomIndex, WhatNewcomersMayNeedIsForgottenWithTheLastOfThem)
{
    index.admit(index.add(ann, "lobby", "ann"));
    auto& newcomer = index.add(bob, "lobby", "bob");
    room& r = *newcomer.in;
    show(r, 5);

    index.remove(newcomer);

    EXPECT_TRUE(r.recent.empty());
    EXPECT_EQ(r.recent_bytes, 0U);
}

TEST_F(RoomIndex, WhatNewcomersMayNeedBeginsWhereTheFirstOfThemAsks)
{
    auto& member = index.add(ann, "lobby", "ann");
    index.admit(member);
    room& r = *member.in;
    r.seen = {.term = 1, .rev = 5};

    index.add(bob, "lobby", "bob");
    r.seen.rev = 6;
    show(r, 6);
    index.add(cid, "lobby", "cid");

    EXPECT_EQ(r.recent_from, (protocol::head{.term = 1, .rev = 5}));
    EXPECT_EQ(r.recent.size(), 1U);
}

TEST_F(RoomIndex, ForgettingBeginsAnewWithWhatWasShownLast)
{
    room r;
    show(r, 6);
    r.seen = {.term = 1, .rev = 7};

    r.forget_recent();

    EXPECT_TRUE(r.recent.empty());
    EXPECT_EQ(r.recent_bytes, 0U);
    EXPECT_EQ(r.recent_from, r.seen);
}

TEST_F(RoomIndex, WhoIsGoneIsAheadOfNothing)
{
    index.admit(index.add(ann, "lobby", "ann"));
    auto& p = index.add(bob, "lobby", "bob");
    index.admit(p);
    room& r = *p.in;
    r.ahead[&p] = {"ann", "bob"};

    index.remove(p);

    EXPECT_TRUE(r.ahead.empty());
}

TEST(RosterChange, ComersAreAddedAndGoersTakenAway)
{
    using protocol::event;
    std::set<std::string> users{"ann"};

    for (const auto& change : {roster_change{event::add, "bob"}, roster_change{event::leave, "ann"},
                               roster_change{event::chat, "cid"}, roster_change{}})
        change.apply(users);

    EXPECT_EQ(users, std::set<std::string>{"bob"});
}

TEST(Place, LowIsTheFirstSendWithoutAnAnswer)
{
    place p;
    EXPECT_EQ(p.low(), 1U);

    p.sends = {{3, 30}, {4, 40}};
    p.next_send = 5;
    EXPECT_EQ(p.low(), 3U);

    p.sends.clear();
    EXPECT_EQ(p.low(), 5U);
}

TEST(Head, EventsAreOrderedByTermThenRev)
{
    EXPECT_TRUE(before({.term = 1, .rev = 5}, {.term = 1, .rev = 6}));
    EXPECT_TRUE(before({.term = 1, .rev = 5}, {.term = 2, .rev = 0}));
    EXPECT_FALSE(before({.term = 2, .rev = 0}, {.term = 1, .rev = 5}));
    EXPECT_FALSE(before({.term = 1, .rev = 5, .offset = 1}, {.term = 1, .rev = 5, .offset = 2}));
}

} // namespace
} // namespace citron::frontend
