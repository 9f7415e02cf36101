#include "frontend/websocket_frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace citron::frontend {
namespace {

using namespace std::string_view_literals;

std::string header_of(std::size_t payload, std::size_t header)
{
    const auto frame = websocket_frame(std::string(payload, 'x'));
    EXPECT_EQ(frame.size(), payload + header);
    return std::string(frame.view().substr(0, header));
}

TEST(WebsocketFrame, IsOneFinalBinaryMessageAndNotMasked)
{
    EXPECT_EQ(websocket_frame("ab").view(), "\x82\x02"
                                            "ab"sv);
}

TEST(WebsocketFrame, MayBeEmpty)
{
    EXPECT_EQ(websocket_frame("").view(), "\x82\x00"sv);
}

TEST(WebsocketFrame, CarriesItsPayloadUntouched)
{
    const std::string payload("\x00\xff\x7e\x81 text", 9);

    EXPECT_EQ(websocket_frame(payload).view().substr(2), payload);
}

TEST(WebsocketFrame, UpTo125BytesTheLengthIsInTheSecondByte)
{
    EXPECT_EQ(header_of(125, 2), "\x82\x7d"sv);
}

TEST(WebsocketFrame, From126BytesTheLengthTakesTwoMoreBytes)
{
    EXPECT_EQ(header_of(126, 4), "\x82\x7e\x00\x7e"sv);
}

TEST(WebsocketFrame, TwoMoreBytesReachTo65535)
{
    EXPECT_EQ(header_of(65'535, 4), "\x82\x7e\xff\xff"sv);
}

TEST(WebsocketFrame, From65536BytesTheLengthTakesEightMoreBytes)
{
    EXPECT_EQ(header_of(65'536, 10), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"sv);
}

TEST(PongFrame, GivesThePingsPayloadBack)
{
    EXPECT_EQ(pong_frame("you there").view(), "\x8a\x09you there"sv);
    EXPECT_EQ(pong_frame("").view(), "\x8a\x00"sv);
}

TEST(CloseFrame, CarriesItsStatusInNetworkOrder)
{
    EXPECT_EQ(close_frame(1000).view(), "\x88\x02\x03\xe8"sv);
    EXPECT_EQ(close_frame(1013).view(), "\x88\x02\x03\xf5"sv);
}

TEST(CloseFrame, ItsCodeIsReadBack)
{
    EXPECT_EQ(close_code(close_frame(1009).view()), 1009);
}

TEST(CloseFrame, AReasonBehindTheCodeDoesNotMatter)
{
    EXPECT_EQ(close_code("\x88\x05\x03\xea"
                         "why"sv),
              1002);
}

TEST(CloseFrame, WithoutAStatusItReads1005)
{
    EXPECT_EQ(close_code("\x88\x00"sv), 1005);
}

TEST(CloseFrame, OtherFramesAreNone)
{
    EXPECT_EQ(close_code(websocket_frame("\x03\xe8").view()), 0);
    EXPECT_EQ(close_code("\x8a\x02\x03\xe8"sv), 0); // pong
    EXPECT_EQ(close_code("\x88"sv), 0);             // not even a whole header
    EXPECT_EQ(close_code(""), 0);
}

} // namespace
} // namespace citron::frontend
