// What a client may ask of its room, and what it reads.
#include "common/protocol/json.hpp"
#include "test/unit/backend/room_stage.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using test::lines;
using test::room_stage;

/// ann (on c1) and bob (on c2) are in the lobby, which stands at 1.2.
struct ChatHandler : testing::Test
{
    room_stage s;
    protocol::member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 4);

    ChatHandler()
    {
        s.serve();
        s.enter(ann);
        s.enter(bob);
        s.turn();
        (void)s.says();
    }
    lines asks(const std::string& what, const std::string& json, std::uint64_t number = 0)
    {
        s.ask(ann, "chat.chatHandler." + what, json, number);
        s.turn();
        return s.says();
    }
    void fill(std::uint64_t messages, const std::string& text = "x")
    {
        for (std::uint64_t number = 1; number <= messages; ++number)
            s.send(ann, number, text);
        s.turn();
        (void)s.says();
    }
    /// The offsets in the answer to history, and what it says of more.
    std::string history(const std::string& json)
    {
        const auto said = asks("history", json);
        const auto brace = said.at(0).find('{');
        if (brace == std::string::npos)
            return said[0].substr(said[0].rfind(' ') + 1);
        const auto answer = protocol::json::parse(said[0].substr(brace));
        std::string text;
        for (const auto& m : answer["messages"])
            text += m["offset"].dump() + " ";
        return text + (answer["more"].get<bool>() ? "more" : "all");
    }
};

// ---- send

TEST_F(ChatHandler, SendReachesTheRoom)
{
    const auto chat =
        R"({"route":"onChat","msg":"hi","from":"ann","target":"*","rid":"lobby","offset":1,"epoch":"e1","time":1000})";

    EXPECT_EQ(asks("send", R"({"content":"hi","target":"*"})"),
              (lines{R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000})",
                     std::string("c1,c2: lobby 1.3 e1@1 ") + chat}));
}

TEST_F(ChatHandler, ContentIsAnyJsonValueAndReachesTheRoomAsItWasWritten)
{
    const std::string_view values[] = {
        R"({"b":[1,null,"ü"],"a":{}})",  "[ ]", "null", "false", R"("")", R"("\u00fc\n\"")", "-1.50e+3",
        "123456789012345678901234567890"};
    for (const auto value : values) {
        const auto said = asks("send", fmt::format(R"({{"content": {} ,"target":"*"}})", value));

        EXPECT_NE(said.back().find(fmt::format(R"("msg":{},"from")", value)), std::string::npos)
            << said.back();
    }
}

TEST_F(ChatHandler, TheSenderIsWhoItsConnectorEnteredAndNotWhoItClaims)
{
    const auto said = asks("send", R"({"content":"hi","target":"*","from":"bob","username":"bob"})");

    EXPECT_NE(said.back().find(R"("from":"ann")"), std::string::npos);
}

TEST_F(ChatHandler, AMessageWithoutContentIsOneWithoutMsg)
{
    const auto said = asks("send", R"({"target":"*"})");

    EXPECT_NE(said.back().find(R"({"route":"onChat","from":"ann",)"), std::string::npos) << said.back();
}

