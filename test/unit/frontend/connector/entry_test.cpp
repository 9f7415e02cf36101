#include "frontend/connector/entry.hpp"

#include <gtest/gtest.h>

#include <string>

namespace citron::frontend {
namespace {

using protocol::errc;
using protocol::json;

protocol::result<entry> parse(std::string_view text)
{
    return parse_entry(json::parse(text));
}

bool is_refused(const json& body)
{
    const auto parsed = parse_entry(body);
    return !parsed && parsed.error() == errc::bad_request;
}

std::string repeated(std::string_view text, int times)
{
    std::string all;
    while (times-- > 0)
        all.append(text);
    return all;
}

TEST(Entry, NamesAUserAndARoom)
{
    const auto e = parse(R"({"username":"ann","rid":"lobby"})");

    ASSERT_TRUE(e);
    EXPECT_EQ(e->user, "ann");
    EXPECT_EQ(e->rid, "lobby");
    EXPECT_FALSE(e->resume);
    EXPECT_EQ(e->key.text(), "");
}

TEST(Entry, NumbersCountAsTheirText)
{
    const auto e = parse(R"({"username":42,"rid":7,"resumeKey":99})");

    ASSERT_TRUE(e);
    EXPECT_EQ(e->user, "42");
    EXPECT_EQ(e->rid, "7");
    EXPECT_EQ(e->key.text(), "99");
}

TEST(Entry, AMissingUsernameStaysEmpty)
{
    EXPECT_EQ(parse(R"({"rid":"lobby"})")->user, "");
    EXPECT_EQ(parse(R"({"username":null,"rid":"lobby"})")->user, "");
}

TEST(Entry, WithoutARoomItIsRefused)
{
    for (const auto* body : {"{}", R"({"rid":null})", R"({"rid":""})", R"({"rid":{}})", R"({"rid":["a"]})",
                             R"({"rid":true})", R"({"username":"ann"})"})
        EXPECT_TRUE(is_refused(json::parse(body))) << body;
}

TEST(Entry, NamesMayHave64CodePointsHoweverManyBytes)
{
    const auto longest = repeated("\xf0\x9f\x8d\x8b", 64); // four bytes each

    const auto e = parse_entry(json{{"username", longest}, {"rid", longest}});

    ASSERT_TRUE(e);
    EXPECT_EQ(e->user, longest);
    EXPECT_EQ(e->rid, longest);
}

TEST(Entry, NamesOf65CodePointsAreRefused)
{
    const auto too_long = repeated("\xc3\xa4", 65);

    EXPECT_TRUE(is_refused({{"username", too_long}, {"rid", "lobby"}}));
    EXPECT_TRUE(is_refused({{"username", "ann"}, {"rid", too_long}}));
}

TEST(Entry, NamesWithControlCharactersAreRefused)
{
    for (const auto& name : {std::string("a\0b", 3), std::string("a\n"), std::string("\x1b[31m"),
                             std::string("\x7f"), std::string("\xc2\x85")}) {
        EXPECT_TRUE(is_refused({{"username", name}, {"rid", "lobby"}}));
        EXPECT_TRUE(is_refused({{"username", "ann"}, {"rid", name}}));
    }
}

TEST(Entry, NamesWithAStarAreRefused)
{
    for (const auto* name : {"*", "a*b"}) {
        EXPECT_TRUE(is_refused({{"username", name}, {"rid", "lobby"}})) << name;
        EXPECT_TRUE(is_refused({{"username", "ann"}, {"rid", name}})) << name;
    }
}

TEST(Entry, NamesThatAreNoUtf8AreRefused)
{
    for (const auto* name : {"\xff", "\xc3", "a\x80", "\xc0\xaf", "\xed\xa0\x80"}) {
        EXPECT_TRUE(is_refused({{"username", name}, {"rid", "lobby"}}));
        EXPECT_TRUE(is_refused({{"username", "ann"}, {"rid", name}}));
    }
}

TEST(Entry, SinceNamesTheLastMessageThatTheClientHas)
{
    const auto e = parse(R"({"rid":"lobby","since":{"epoch":"e1","offset":17}})");

    ASSERT_TRUE(e);
    EXPECT_TRUE(e->resume);
    EXPECT_EQ(e->epoch, "e1");
    EXPECT_EQ(e->offset, 17U);
}

TEST(Entry, ANullSinceIsNone)
{
    const auto e = parse(R"({"rid":"lobby","since":null})");

    ASSERT_TRUE(e);
    EXPECT_FALSE(e->resume);
}

TEST(Entry, ASinceOfAnotherShapeIsRefused)
{
    for (const auto* since :
         {"[]", "17", R"("e1")", "true", "{}", R"({"offset":17})", R"({"epoch":1,"offset":1})",
          R"({"epoch":null,"offset":1})", R"({"epoch":"e","offset":-1})", R"({"epoch":"e","offset":1.5})",
          R"({"epoch":"e","offset":"1"})"})
        EXPECT_TRUE(is_refused({{"rid", "lobby"}, {"since", json::parse(since)}})) << since;
}

TEST(Entry, TheResumeKeyIsTheClientsOwnText)
{
    EXPECT_EQ(parse(R"({"rid":"lobby","resumeKey":"s3cr3t"})")->key.text(), "s3cr3t");
    EXPECT_EQ(parse(R"({"rid":"lobby","resumeKey":null})")->key.text(), "");
}

TEST(Entry, ATokenIsAText)
{
    EXPECT_EQ(parse(R"({"rid":"lobby","token":"a.b.c"})")->token, "a.b.c");
    EXPECT_EQ(parse(R"({"rid":"lobby","token":null})")->token, "");
    EXPECT_EQ(parse(R"({"rid":"lobby"})")->token, "");
}

TEST(Entry, AResumeKeyBeyond64BytesIsRefusedItsStampLeftOut)
{
    EXPECT_FALSE(is_refused({{"rid", "lobby"}, {"resumeKey", std::string(64, 'k')}}));
    EXPECT_FALSE(is_refused({{"rid", "lobby"}, {"resumeKey", std::string(64, 'k') + "~018bcfe56800"}}));
    EXPECT_TRUE(is_refused({{"rid", "lobby"}, {"resumeKey", std::string(65, 'k')}}));
    EXPECT_TRUE(is_refused({{"rid", "lobby"}, {"resumeKey", std::string(65, 'k') + "~018bcfe56800"}}));
}

TEST(Entry, TextsOfAnotherShapeAreRefused)
{
    for (const auto* key : {"username", "resumeKey", "token"})
        for (const auto* value : {"{}", "[]", "true"}) {
            json body{{"rid", "lobby"}};
            body[key] = json::parse(value);
            EXPECT_TRUE(is_refused(body)) << body;
        }
}

} // namespace
} // namespace citron::frontend
