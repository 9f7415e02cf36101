#include "broker/peer_queue.hpp"

#include <gtest/gtest.h>

namespace citron::broker {
namespace {

using protocol::frame;

TEST(PeerQueue, GivesFramesBackInOrder)
{
    peer_queue queue(100);

    ASSERT_TRUE(queue.push(frame("one")));
    ASSERT_TRUE(queue.push(frame("two")));

    EXPECT_EQ(queue.front().view(), "one");
    queue.pop();
    EXPECT_EQ(queue.front().view(), "two");
    EXPECT_EQ(queue.bytes(), 3U);
}

TEST(PeerQueue, RefusesWhatGoesBeyondItsBytes)
{
    peer_queue queue(6);

    EXPECT_TRUE(queue.push(frame("1234")));
    EXPECT_TRUE(queue.push(frame("56")));
    EXPECT_FALSE(queue.push(frame("7")));
    EXPECT_EQ(queue.bytes(), 6U);
}

TEST(PeerQueue, TakesAnyFrameWhileEmpty)
{
    peer_queue queue(2);

    EXPECT_TRUE(queue.push(frame("larger than the limit")));
    EXPECT_FALSE(queue.push(frame("")) && queue.push(frame("x")));
}

TEST(PeerQueue, HasRoomAgainAfterPop)
{
    peer_queue queue(3);
    ASSERT_TRUE(queue.push(frame("abc")));

    queue.pop();

    EXPECT_TRUE(queue.empty());
    EXPECT_TRUE(queue.push(frame("def")));
}

TEST(PeerQueue, TakeAllEmptiesIt)
{
    peer_queue queue(10);
    ASSERT_TRUE(queue.push(frame("a")));
    ASSERT_TRUE(queue.push(frame("b")));

    const auto all = queue.take_all();

    EXPECT_EQ(all.size(), 2U);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.bytes(), 0U);
}

} // namespace
} // namespace citron::broker
