#include "common/protocol/package.hpp"

#include <gtest/gtest.h>

#include <string>

namespace citron::protocol {
namespace {

using namespace std::string_literals;

TEST(Package, HasTypeLengthAndBody)
{
    EXPECT_EQ(encode_package(package_type::heartbeat, ""), "\3\0\0\0"s);
    EXPECT_EQ(encode_package(package_type::handshake, "{}"), "\1\0\0\2{}"s);
    EXPECT_EQ(encode_package(package_type::kick, std::string(0x012345, 'x')).substr(0, 4), "\5\x01\x23\x45"s);
}

TEST(Package, LengthHas24Bits)
{
    const auto bytes = encode_package(package_type::data, std::string(max_package_body, 'x'));
    std::string_view rest = bytes;

    EXPECT_EQ(bytes.substr(0, 4), "\4\xff\xff\xff"s);
    EXPECT_EQ(take_package(rest)->body.size(), max_package_body);
}

TEST(Package, SeveralInOneFrameAreTakenOneByOne)
{
    const auto frame = "\1\0\0\2{}"s + "\2\0\0\0"s + "\4\0\0\1x"s;
    std::string_view rest = frame;

    EXPECT_EQ(take_package(rest)->body, "{}");
    EXPECT_EQ(take_package(rest)->type, package_type::handshake_ack);
    const auto last = take_package(rest);
    EXPECT_EQ(last->type, package_type::data);
    EXPECT_EQ(last->body, "x");
    EXPECT_TRUE(rest.empty());
}

TEST(Package, RefusesUnknownTypes)
{
    for (int type = 0; type < 256; ++type) {
        const auto bytes = std::string(1, static_cast<char>(type)) + "\0\0\0"s;
        std::string_view rest = bytes;
        EXPECT_EQ(take_package(rest).has_value(), type >= 1 && type <= 5) << type;
    }
}

TEST(Package, RefusesEveryTruncation)
{
    const auto whole = "\4\0\0\3abc"s;
    for (std::size_t size = 1; size < whole.size(); ++size) {
        std::string_view rest = std::string_view(whole).substr(0, size);
        EXPECT_FALSE(take_package(rest)) << size;
    }
}

TEST(Package, RefusesALengthOf16MiBWithoutTheBytes)
{
    std::string_view rest("\4\xff\xff\xff{}", 6);
    EXPECT_EQ(take_package(rest).error(), errc::bad_request);
}

TEST(ClientMessage, PlainRequestIsDecoded)
{
    const auto bytes = "\0\5\3a.b{\"x\":1}"s;
    const auto m = decode_message(bytes);

    ASSERT_TRUE(m);
    EXPECT_EQ(m->type, message_type::request);
    EXPECT_EQ(m->id, 5U);
    EXPECT_FALSE(m->route_code);
    EXPECT_EQ(m->route, "a.b");
    EXPECT_EQ(m->body, "{\"x\":1}");
}

TEST(ClientMessage, CompressedRequestAndNotifyCarryACode)
{
    const auto request_bytes = "\1\5\x01\x02{}"s, notify_bytes = "\3\x01\x02{}"s;
    const auto request = decode_message(request_bytes), notify = decode_message(notify_bytes);

    ASSERT_TRUE(request && notify);
    EXPECT_EQ(request->route_code, 0x0102);
    EXPECT_EQ(request->id, 5U);
    EXPECT_EQ(request->body, "{}");
    EXPECT_EQ(notify->type, message_type::notify);
    EXPECT_EQ(notify->route_code, 0x0102);
    EXPECT_EQ(notify->id, 0U);
    EXPECT_EQ(notify->body, "{}");
}

TEST(ClientMessage, NotifyHasNoId)
{
    const auto bytes = "\2\3a.b{}"s;
    const auto m = decode_message(bytes);

    ASSERT_TRUE(m);
    EXPECT_EQ(m->type, message_type::notify);
    EXPECT_EQ(m->route, "a.b");
}

TEST(ClientMessage, IdsHaveSevenBitsPerByteLowestFirst)
{
    const std::pair<std::string, std::uint32_t> ids[] = {
        {"\0"s, 0},
        {"\x7f", 127},
        {"\x80\x01", 128},
        {"\xac\x02", 300},
        {"\xff\x7f", 16'383},
        {"\x80\x80\x01", 16'384},
        {"\xff\xff\xff\xff\x07", 0x7fffffff},
        {"\xff\xff\xff\xff\x0f", 0xffffffff},
    };
    for (const auto& [bytes, id] : ids) {
        const auto message = "\0"s + bytes + "\1r";
        const auto m = decode_message(message);
        ASSERT_TRUE(m) << id;
        EXPECT_EQ(m->id, id);
        EXPECT_EQ(m->route, "r");
    }
}

TEST(ClientMessage, AnIdWithoutEndIsRefused)
{
    EXPECT_FALSE(decode_message("\0\x80\x80\x80\x80\x80\x01\1r"s));
    EXPECT_FALSE(decode_message("\0\x80"s));
}

TEST(ClientMessage, EncodedIdsComeBack)
{
    for (const std::uint32_t id : {1U, 127U, 128U, 16'383U, 16'384U, 0x7fffffffU, 0xffffffffU}) {
        const auto bytes = encode_request(id, "a.b.c", "{}");
        EXPECT_EQ(decode_message(std::string_view(bytes).substr(package_header))->id, id);
        const auto answer = encode_response(id, "{}");
        EXPECT_EQ(decode_message(std::string_view(answer).substr(package_header))->id, id);
    }
}

TEST(ClientMessage, RefusesEveryTruncationOfItsHeader)
{
    for (const auto& header : {"\0\x80\x01\3a.b"s, "\1\5\x01\x02"s, "\2\3a.b"s, "\3\x01\x02"s, "\6\3a.b"s})
        for (std::size_t size = 0; size < header.size(); ++size)
            EXPECT_FALSE(decode_message(std::string_view(header).substr(0, size))) << size;
}

TEST(ClientMessage, BodyMayBeEmpty)
{
    const auto bytes = "\0\5\3a.b"s;
    const auto m = decode_message(bytes);

    ASSERT_TRUE(m);
    EXPECT_TRUE(m->body.empty());
}

TEST(ClientMessage, RouteLengthCountsBytes)
{
    const std::string route(255, 'r');
    const auto bytes = "\2\xff"s + route + "{}";
    const auto m = decode_message(bytes);

    ASSERT_TRUE(m);
    EXPECT_EQ(m->route, route);
}

TEST(ClientMessage, TypesBeyondPushDoNotExist)
{
    for (int type = 4; type < 8; ++type)
        EXPECT_FALSE(decode_message(std::string(1, static_cast<char>(type << 1)) + "\5\3a.b{}")) << type;
}

TEST(ClientMessage, ResponseAndPushHaveTheBytesThatClientsKnow)
{
    EXPECT_EQ(encode_response(5, "{}"), "\4\0\0\4\4\5{}"s);
    EXPECT_EQ(encode_push("onAdd", "{\"user\":\"bob\"}"), "\4\0\0\x15\6\5onAdd{\"user\":\"bob\"}"s);
}

TEST(ClientMessage, WhatClientsSendHasThoseBytesToo)
{
    EXPECT_EQ(encode_request(5, "a.b", "{}"), "\4\0\0\x8\0\5\3a.b{}"s);
    EXPECT_EQ(encode_request(0, "a.b", "{}"), "\4\0\0\x7\2\3a.b{}"s) << "id 0 is a notify";
}

TEST(ClientMessage, AResponseIsDecodedWithItsId)
{
    const auto bytes = "\4\xac\x02{}"s;
    const auto m = decode_message(bytes);

    ASSERT_TRUE(m);
    EXPECT_EQ(m->type, message_type::response);
    EXPECT_EQ(m->id, 300U);
    EXPECT_EQ(m->body, "{}");
}

} // namespace
} // namespace citron::protocol
