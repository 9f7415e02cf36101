#include "common/protocol/json_object.hpp"

#include <gtest/gtest.h>

#include <string>

namespace citron::protocol {
namespace {

using namespace std::string_literals;

bool valid(std::string_view text)
{
    return json_object::parse(text).has_value();
}

/// As the value of a member, and as an element.
bool valid_value(const std::string& value)
{
    const bool one = valid("{\"a\":" + value + "}");
    EXPECT_EQ(one, valid("{\"a\":[" + value + "]}")) << value;
    return one;
}

/// The text of the member "a" of this object.
std::string text_of(const std::string& object)
{
    return json_object::parse(object).value().text("a");
}

TEST(JsonObject, AnEmptyBodyIsAnEmptyObjectAndOthersMustBeObjects)
{
    EXPECT_TRUE(valid(""));
    EXPECT_TRUE(valid("{}"));
    EXPECT_TRUE(valid(" \t\r\n{ \n} "));
    for (const auto* text : {" ", "[]", "1", "null", "\"x\"", "true"})
        EXPECT_EQ(json_object::parse(text).error(), errc::bad_request) << text;
}

TEST(JsonObject, RefusesWhatIsNoJson)
{
    for (const auto& text : {"{"s,
                             "{]"s,
                             "}"s,
                             "{}x"s,
                             "{}{}"s,
                             "{}\0"s,
                             "\xef\xbb\xbf{}"s,
                             "{a:1}"s,
                             "{'a':1}"s,
                             "{\"a\"}"s,
                             "{\"a\":}"s,
                             "{\"a\" 1}"s,
                             "{\"a\":1,}"s,
                             "{,}"s,
                             "{\"a\":1 \"b\":2}"s,
                             "{\"a\":[1,]}"s,
                             "{\"a\":[1 2]}"s,
                             "{\"a\":[}"s,
                             "{\"a\":[1}]"s,
                             "{1:2}"s,
                             "{\"a\":1/*x*/}"s,
                             "{\"a\":\f1}"s})
        EXPECT_FALSE(valid(text)) << text;
}

TEST(JsonObject, EveryBeginningOfAnObjectIsRefused)
{
    const auto whole = R"({"a":[true,false,null,-1.5e+3,"\ud83c\udf89\nü"],"b":{"c":0}})"s;

    for (std::size_t size = 1; size < whole.size(); ++size)
        EXPECT_FALSE(valid(whole.substr(0, size))) << whole.substr(0, size);
    EXPECT_TRUE(valid(whole));
}

TEST(JsonObject, TakesEveryKindOfValue)
{
    for (const auto* value : {"true", "false", "null", "\"\"", "{}", "[ ]", "0", "-0", "10", "0.5", "1E5",
                              "-1.5e-7", "[[],{}]", "{\"\":1}"})
        EXPECT_TRUE(valid_value(value)) << value;
    for (const auto* value : {"True", "tru", "nul", "truefalse", "NaN", "Infinity", "+1", "01", "-", ".5",
                              "1.", "1e", "1e+", "--1", "0x1", "1.e5"})
        EXPECT_FALSE(valid_value(value)) << value;
}

TEST(JsonObject, NumbersMayBeAsLargeAsADouble)
{
    EXPECT_TRUE(valid_value("123456789012345678901234567890"));
    EXPECT_TRUE(valid_value("1.7976931348623157e308"));
    EXPECT_TRUE(valid_value("1e-999"));
    EXPECT_TRUE(valid_value("0." + std::string(1000, '0') + "1"));
    EXPECT_FALSE(valid_value("1e309"));
    EXPECT_FALSE(valid_value("-1E+999"));
    EXPECT_FALSE(valid_value(std::string(310, '9')));
}

TEST(JsonObject, RefusesNestingThatWouldEatTheStack)
{
    const auto nested = [](std::size_t depth, const std::string& open, const std::string& close) {
        std::string text = "{\"a\":";
        for (std::size_t i = 1; i < depth; ++i)
            text += open;
        text += "0";
        for (std::size_t i = 1; i < depth; ++i)
            text += close;
        return text + "}";
    };

    EXPECT_TRUE(valid(nested(64, "[", "]")));
    EXPECT_FALSE(valid(nested(65, "[", "]")));
    EXPECT_TRUE(valid(nested(64, "{\"b\":", "}")));
    EXPECT_FALSE(valid(nested(65, "{\"b\":", "}")));
    EXPECT_FALSE(valid("{\"a\":" + std::string(1'000'000, '[')));
}

TEST(JsonObject, BracketsInTextsAreNoNesting)
{
    EXPECT_TRUE(valid_value("\"" + std::string(200, '[') + "\\\"" + std::string(200, '{') + "\""));
}

TEST(JsonObject, TakesTheEscapesOfJsonAndNoOthers)
{
    EXPECT_TRUE(valid_value(R"("\"\\\/\b\f\n\r\t\u00fC")"));
    for (const auto* value : {R"("\x41")", R"("\'")", R"("\U0041")", R"("\u004")", R"("\u00g1")",
                              R"("\u+041")", R"("\u-041")", R"("\u 041")", R"("\")"})
        EXPECT_FALSE(valid_value(value)) << value;
}

TEST(JsonObject, SurrogatesComeInPairs)
{
    EXPECT_TRUE(valid_value(R"("\ud83c\udf89")"));
    EXPECT_TRUE(valid_value(R"("\uD83C\uDF89")"));
    for (const auto* value : {R"("\ud83c")", R"("\ud83cx")", R"("\ud83c\n")", R"("\ud83c\ud83c")",
                              R"("\ud83c\u0041")", R"("\udf89")", R"("\udf89\ud83c")"})
        EXPECT_FALSE(valid_value(value)) << value;
}

TEST(JsonObject, ControlCharactersInTextsMustBeEscaped)
{
    for (char c = 0; c < 0x20; ++c)
        EXPECT_FALSE(valid_value("\"" + std::string(1, c) + "\"")) << int(c);
    EXPECT_TRUE(valid_value("\"\x7f\""));
}

TEST(JsonObject, TextsAndKeysAreValidUtf8)
{
    EXPECT_TRUE(valid_value("\"Zoë 房间 \xf0\x9f\x8e\x89 \xf4\x8f\xbf\xbf\""));
    for (const auto* broken : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                               "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xf0\x80\x80\x80", "\xe2\x82"}) {
        EXPECT_FALSE(valid_value("\"" + std::string(broken) + "\""));
        EXPECT_FALSE(valid("{\"" + std::string(broken) + "\":1}"));
        EXPECT_FALSE(valid("{\"a\":1" + std::string(broken) + "}"));
    }
}

TEST(JsonObject, ValuesAreWhatTheirSenderWrote)
{
    const auto text = R"( {"a" : { "b" : [1, 2.50] } ,"c":"\u00fc" , "d":-0})"s;
    const auto object = json_object::parse(text).value();

    EXPECT_EQ(object.value("a").text, R"({ "b" : [1, 2.50] })");
    EXPECT_EQ(object.value("c").text, R"("\u00fc")");
    EXPECT_EQ(object.value("d").text, "-0");
    EXPECT_EQ(object.value("b").text, "");
    EXPECT_EQ(object.value("missing").or_null().text, "null");
    EXPECT_EQ(object.value("d").or_null().text, "-0");
}

TEST(JsonObject, OfAKeyThatComesSeveralTimesTheLastCounts)
{
    EXPECT_EQ(text_of(R"({"a":"1","b":"x","a":"2"})"), "2");
    EXPECT_EQ(text_of(R"({"a":"1","\u0061":"2"})"), "2");
}

TEST(JsonObject, KeysMayBeWrittenWithEscapes)
{
    EXPECT_EQ(text_of(R"({"\u0061":"x"})"), "x");
    EXPECT_TRUE(json_object::parse(R"({"\"":1})")->contains("\""));
    EXPECT_FALSE(json_object::parse(R"({"\\":1})")->contains("\\\\"));
    EXPECT_TRUE(json_object::parse(R"({"":1})")->contains(""));
}

