#include "test/bench/load/websocket.hpp"

#include <gtest/gtest.h>

namespace citron::bench {
namespace {

std::string frame(std::size_t payload)
{
    std::string out;
    append_frame(out, opcode::binary, std::string(payload, 'x'));
    return out;
}

/// As a server sends it: not masked.
std::string server_frame(std::string_view header, std::string_view payload)
{
    return std::string(header).append(payload);
}

TEST(BenchWebsocket, ClientFramesAreMaskedWithZeros)
{
    EXPECT_EQ(frame(3), std::string("\x82\x83\0\0\0\0xxx", 9));
    EXPECT_EQ(frame(126).substr(0, 8), std::string("\x82\xfe\0\x7e\0\0\0\0", 8));
    EXPECT_EQ(frame(65536).substr(0, 14), std::string("\x82\xff\0\0\0\0\0\1\0\0\0\0\0\0", 14));
}

TEST(BenchWebsocket, ReadsOneFrameAfterAnother)
{
    const auto bytes = server_frame("\x82\x02", "ab") + server_frame("\x81\x01", "c");
    const auto first = next_frame(bytes);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->payload, "ab");
    EXPECT_EQ(first->kind, opcode::binary);
    const auto second = next_frame(std::string_view(bytes).substr(first->size));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->payload, "c");
    EXPECT_EQ(second->kind, opcode::text);
}

TEST(BenchWebsocket, WaitsForWhatIsMissing)
{
    const auto bytes = server_frame(std::string("\x82\x7e\x01\x2c", 4), std::string(300, 'y'));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(next_frame(std::string_view(bytes).substr(0, size))) << size;
    EXPECT_EQ(next_frame(bytes)->payload.size(), 300);
}

TEST(BenchWebsocket, TheUpgradeAnswerEndsWithAnEmptyLine)
{
    EXPECT_EQ(upgrade_answer_size("HTTP/1.1 101 Switching\r\nA: b\r\n"), 0);
    EXPECT_EQ(upgrade_answer_size("HTTP/1.1 101\r\n\r\n\x82\x00"), 16);
}

} // namespace
} // namespace citron::bench
