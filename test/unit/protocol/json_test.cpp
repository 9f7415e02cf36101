#include "common/protocol/json.hpp"
#include "common/protocol/utf8.hpp"

#include "common/protocol/client_routes.hpp"
#include "common/protocol/route.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace citron::protocol {
namespace {

using namespace std::string_literals;

TEST(Json, RefusesWhatIsNoJson)
{
    for (const auto& text : {"{"s, "{]"s, "\"\xff\""s, "{\"a\":1}x"s, "nul"s, "\0"s, "{\"a\":\xc3}"s})
        EXPECT_EQ(parse_json(text).error(), errc::bad_request) << text;
}

TEST(Json, ANulEndsNoTextAndAByteOrderMarkBeginsNone)
{
    for (const auto& text : {"{}\0"s, "{}\0x"s, "{\0}"s, "\xef\xbb\xbf{}"s}) {
        EXPECT_EQ(parse_json(text).error(), errc::bad_request) << text;
        EXPECT_EQ(parse_unambiguous(text).error(), errc::bad_request) << text;
    }
}

TEST(Json, RefusesNestingThatWouldEatTheStack)
{
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };

    EXPECT_TRUE(parse_json(nested(64)));
    EXPECT_FALSE(parse_json(nested(65)));
    EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(Json, BracketsInTextsAreNoNesting)
{
    EXPECT_TRUE(parse_json("[\"" + std::string(200, '[') + "\\\"" + std::string(200, '{') + "\"]"));
}

TEST(Json, AnEmptyBodyIsAnEmptyObjectAndOthersMustBeObjects)
{
    EXPECT_EQ(*parse_body(""), json::object());
    EXPECT_TRUE(parse_body("{\"a\":[1]}"));
    for (const auto* text : {"[]", "1", "null", "\"x\"", "true"})
        EXPECT_FALSE(parse_body(text)) << text;
}

TEST(Json, NumbersCountAsTheirText)
{
    const auto body = *parse_body("{\"s\":\"x\",\"n\":17,\"f\":1.5,\"b\":true,\"z\":null,\"o\":{}}");

    EXPECT_EQ(text_at(body, "s"), "x");
    EXPECT_EQ(text_at(body, "n"), "17");
    EXPECT_EQ(text_at(body, "f"), "1.5");
    for (const auto* key : {"b", "z", "o", "missing"})
        EXPECT_EQ(text_at(body, key), "") << key;
}

TEST(Json, UnsignedNumbersAreTakenAndOthersRefused)
{
    const auto body = *parse_body("{\"n\":17,\"m\":-1,\"f\":1.5,\"s\":\"17\"}");

    EXPECT_EQ(number_at(body, "n", 5), 17U);
    EXPECT_EQ(number_at(body, "missing", 5), 5U);
    for (const auto* key : {"m", "f", "s"})
        EXPECT_EQ(number_at(body, key, 5).error(), errc::bad_request) << key;
}

TEST(Names, AreOneToSixtyFourCodePoints)
{
    std::string longest;
    for (int i = 0; i < 64; ++i)
        longest += "\xf0\x9f\x8e\x89";

    EXPECT_TRUE(is_name("a"));
    EXPECT_TRUE(is_name("Zoë 房间"));
    EXPECT_TRUE(is_name(longest));
    EXPECT_FALSE(is_name(longest + "x"));
    EXPECT_FALSE(is_name(""));
}

TEST(Names, RefuseStarsAndControlCharacters)
{
    for (const auto& text : {"a*b"s, "*"s, "a\nb"s, "\0"s, "a\x7f"s, "a\xc2\x85"s, "a\xe2\x80\xa8"s})
        EXPECT_FALSE(is_name(text)) << text;
}

TEST(Names, RefuseInvalidUtf8)
{
    for (const auto* text : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                             "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xf0\x80\x80\x80"})
        EXPECT_FALSE(is_name(text));
}

TEST(ClientRoutes, AreSortedHandlersForTheDictionary)
{
    EXPECT_TRUE(std::ranges::is_sorted(client_routes, {}, &client_route::route));
    for (const auto& known : client_routes)
        EXPECT_TRUE(parse_route(known.route)->for_clients()) << known.route;
    EXPECT_TRUE(find_client_route("chat.chatHandler.send")->numbered);
    EXPECT_EQ(find_client_route("chat.chatRemote.add"), nullptr);
}

TEST(IsUtf8, FromTheFirstByteToTheLast)
{
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("a\n\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"));
    for (const auto* broken : {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf5\x80\x80\x80", "\xbc"})
        EXPECT_FALSE(is_utf8(broken)) << broken;
}

TEST(Json, UnambiguousTextHasNoKeyTwice)
{
    for (const auto* text :
         {"{}", "7", "[]", R"({"a":1,"b":{"a":1}})", R"([{"a":1},{"a":1}])", R"({"a":[{"b":1},{"b":1}]})"})
        EXPECT_EQ(parse_unambiguous(text), parse_json(text)) << text;
    for (const auto* text :
         {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"x":{"a":1,"a":2}})", R"([{"a":1,"a":2}])",
          R"({"a":1,"\u0061":2})", R"({"x":{"y":1},"x":2})", "", "{", R"({"a":1} {})"})
        EXPECT_FALSE(parse_unambiguous(text)) << text;
    EXPECT_FALSE(parse_unambiguous(std::string(65, '[') + std::string(65, ']')));
    EXPECT_TRUE(parse_unambiguous(std::string(64, '[') + std::string(64, ']')));
}

} // namespace
} // namespace citron::protocol
