#include "common/protocol/json_writer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace citron::protocol {
namespace {

using namespace std::string_literals;

/// {"a": the text}.
std::string with(std::string_view text)
{
    return json_writer{{"a", text}}.close();
}

TEST(JsonWriter, KeepsTheOrderOfItsMembers)
{
    json_writer writer{{"b", "x"}, {"a", 1U}};
    writer.add("d", true);
    writer.add({{"c", raw_json{"[1, 2]"}}});

    EXPECT_EQ(std::move(writer).close(), R"({"b":"x","a":1,"d":true,"c":[1, 2]})");
}

TEST(JsonWriter, WithoutMembersItIsAnEmptyObject)
{
    EXPECT_EQ(json_writer().close(), "{}");
}

TEST(JsonWriter, WhatDoesNotExistIsNotWritten)
{
    EXPECT_EQ((json_writer{{"a", raw_json{}}, {"b", ""}, {"c", raw_json{}}}.close()), R"({"b":""})");
    EXPECT_EQ(json_writer({{"a", raw_json{}}}).close(), "{}");
}

TEST(JsonWriter, WritesTheLargestNumber)
{
    EXPECT_EQ((json_writer{{"a", UINT64_MAX}, {"b", std::uint16_t{0}}}.close()),
              R"({"a":18446744073709551615,"b":0})");
}

TEST(JsonWriter, WritesListsOfTexts)
{
    const std::vector<std::string> none, some{"a", "b\"c", ""};

    EXPECT_EQ((json_writer{{"none", none}, {"some", some}}.close()), R"({"none":[],"some":["a","b\"c",""]})");
}

TEST(JsonWriter, EscapesWhatMustNotStandBetweenQuotes)
{
    EXPECT_EQ(with("\"\\\b\f\n\r\t"), R"({"a":"\"\\\b\f\n\r\t"})");
    EXPECT_EQ(with("\x01\x1f\0x"s.substr(0, 3)), R"({"a":"\u0001\u001f\u0000"})");
}

TEST(JsonWriter, LeavesEverythingElseAsItIs)
{
    EXPECT_EQ(with("/ \x7f Zoë 房间 🎉"), "{\"a\":\"/ \x7f Zoë 房间 🎉\"}");
}

TEST(JsonWriter, EveryByteIsReadBackAsItWas)
{
    for (char c = 0; c < 0x7f; ++c) {
        const auto text = "x"s + c + "y" + c;
        const auto json = with(text);
        EXPECT_EQ(nlohmann::json::parse(json)["a"], text) << int(c);
        EXPECT_EQ(json_object::parse(json).value().text("a"), text) << int(c);
    }
}

TEST(JsonWriter, LongTextsAreWrittenWhole)
{
    const std::string text(100'000, '"');

    EXPECT_EQ(with(text).size(), 8 + 2 * text.size());
}

TEST(JsonWriter, AnOpenObjectIsGoneOnWith)
{
    json_writer begun{{"a", std::uint64_t{1}}};
    json_writer more(std::move(begun).open());
    more.add("b", "x");
    EXPECT_EQ(std::move(more).close(), R"({"a":1,"b":"x"})");

    json_writer empty(json_writer{}.open());
    empty.add("b", true);
    EXPECT_EQ(std::move(empty).close(), R"({"b":true})");
}

} // namespace
} // namespace citron::protocol
