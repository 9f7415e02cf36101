#include "frontend/handshake.hpp"

#include "common/protocol/json.hpp"
#include "test/unit/frontend/ear.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::json;

constexpr std::string_view greeting = R"({"sys":{"type":"js-websocket"},"user":{}})";

/// The JSON of a handshake package; null when there is no answer.
json read(const std::optional<protocol::frame>& answer)
{
    if (!answer)
        return nullptr;
    const auto heard = test::spell(answer->view());
    return json::parse(heard.at(0).substr(std::string_view("handshake ").size()));
}

handshake two_routes()
{
    return handshake(10s, {"b.bHandler.y", "a.aHandler.x"});
}

TEST(Handshake, NumbersItsRoutesFromOneInSortedOrder)
{
    const handshake h(10s, {"c.cHandler.z", "a.aHandler.x", "b.bHandler.y", "a.aHandler.x"});

    const auto sys = read(h.answer(greeting))["sys"];

    const json dictionary{{"a.aHandler.x", 1}, {"b.bHandler.y", 2}, {"c.cHandler.z", 3}};
    EXPECT_EQ(sys["dict"], dictionary);
    EXPECT_EQ(sys["routeToCode"], dictionary);
    EXPECT_EQ(sys["codeToRoute"],
              (json{{"1", "a.aHandler.x"}, {"2", "b.bHandler.y"}, {"3", "c.cHandler.z"}}));
    EXPECT_EQ(sys["useDict"], true);
}

TEST(Handshake, SpellsOutTheCodesThatItAnnounced)
{
    const auto h = two_routes();

    ASSERT_NE(h.route_of(1), nullptr);
    EXPECT_EQ(*h.route_of(1), "a.aHandler.x");
    EXPECT_EQ(*h.route_of(2), "b.bHandler.y");
    EXPECT_EQ(h.route_of(0), nullptr);
    EXPECT_EQ(h.route_of(3), nullptr);
}

TEST(Handshake, TheVersionIsTheDictionarysMd5InBase64)
{
    const auto h = two_routes();

    EXPECT_EQ(h.version(), "DwxjmD3PcEohN3tXOeTWWA=="); // of {"a.aHandler.x":1,"b.bHandler.y":2}
    EXPECT_EQ(read(h.answer(greeting))["sys"]["dictVersion"], h.version());
}

TEST(Handshake, TheVersionDoesNotDependOnTheOrderOfTheRoutes)
{
    EXPECT_EQ(handshake(10s, {"a.aHandler.x", "b.bHandler.y"}).version(), two_routes().version());
    EXPECT_NE(handshake(10s, {"a.aHandler.x", "b.bHandler.z"}).version(), two_routes().version());
}

TEST(Handshake, AClientThatKnowsTheDictionaryIsNotToldAgain)
{
    const auto h = two_routes();

    const auto sys = read(h.answer(json{{"sys", {{"dictVersion", h.version()}}}}.dump()))["sys"];

    EXPECT_FALSE(sys.contains("dict"));
    EXPECT_FALSE(sys.contains("codeToRoute"));
    EXPECT_FALSE(sys.contains("dictVersion"));
    EXPECT_EQ(sys["useDict"], true);
}

TEST(Handshake, AClientWithAnotherDictionaryGetsOurs)
{
    const auto h = two_routes();

    for (const auto* version : {R"("")", R"("s2r1qfKDrbhWCkA6uf+PTA==")", "7", "null", "{}"}) {
        const auto body = std::string(R"({"sys":{"dictVersion":)").append(version).append("}}");
        EXPECT_EQ(read(h.answer(body))["sys"]["dictVersion"], h.version()) << version;
    }
}

TEST(Handshake, WithoutRoutesNoDictionaryIsAnnounced)
{
    const handshake h(10s, {});

    const auto sys = read(h.answer(greeting))["sys"];

    EXPECT_FALSE(sys.contains("dict"));
    EXPECT_FALSE(sys.contains("useDict"));
    EXPECT_EQ(h.route_of(1), nullptr);
}

TEST(Handshake, TellsTheHeartbeatInSeconds)
{
    EXPECT_EQ(read(handshake(10s, {}).answer(greeting))["sys"]["heartbeat"].dump(), "10");
    EXPECT_EQ(read(handshake(2500ms, {}).answer(greeting))["sys"]["heartbeat"].dump(), "2.5");
}

TEST(Handshake, SysIsJudgedAsJavaScriptDoes)
{
    for (const auto* truthy : {"{}", "[]", "true", "1", "-1", "0.5", R"("0")", R"("false")"})
        EXPECT_EQ(read(two_routes().answer(std::string(R"({"sys":)") + truthy + "}"))["code"], 200) << truthy;
    for (const auto* falsy : {"null", "false", "0", "0.0", "-0", R"("")"})
        EXPECT_FALSE(two_routes().answer(std::string(R"({"sys":)") + falsy + "}")) << falsy;
}

TEST(Handshake, ABodyThatIsNoObjectWithSysIsRefused)
{
    for (const auto* body : {"", "{}", "[]", "null", R"("sys")", "{", R"({"user":{}})", R"([{"sys":{}}])"})
        EXPECT_FALSE(two_routes().answer(body)) << body;
}

TEST(Handshake, TheRefusalIsCode500AndNothingElse)
{
    EXPECT_EQ(test::spell(two_routes().refusal().view()), test::strings{R"(handshake {"code":500})"});
}

} // namespace
} // namespace citron::frontend
