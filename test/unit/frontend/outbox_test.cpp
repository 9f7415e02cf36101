#include "frontend/outbox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace citron::frontend {
namespace {

using protocol::frame;

std::string contents(const outbox& out)
{
    std::array<std::string_view, 64> parts;
    std::string text;
    for (std::size_t i = 0, count = out.gather(parts); i < count; ++i)
        text.append(parts[i]);
    return text;
}

struct Outbox : testing::Test
{
    outbox_memory memory;
};

struct OutboxMemory : Outbox
{
    /// So many frames in so many places, and their bytes.
    static std::size_t of(std::size_t places, std::size_t frames, std::size_t bytes)
    {
        return places * outbox_memory::per_place + frames * outbox_memory::per_frame + bytes;
    }
};

/// The limit that so many frames of so many bytes in all just fit into.
constexpr std::size_t room_for(std::size_t frames, std::size_t bytes)
{
    return frames * outbox::per_frame + bytes;
}

TEST_F(Outbox, KeepsFramesInOrder)
{
    outbox out(1000, memory);

    EXPECT_TRUE(out.append(frame("one ")));
    EXPECT_TRUE(out.append(frame("two")));

    EXPECT_EQ(contents(out), "one two");
    EXPECT_EQ(out.bytes(), 7U);
}

TEST_F(Outbox, RefusesFrameOverByteLimit)
{
    outbox out(room_for(2, 8), memory);
    EXPECT_TRUE(out.append(frame("12345")));

    EXPECT_FALSE(out.append(frame("6789")));

    EXPECT_EQ(contents(out), "12345");
    EXPECT_TRUE(out.append(frame("678")));
}

TEST_F(Outbox, FramesCostMoreThanTheirBytes)
{
    outbox out(room_for(3, 6), memory);
    const frame pong("po");
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(out.append(pong));

    EXPECT_FALSE(out.append(pong));

    EXPECT_EQ(out.weight(), room_for(3, 6));
    out.consume(3);
    EXPECT_EQ(out.weight(), room_for(2, 3));
    EXPECT_TRUE(out.append(pong));
}

TEST_F(Outbox, LastWordsIgnoreTheLimit)
{
    outbox out(room_for(1, 4), memory);
    EXPECT_TRUE(out.append(frame("full")));

    out.append_last(frame("bye"));

    EXPECT_EQ(contents(out), "fullbye");
}

TEST_F(Outbox, ResumesInsideAFrame)
{
    outbox out(1000, memory);
    EXPECT_TRUE(out.append(frame("hello")));
    EXPECT_TRUE(out.append(frame("world")));

    out.consume(2);
    EXPECT_EQ(contents(out), "lloworld");
    out.consume(5);

    EXPECT_EQ(contents(out), "rld");
    EXPECT_EQ(out.bytes(), 3U);
}

TEST_F(Outbox, IsEmptyWhenAllIsTaken)
{
    outbox out(1000, memory);
    EXPECT_TRUE(out.append(frame("hello")));

    out.consume(5);

    EXPECT_TRUE(out.empty());
    EXPECT_EQ(contents(out), "");
}

TEST_F(Outbox, MakesRoomAsTheSocketTakesBytes)
{
    outbox out(room_for(2, 5), memory);
    EXPECT_TRUE(out.append(frame("12345")));
    out.consume(3);

    EXPECT_TRUE(out.append(frame("678")));

    EXPECT_EQ(contents(out), "45678");
}

TEST_F(Outbox, GathersNoMoreThanAsked)
{
    outbox out(1000, memory);
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(out.append(frame("ab")));
    std::array<std::string_view, 2> parts;

    EXPECT_EQ(out.gather(parts), 2U);
}

TEST_F(Outbox, ManyFramesComeOutAsTheyWentIn)
{
    outbox out(1U << 20U, memory);
    std::string sent, received;
    for (int i = 0; i < 1000; ++i) {
        const auto text = std::to_string(i) + ",";
        sent += text;
        EXPECT_TRUE(out.append(frame(text)));
        const auto some = contents(out).substr(0, static_cast<std::size_t>(i % 7));
        received += some;
        out.consume(some.size());
    }
    while (!out.empty()) {
        const auto some = contents(out).substr(0, 5);
        received += some;
        out.consume(some.size());
    }

    EXPECT_EQ(received, sent);
}

TEST_F(Outbox, ClearForgetsEverything)
{
    outbox out(room_for(1, 4), memory);
    EXPECT_TRUE(out.append(frame("1234")));
    out.consume(1);

    out.clear();

    EXPECT_TRUE(out.empty());
    EXPECT_EQ(out.bytes(), 0U);
    EXPECT_TRUE(out.append(frame("5678")));
    EXPECT_EQ(contents(out), "5678");
}

TEST_F(OutboxMemory, CountsWhatSeveralShareOnce)
{
    outbox one(1000, memory), two(1000, memory);
    const frame shared("shared");

    EXPECT_TRUE(one.append(shared));
    EXPECT_TRUE(two.append(shared));
    EXPECT_TRUE(two.append(frame("own")));
    EXPECT_EQ(memory.bytes(), of(3, 2, 9));

    one.consume(6);
    EXPECT_EQ(memory.bytes(), of(2, 2, 9)) << "it still waits in the other";
    two.consume(5);
    EXPECT_EQ(memory.bytes(), of(2, 2, 9)) << "a frame is held until its last byte is written";
    two.consume(1);
    EXPECT_EQ(memory.bytes(), of(1, 1, 3));
    two.consume(3);
    EXPECT_EQ(memory.bytes(), 0U);
}

TEST_F(OutboxMemory, AFrameThatWaitsTwiceInOneOutboxCountsOnce)
{
    outbox out(1000, memory);
    const frame beat("beat");
    EXPECT_TRUE(out.append(beat));
    EXPECT_TRUE(out.append(beat));

    out.consume(4);

    EXPECT_EQ(memory.bytes(), of(1, 1, 4));
    out.clear();
    EXPECT_EQ(memory.bytes(), 0U);
}

TEST_F(OutboxMemory, IsGivenBackByAnOutboxThatEnds)
{
    {
        outbox out(1000, memory);
        EXPECT_TRUE(out.append(frame("written")));
        EXPECT_TRUE(out.append(frame("half")));
        EXPECT_TRUE(out.append(frame("not at all")));
        out.consume(9);
        EXPECT_EQ(memory.bytes(), of(2, 2, 14));
    }
    EXPECT_EQ(memory.bytes(), 0U);
}

TEST_F(OutboxMemory, DropsAllButTheFrameThatIsBegun)
{
    outbox out(1000, memory);
    EXPECT_TRUE(out.append(frame("written")));
    EXPECT_TRUE(out.append(frame("half")));
    EXPECT_TRUE(out.append(frame("waits")));
    out.consume(9);

    out.drop_waiting();

    EXPECT_EQ(contents(out), "lf");
    EXPECT_EQ(out.bytes(), 2U);
    EXPECT_EQ(memory.bytes(), of(1, 1, 4));
    EXPECT_TRUE(out.append(frame("next")));
    EXPECT_EQ(contents(out), "lfnext");
    out.consume(6);
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(memory.bytes(), 0U);
}

TEST_F(Outbox, DropsAllWhenNothingIsBegun)
{
    outbox out(1000, memory);
    EXPECT_TRUE(out.append(frame("written")));
    EXPECT_TRUE(out.append(frame("waits")));
    out.consume(7);

    out.drop_waiting();

    EXPECT_TRUE(out.empty());
    EXPECT_EQ(memory.bytes(), 0U);
}

} // namespace
} // namespace citron::frontend
