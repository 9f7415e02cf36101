#include "frontend/web_root.hpp"

#include <gtest/gtest.h>

#include <map>

namespace citron::frontend {
namespace {

web_root site()
{
    const std::map<std::string, std::string> files{{"index.html", "<p>hi"}, {"style.css", "p{}"}};
    return {[files](const std::string& name) -> std::optional<std::string> {
                const auto found = files.find(name);
                return found == files.end() ? std::nullopt : std::optional(found->second);
            },
            R"({"gate":{"host":"","port":3014}})"};
}

TEST(WebRoot, SlashIsTheIndex)
{
    const auto a = site().answer({"GET", "/", ""});

    EXPECT_EQ(a.status, 200U);
    EXPECT_EQ(a.type, "text/html; charset=utf-8");
    EXPECT_EQ(a.body, "<p>hi");
    EXPECT_EQ(a.cache, "no-cache");
}

TEST(WebRoot, QueryIsNotPartOfTheName)
{
    EXPECT_EQ(site().answer({"GET", "/style.css?v=1", ""}).body, "p{}");
}

TEST(WebRoot, WhatIsNotThereIsNotFound)
{
    EXPECT_EQ(site().answer({"GET", "/nothing.js", ""}).status, 404U);
}

TEST(WebRoot, OnlyGetAndHead)
{
    EXPECT_EQ(site().answer({"HEAD", "/", ""}).status, 200U);
    for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
        const auto a = site().answer({method, "/", ""});
        EXPECT_EQ(a.status, 405U);
        EXPECT_TRUE(a.allow);
    }
}

TEST(WebRoot, AnUnchangedFileIsNotSentAgain)
{
    const auto first = site().answer({"GET", "/style.css", ""});
    const auto again = site().answer({"GET", "/style.css", first.etag});

    EXPECT_EQ(again.status, 304U);
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(again.etag, first.etag);
    EXPECT_EQ(site().answer({"GET", "/", first.etag}).status, 200U);
}

TEST(WebRoot, WhereToConnectIsNeverCached)
{
    const auto a = site().answer({"GET", "/citron.json", ""});

    EXPECT_EQ(a.body, R"({"gate":{"host":"","port":3014}})");
    EXPECT_EQ(a.cache, "no-store");
    EXPECT_EQ(a.type, "application/json; charset=utf-8");
}

TEST(WebRoot, NoWayOutOfTheRoot)
{
    using namespace std::string_view_literals;
    for (const auto target : {"/../etc/passwd"sv,
                              "/a/../../b"sv,
                              "/%2e%2e/x"sv,
                              "/.%2E/x"sv,
                              "/..%2fetc"sv,
                              "/a%2Fb"sv,
                              "/a%5cb"sv,
                              "/a\\..\\b"sv,
                              "/a%00.html"sv,
                              "/a\0.html"sv,
                              "//etc/passwd"sv,
                              "/a//b"sv,
                              "/.git/config"sv,
                              "/%2egit"sv,
                              "/./x"sv,
                              "etc/passwd"sv,
                              ""sv,
                              "*"sv,
                              "http://x/"sv,
                              "/%"sv,
                              "/%4"sv,
                              "/%zz"sv,
                              "/a%0d%0ab"sv,
                              "/?/../"sv})
        EXPECT_EQ(file_of(target).value_or("none"), target == "/?/../" ? "index.html" : "none") << target;
}

TEST(WebRoot, NamesAreDecoded)
{
    EXPECT_EQ(file_of("/a%20b.txt"), "a b.txt");
    EXPECT_EQ(file_of("/img/logo.svg#top"), "img/logo.svg");
    EXPECT_EQ(file_of("/docs/"), "docs/index.html");
}

TEST(WebRoot, TypesByExtension)
{
    EXPECT_EQ(content_type("a.html"), "text/html; charset=utf-8");
    EXPECT_EQ(content_type("a.css"), "text/css; charset=utf-8");
    EXPECT_EQ(content_type("a.js"), "text/javascript; charset=utf-8");
    EXPECT_EQ(content_type("a.mjs"), "text/javascript; charset=utf-8");
    EXPECT_EQ(content_type("a.svg"), "image/svg+xml");
    EXPECT_EQ(content_type("a.png"), "image/png");
    EXPECT_EQ(content_type("a.ico"), "image/x-icon");
    EXPECT_EQ(content_type("a.json"), "application/json; charset=utf-8");
    EXPECT_EQ(content_type("a.txt"), "text/plain; charset=utf-8");
    EXPECT_EQ(content_type("a"), "application/octet-stream");
}

TEST(WebRoot, ALocalAddressIsLeftToThePage)
{
    EXPECT_EQ(where_json("gate", "127.0.0.1", 3014, false), R"({"gate":{"host":"","port":3014}})");
    EXPECT_EQ(where_json("gate", "0.0.0.0", 3014, false), R"({"gate":{"host":"","port":3014}})");
    EXPECT_EQ(where_json("connector", "chat.example.org", 443, true),
              R"({"connector":{"host":"chat.example.org","port":443,"tls":true}})");
}

TEST(WebRoot, NothingButOurOwnFilesMayRunAndNobodyMayFrameThem)
{
    for (const bool https : {false, true}) {
        const std::string policy(content_security_policy(https));
        EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "))
            << policy;
        EXPECT_TRUE(policy.ends_with("; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"))
            << policy;
        EXPECT_EQ(policy.find("unsafe"), policy.npos);
        EXPECT_EQ(policy.find('*'), policy.npos);
    }
}

TEST(WebRoot, APageThatCameByHttpsConnectsByWssOnly)
{
    EXPECT_NE(content_security_policy(true).find("connect-src 'self' wss:;"), std::string::npos);
    EXPECT_NE(content_security_policy(false).find("connect-src 'self' ws: wss:;"), std::string::npos);
}

} // namespace
} // namespace citron::frontend