TEST(JsonObject, TextsAreReadWithTheirEscapes)
{
    EXPECT_EQ(text_of(R"({"a":""})"), "");
    EXPECT_EQ(text_of(R"({"a":"plain ü"})"), "plain ü");
    EXPECT_EQ(text_of(R"({"a":"\"\\\/\b\f\n\r\t\u00fc\ud83c\udf89\u0000"})"), "\"\\/\b\f\n\r\tü🎉\0"s);
}

TEST(JsonObject, NumbersCountAsTheirText)
{
    EXPECT_EQ(text_of(R"({"a":17})"), "17");
    EXPECT_EQ(text_of(R"({"a":-17})"), "-17");
    EXPECT_EQ(text_of(R"({"a":1.50})"), "1.5");
    EXPECT_EQ(text_of(R"({"a":1e2})"), "100.0");
    EXPECT_EQ(text_of(R"({"a":18446744073709551615})"), "18446744073709551615");
    for (const auto* value : {"true", "null", "{}", "[1]"})
        EXPECT_EQ(text_of(R"({"a":)" + std::string(value) + "}"), "") << value;
    EXPECT_EQ(text_of("{}"), "");
}

TEST(JsonObject, UnsignedNumbersAreTakenAndOthersRefused)
{
    const auto number = [](const std::string& value) {
        const auto text = "{\"a\":" + value + "}";
        return json_object::parse(text).value().number("a", 5);
    };

    EXPECT_EQ(number("0"), 0U);
    EXPECT_EQ(number("18446744073709551615"), 18446744073709551615U);
    EXPECT_EQ(json_object::parse("{}").value().number("a", 5), 5U);
    for (const auto* value : {"18446744073709551616", "-1", "-0", "1.0", "1e2", "\"17\"", "null", "[]"})
        EXPECT_EQ(number(value).error(), errc::bad_request) << value;
}

TEST(JsonObject, KeysAreFoundHoweverTheyAreSpelled)
{
    const auto body = json_object::parse(
        R"({"\u0072\u0069d":"lobby","r\u0069":1,"ri\/":2,"\u0072\u0069\u0064x":3,"\ud83d\ude00":4})");
    ASSERT_TRUE(body);
    EXPECT_EQ(body->text("rid"), "lobby");
    EXPECT_EQ(body->text("ri"), "1");
    EXPECT_EQ(body->text("ridx"), "3");
    EXPECT_EQ(body->text("r"), "");
    EXPECT_FALSE(json_object::parse(R"({"\bar":1})")->contains("bar"));
    EXPECT_TRUE(json_object::parse(R"({"\\\/\"":1})")->contains("\\/\""));
    EXPECT_EQ(body->text("ri/x"), "");
}

} // namespace
} // namespace citron::protocol