TEST_F(ChatHandler, NamesAndTextsOfClientsAreEscaped)
{
    s.enter(room_stage::who(R"(bo"b\)", "c2", 9));
    (void)s.says();

    const auto said = asks("send", R"({"content":1,"target":"bo\u0022b\\","cid":"a\u0001\"\u000a"})");

    EXPECT_NE(said.at(0).find(R"("target":"bo\"b\\","rid")"), std::string::npos) << said[0];
    EXPECT_NE(said[0].find(R"("cid":"a\u0001\"\n"})"), std::string::npos) << said[0];
}

TEST_F(ChatHandler, SendEchoesRouteAndCid)
{
    const auto said =
        asks("send", R"({"content":"hi","target":"*","cid":"x1","route":"chat.chatHandler.send"})");

    EXPECT_EQ(said[0], R"(c1: #3 ok {"offset":1,"epoch":"e1","time":1000,"route":"chat.chatHandler.send"})");
    EXPECT_NE(said[1].find(R"("cid":"x1","offset":1,"epoch":)"), std::string::npos);
}

TEST_F(ChatHandler, SendWithoutTargetIsABadRequest)
{
    EXPECT_EQ(asks("send", R"({"content":"hi"})"), lines{"c1: #3 bad_request"});
    EXPECT_EQ(asks("send", R"({"content":"hi","target":{}})"), lines{"c1: #4 bad_request"});
}

TEST_F(ChatHandler, AWhisperReachesItsAddresseeAlone)
{
    const auto said = asks("send", R"({"content":"psst","target":"bob","cid":"x1"})");

    EXPECT_EQ(
        said,
        lines{
            R"(c2: lobby deliver to 4 {"route":"onChat","msg":"psst","from":"ann","target":"bob","rid":"lobby","time":1000,"cid":"x1"})"});
}

TEST_F(ChatHandler, AWhisperIsAnsweredOnceTheAddresseesConnectorHasIt)
{
    (void)asks("send", R"({"content":"psst","target":"bob","route":"r"})", 1);

    s.reply(s.calls.at(0), errc::ok);

    EXPECT_EQ(s.says(), lines{R"(c1: #3 ok {"time":1000,"route":"r"})"});
}

TEST_F(ChatHandler, AWhisperThatNobodyTakesIsRefused)
{
    (void)asks("send", R"({"content":"psst","target":"bob"})", 1);

    s.reply(s.calls.at(0), errc::no_such_user);

    EXPECT_EQ(s.says(), lines{"c1: #3 no_such_user"});
}

TEST_F(ChatHandler, AWhisperToNobodyIsRefused)
{
    EXPECT_EQ(asks("send", R"({"content":"psst","target":"zoe"})"), lines{"c1: #3 no_such_user"});
}

TEST_F(ChatHandler, AWhisperIsNotInHistory)
{
    (void)asks("send", R"({"content":"psst","target":"bob"})", 1);
    s.reply(s.calls.at(0), errc::ok);
    (void)s.says();

    EXPECT_EQ(history("{}"), "all");
}

TEST_F(ChatHandler, ATargetThatIsANumberCountsAsItsText)
{
    s.enter(room_stage::who("42", "c2", 9));
    (void)s.says();

    EXPECT_TRUE(
        asks("send", R"({"content":"psst","target":42})").at(0).starts_with("c2: lobby deliver to 9 "));
}

// ---- signal

TEST_F(ChatHandler, ASignalReachesTheRoom)
{
    EXPECT_EQ(
        asks("signal", R"({"data":{"x":1}})"),
        (lines{R"(c1,c2: lobby 1.3 e1@0 {"route":"onSignal","from":"ann","data":{"x":1},"rid":"lobby"})",
               "c1: #3 ok {}"}));
}

TEST_F(ChatHandler, ASignalWithoutDataIsOneOfNull)
{
    EXPECT_NE(asks("signal", "{}").at(0).find(R"("data":null,"rid")"), std::string::npos);
}

TEST_F(ChatHandler, ASignalIsNotInHistory)
{
    (void)asks("signal", R"({"data":1})");

    EXPECT_EQ(history("{}"), "all");
}

// ---- history

TEST_F(ChatHandler, HistoryIsTheOnChatBodiesInOrder)
{
    s.send(ann, 1, "one");
    s.send(bob, 1, "two");
    s.turn();
    (void)s.says();

    EXPECT_EQ(
        asks("history", "{}"),
        lines{
            R"(c1: #5 ok {"messages":[{"route":"onChat","msg":"one","from":"ann","target":"*","rid":"lobby","offset":1,"epoch":"e1","time":1000},{"route":"onChat","msg":"two","from":"bob","target":"*","rid":"lobby","offset":2,"epoch":"e1","time":1000}],"epoch":"e1","more":false})"});
}

TEST_F(ChatHandler, HistoryIsTheNewestFiftyUnlessAsked)
{
    fill(51);

    EXPECT_TRUE(history("{}").starts_with("2 3 4 "));
    EXPECT_TRUE(history("{}").ends_with(" 50 51 more"));
}

TEST_F(ChatHandler, HistoryGoesBackFromAnOffset)
{
    fill(5);

    EXPECT_EQ(history(R"({"before":4,"limit":2})"), "2 3 more");
    EXPECT_EQ(history(R"({"before":2,"limit":2})"), "1 all");
    EXPECT_EQ(history(R"({"before":1})"), "all");
}

TEST_F(ChatHandler, HistoryTakesLimitsFromOneToAHundred)
{
    fill(101);

    EXPECT_EQ(history(R"({"limit":1})"), "101 more");
    EXPECT_TRUE(history(R"({"limit":100})").starts_with("2 3 "));
    EXPECT_EQ(history(R"({"limit":0})"), "bad_request");
    EXPECT_EQ(history(R"({"limit":101})"), "bad_request");
    EXPECT_EQ(history(R"({"limit":-1})"), "bad_request");
    EXPECT_EQ(history(R"({"limit":"50"})"), "bad_request");
    EXPECT_EQ(history(R"({"before":-1})"), "bad_request");
    EXPECT_EQ(history(R"({"before":1.5})"), "bad_request");
}

TEST_F(ChatHandler, HistoryEndsAtAMebibyteOfBodies)
{
    fill(4, std::string(400'000, 'x'));

    EXPECT_EQ(history("{}"), "3 4 more");
}

// ---- users

TEST_F(ChatHandler, UsersAreInJoinOrderAndTheAskerIsLast)
{
    s.enter(room_stage::who("cid", "c2", 9));
    (void)s.says();

    EXPECT_EQ(asks("users", "{}"), lines{R"(c1: #4 ok {"users":["bob","cid","ann"]})"});
}

} // namespace
} // namespace citron::backend
