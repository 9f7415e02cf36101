#include "broker/parking.hpp"

#include <gtest/gtest.h>

#include <map>

namespace citron::broker {
namespace {

using cluster::send_result;
using protocol::frame;
using outcome = parking::outcome;
using strings = std::vector<std::string>;

/// A socket with room for so many frames to each addressee; one that it does not know is unreachable.
class Parking : public testing::Test
{
protected:
    send_result transmit(std::string_view whom, std::string_view bytes)
    {
        const auto place = room.find(std::string(whom));
        if (place == room.end())
            return send_result::unreachable;
        if (place->second == 0)
            return send_result::full;
        --place->second;
        taken.push_back(std::string(whom).append(" ").append(bytes));
        return send_result::sent;
    }

    std::map<std::string, int> room{{"a", 0}, {"b", 0}};
    strings taken;
    parking frames{[this](std::string_view whom, std::string_view bytes) { return transmit(whom, bytes); },
                   6};
};

TEST_F(Parking, SendsAtOnceWhatFits)
{
    room["a"] = 1;

    EXPECT_EQ(frames.send("a", frame("one")), outcome::sent);

    EXPECT_EQ(taken, strings{"a one"});
    EXPECT_EQ(frames.bytes(), 0U);
}

TEST_F(Parking, KeepsWhatDoesNotFit)
{
    EXPECT_EQ(frames.send("a", frame("one")), outcome::parked);

    EXPECT_EQ(frames.bytes(), 3U);
    EXPECT_EQ(taken, strings{});
}

TEST_F(Parking, NothingOvertakesWhatIsKept)
{
    (void)frames.send("a", frame("1"));
    room["a"] = 9;

    EXPECT_EQ(frames.send("a", frame("2")), outcome::parked);
    EXPECT_EQ(frames.retry(), strings{});

    EXPECT_EQ(taken, (strings{"a 1", "a 2"}));
}

TEST_F(Parking, OneWithoutRoomDoesNotHoldUpTheOthers)
{
    (void)frames.send("a", frame("1"));
    (void)frames.send("b", frame("1"));
    room["b"] = 9;

    EXPECT_EQ(frames.send("b", frame("2")), outcome::parked);
    EXPECT_EQ(frames.retry(), strings{});

    EXPECT_EQ(taken, (strings{"b 1", "b 2"}));
    EXPECT_EQ(frames.bytes(), 1U);
}

TEST_F(Parking, ARetrySendsAsMuchAsFits)
{
    for (const auto* text : {"1", "2", "3"})
        (void)frames.send("a", frame(text));
    room["a"] = 2;

    EXPECT_EQ(frames.retry(), strings{});

    EXPECT_EQ(taken, (strings{"a 1", "a 2"}));
    EXPECT_EQ(frames.bytes(), 1U);
}

TEST_F(Parking, SendsAtOnceAgainWhenNothingIsKept)
{
    (void)frames.send("a", frame("1"));
    room["a"] = 2;
    (void)frames.retry();

    EXPECT_EQ(frames.send("a", frame("2")), outcome::sent);
}

TEST_F(Parking, WhatGoesToNobodyIsNotKept)
{
    EXPECT_EQ(frames.send("nobody", frame("1")), outcome::unreachable);

    EXPECT_EQ(frames.bytes(), 0U);
    EXPECT_EQ(frames.retry(), strings{});
}

TEST_F(Parking, BeyondTheLimitOfItsAddresseeAFrameIsNotKept)
{
    EXPECT_EQ(frames.send("a", frame("1234")), outcome::parked);
    EXPECT_EQ(frames.send("a", frame("567")), outcome::overflow);
    EXPECT_EQ(frames.send("b", frame("567")), outcome::parked);

    EXPECT_EQ(frames.bytes(), 7U);
}

TEST_F(Parking, ARetryNamesThoseWhoAreGone)
{
    (void)frames.send("a", frame("1"));
    (void)frames.send("b", frame("1"));
    room.erase("a");
    room["b"] = 9;

    EXPECT_EQ(frames.retry(), strings{"a"});

    EXPECT_EQ(taken, strings{"b 1"});
}

TEST_F(Parking, FramesOfThoseWhoAreGoneStayUntilDropped)
{
    (void)frames.send("a", frame("1"));
    (void)frames.send("a", frame("2"));
    room.erase("a");
    (void)frames.retry();

    const auto kept = frames.drop("a");

    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].view(), "1");
    EXPECT_EQ(kept[1].view(), "2");
    EXPECT_EQ(frames.bytes(), 0U);
    EXPECT_EQ(frames.retry(), strings{});
}

TEST_F(Parking, NothingIsDroppedOfThoseForWhomNothingIsKept)
{
    EXPECT_TRUE(frames.drop("a").empty());
}

} // namespace
} // namespace citron::broker
