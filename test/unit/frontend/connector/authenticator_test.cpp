// Clients that prove who they are: entering, joining and sending with tokens.
#include "test/unit/frontend/connector/stage.hpp"
#include "test/unit/frontend/identity/issuer.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace citron::frontend {
namespace {

using namespace std::chrono_literals;
using protocol::json;
using test::issuer;
using test::stage;
using test::strings;

constexpr std::string_view enter = "connector.entryHandler.enter";
constexpr std::string_view join = "connector.entryHandler.join";
constexpr std::string_view leave = "connector.entryHandler.leave";
constexpr std::string_view say = "chat.chatHandler.send";
constexpr std::string_view signal = "chat.chatHandler.signal";
constexpr std::string_view history = "chat.chatHandler.history";
constexpr std::string_view users = "chat.chatHandler.users";

const issuer signs(algorithm::hs256);
const issuer next_key("k2", std::string(32, 't'));

connector_options asking(tokens asked)
{
    connector_options o;
    o.sessions.idle = 10min; // clients say nothing while their tokens grow old
    o.identity.asked = asked;
    o.identity.fresh_keys = [n = 0](instant) mutable -> std::optional<key_ring> {
        return n++ == 0 ? std::optional(signs.ring()) : std::nullopt;
    };
    return o;
}

struct Authenticator : testing::Test
{
    explicit Authenticator(tokens asked = tokens::required) : s(asking(asked)) { s.up(); }

    /// Of `user`, for a minute from now on unless told otherwise.
    [[nodiscard]] std::string token(const std::string& user, const json& more = json::object()) const
    {
        json claims{{"sub", user}, {"exp", s.unix_ms() / 1000 + 60}};
        claims.update(more);
        return signs.token(claims);
    }
    [[nodiscard]] static std::string refusal(std::string_view reason)
    {
        return R"(response 1 {"code":500,"reason":")" + std::string(reason) + "\"}";
    }
    /// What the client hears at once.
    strings asks(session& client, std::string_view route, const json& body)
    {
        s.ask(client, 1, route, body.dump());
        return s.hears(client);
    }
    /// In the room, with that token.
    session& member(const std::string& rid, const std::string& with)
    {
        session& client = s.connect();
        enters(client, rid, with);
        return client;
    }
    void enters(session& client, const std::string& rid, const std::string& with)
    {
        EXPECT_EQ(asks(client, enter, {{"rid", rid}, {"token", with}}), strings{});
        (void)s.sends();
        s.admit("add " + rid, stage::at(10, 5));
        EXPECT_EQ(s.hears(client).size(), 1U);
        (void)s.sends();
    }
    [[nodiscard]] std::uint64_t count(const std::string& counter)
    {
        return s.counters.at("identity." + counter);
    }

    stage s;
};

struct OptionalTokens : Authenticator
{
    OptionalTokens() : Authenticator(tokens::optional) {}
};

struct IgnoredTokens : Authenticator
{
    IgnoredTokens() : Authenticator(tokens::ignored) {}
};

// ---- entering

TEST_F(Authenticator, TheTokenSaysWhoEnters)
{
    session& client = s.connect();

    EXPECT_EQ(asks(client, enter, {{"rid", "lobby"}, {"token", token("ann")}}), strings{});

    EXPECT_EQ(s.sends(), strings{"add lobby ann#1"});
    EXPECT_EQ(count("accepted"), 1U);
}

TEST_F(Authenticator, TheNameMayBeSaidToo)
{
    session& client = s.connect();

    (void)asks(client, enter, {{"rid", "lobby"}, {"username", "ann"}, {"token", token("ann")}});

    EXPECT_EQ(s.sends(), strings{"add lobby ann#1"});
}

TEST_F(Authenticator, NobodyEntersAsSomebodyElse)
{
    session& client = s.connect();
    const auto body = json{{"rid", "lobby"}, {"username", "bob"}, {"token", token("ann")}};

    EXPECT_EQ(asks(client, enter, body), strings{refusal("forbidden")});

    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(count("refused.other_name"), 1U);
}

TEST_F(Authenticator, WithoutATokenNobodyEnters)
{
    session& client = s.connect();
    for (const auto& body : {json{{"rid", "lobby"}, {"username", "ann"}}, json{{"rid", "lobby"}},
                             json{{"rid", "lobby"}, {"username", "ann"}, {"token", nullptr}},
                             json{{"rid", "lobby"}, {"username", "ann"}, {"token", ""}}})
        EXPECT_EQ(asks(client, enter, body), strings{refusal("unauthorized")}) << body;
    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(count("refused.missing"), 4U);
}

TEST_F(Authenticator, ABadTokenIsRefused)
{
    session& client = s.connect();
    const auto refused = [&](const std::string& with) {
        return asks(client, enter, {{"rid", "lobby"}, {"token", with}}) == strings{refusal("unauthorized")};
    };
    EXPECT_TRUE(refused("nonsense"));
    EXPECT_TRUE(refused(token("ann") + "x"));
    EXPECT_TRUE(refused(token("ann", {{"exp", s.unix_ms() / 1000 - 10}})));
    EXPECT_TRUE(refused(std::string(9000, 'a')));
    EXPECT_EQ(s.sends(), strings{});
    for (const auto* why : {"malformed", "signature", "expired", "too_large"})
        EXPECT_EQ(count(std::string("refused.") + why), 1U) << why;
}

TEST_F(Authenticator, ATokenOfAnotherShapeIsABadRequest)
{
    session& client = s.connect();
    for (const auto& wrong : {json::object(), json::array({"a"}), json(true)})
        EXPECT_EQ(asks(client, enter, {{"rid", "lobby"}, {"token", wrong}}), strings{refusal("bad_request")});
}

TEST_F(Authenticator, ATokenIsGoodUntilItsTimeIsOver)
{
    const auto with = token("ann");
    session& early = s.connect();
    session& late = s.connect();
    s.pass(64s);
    EXPECT_EQ(asks(early, enter, {{"rid", "lobby"}, {"token", with}}), strings{});
    s.pass(1s);
    EXPECT_EQ(asks(late, enter, {{"rid", "lobby"}, {"token", with}}), strings{refusal("unauthorized")});
}

// ---- rooms

TEST_F(Authenticator, OnlyIntoRoomsThatMayBeRead)
{
    session& client = s.connect();
    const auto with = token("ann", {{"rooms", {{"read", {"news"}}, {"write", {"team-*"}}}}});

    EXPECT_EQ(asks(client, enter, {{"rid", "lobby"}, {"token", with}}), strings{refusal("forbidden")});
    EXPECT_EQ(count("refused.room"), 1U);
    enters(client, "news", with);
    enters(client, "team-red", with);
}

TEST_F(Authenticator, OnlyIntoRoomsThatMayBeWrittenIsWritten)
{
    session& client = member("news", token("ann", {{"rooms", {{"read", {"news"}}, {"write", {"team-*"}}}}}));

    EXPECT_EQ(asks(client, say, {{"content", "x"}, {"target", "*"}}), strings{refusal("forbidden")});
    EXPECT_EQ(asks(client, say, {{"content", "x"}, {"target", "bob"}}), strings{refusal("forbidden")});
    EXPECT_EQ(asks(client, signal, {{"data", 1}}), strings{refusal("forbidden")});
    EXPECT_EQ(s.sends(), strings{});
    EXPECT_EQ(s.counters.at("send.not_allowed"), 3U);

    EXPECT_EQ(asks(client, history, json::object()), strings{});
    EXPECT_EQ(s.sends(), strings{"history news ann#1 {}"});
    s.answer("history", errc::ok, "{}");
    EXPECT_EQ(asks(client, users, json::object()), strings{"response 1 {}"});
    EXPECT_EQ(s.sends(), strings{"users news ann#1 {}"});
}

TEST_F(Authenticator, OfSeveralRoomsTheOneThatIsMeantCounts)
{
    session& client = member("news", token("ann", {{"rooms", {{"read", {"news"}}, {"write", {"lobby"}}}}}));
    s.join(client, "lobby");

    EXPECT_EQ(asks(client, say, {{"content", "x"}, {"rid", "news"}}), strings{refusal("forbidden")});
    EXPECT_EQ(asks(client, say, {{"content", "x"}, {"rid", "lobby"}}), strings{});

    EXPECT_EQ(s.sends(), strings{R"(send lobby ann#1 1/1 {"content":"x","rid":"lobby"})"})
        << "a refused send takes no number";
}

TEST_F(Authenticator, JoinsByTheTokenOfTheEnter)
{
    session& client = member("lobby", token("ann", {{"rooms", {"lobby", "news"}}}));

    EXPECT_EQ(asks(client, join, {{"rid", "cellar"}}), strings{refusal("forbidden")});
    EXPECT_EQ(asks(client, join, {{"rid", "news"}}), strings{});

    EXPECT_EQ(s.sends(), strings{"add news ann#1"});
}

TEST_F(Authenticator, JoinsByATokenOfItsOwn)
{
    session& client = member("lobby", token("ann", {{"rooms", {"lobby"}}}));

    EXPECT_EQ(asks(client, join, {{"rid", "news"}, {"token", token("bob")}}), strings{refusal("forbidden")})
        << "a connection has one name";
    EXPECT_EQ(asks(client, join, {{"rid", "news"}, {"token", "nonsense"}}), strings{refusal("unauthorized")});
    EXPECT_EQ(asks(client, join, {{"rid", "news"}, {"token", token("ann")}}), strings{});

    EXPECT_EQ(s.sends(), strings{"add news ann#1"});
}

TEST_F(Authenticator, WhoHasNotEnteredCannotJoin)
{
    session& client = s.connect();

    EXPECT_EQ(asks(client, join, {{"rid", "lobby"}}), strings{refusal("not_entered")});
    EXPECT_EQ(asks(client, join, {{"rid", "lobby"}, {"token", token("ann")}}),
              strings{refusal("not_entered")});
}

// ---- a token's time is over while its bearer is connected

TEST_F(Authenticator, AfterItsTimeNothingIsSent)
{
    session& client = member("lobby", token("ann"));
    s.pass(64s);
    EXPECT_EQ(asks(client, say, {{"content", "x"}}), strings{});
    ASSERT_EQ(s.sends(), strings{R"(send lobby ann#1 1/1 {"content":"x"})"});
    s.pass(1s);
    (void)s.sends();

    EXPECT_EQ(asks(client, say, {{"content", "y"}}), strings{refusal("unauthorized")});
    EXPECT_EQ(asks(client, signal, {{"data", 1}}), strings{refusal("unauthorized")});
    EXPECT_EQ(asks(client, join, {{"rid", "news"}}), strings{refusal("unauthorized")});
    EXPECT_EQ(asks(client, leave, {{"rid", "lobby"}}), strings{"response 1 {}"});
}

TEST_F(Authenticator, AFreshTokenInAJoinRenewsIt)
{
    session& client = member("lobby", token("ann"));
    s.pass(65s);
    (void)s.sends();

    EXPECT_EQ(asks(client, join, {{"rid", "lobby"}, {"token", token("ann")}}),
              strings{R"(response 1 {"code":500,"error":true,"reason":"duplicate_user"})"})
        << "it is there already";

    EXPECT_EQ(asks(client, say, {{"content", "x"}}), strings{});
    EXPECT_EQ(s.sends(), strings{R"(send lobby ann#1 1/1 {"content":"x"})"});
}

TEST_F(Authenticator, AnEnterThatIsRefusedChangesNobodysRights)
{
    session& client = member("lobby", token("ann", {{"rooms", {"lobby"}}}));
    const auto bobs = token("bob", {{"rooms", {{"read", {"*"}}}}});

    EXPECT_EQ(asks(client, enter, {{"rid", "news"}, {"token", bobs}}), strings{});
    (void)s.sends();
    EXPECT_EQ(asks(client, say, {{"content", "x"}}), strings{}) << "still ann, while bob waits";
    s.answer("add news", protocol::errc::duplicate_user);
    (void)s.hears(client);
    (void)s.sends();

    EXPECT_EQ(asks(client, say, {{"content", "y"}}), strings{});
    EXPECT_EQ(s.sends().size(), 1U);
}

TEST_F(Authenticator, AnotherNameBringsItsOwnRights)
{
    session& client = member("lobby", token("ann"));
    enters(client, "news", token("bob", {{"rooms", {{"read", {"*"}}}}}));

    EXPECT_EQ(asks(client, say, {{"content", "x"}}), strings{refusal("forbidden")});
    EXPECT_EQ(asks(client, join, {{"rid", "lobby"}, {"token", token("ann")}}), strings{refusal("forbidden")});
}

TEST_F(Authenticator, RightsAreOfTheNameThatAPlaceBears)
{
    session& client = member("lobby", token("ann"));
    EXPECT_EQ(asks(client, enter, {{"rid", "news"}, {"token", token("bob", {{"rooms", {{"read", {"*"}}}}})}}),
              strings{});
    EXPECT_EQ(asks(client, join, {{"rid", "team"}, {"token", token("ann")}}), strings{}) << "still ann";
    (void)s.sends();
    s.admit("add news", stage::at(10, 5));
    s.admit("add team", stage::at(10, 5));
    (void)s.hears(client);
    (void)s.sends();

    EXPECT_EQ(asks(client, say, {{"content", "x"}, {"rid", "news"}}), strings{refusal("forbidden")})
        << "bob may not write there, and the session has the token of ann by now";
    EXPECT_EQ(asks(client, say, {{"content", "x"}, {"rid", "team"}}), strings{});
}

// ---- keys

TEST_F(Authenticator, KeysMayChange)
{
    auto options = asking(tokens::required);
    options.identity.fresh_keys = [n = 0](instant) mutable -> std::optional<key_ring> {
        ++n; // 1: the constructor; 2: the first tick
        return n == 1 ? std::optional(signs.ring()) : n == 5 ? std::optional(next_key.ring()) : std::nullopt;
    };
    stage other(std::move(options));
    other.up();
    session& client = other.connect();
    const auto body = [&](const issuer& by) {
        const json claims{{"sub", "ann"}, {"exp", other.unix_ms() / 1000 + 60}};
        return json{{"rid", "lobby"}, {"token", by.token(claims)}}.dump();
    };
    other.ask(client, 1, enter, body(next_key));
    EXPECT_EQ(other.hears(client), strings{refusal("unauthorized")});

    other.pass(500ms);

    other.ask(client, 1, enter, body(signs));
    EXPECT_EQ(other.hears(client), strings{refusal("unauthorized")});
    other.ask(client, 1, enter, body(next_key));
    EXPECT_EQ(other.hears(client), strings{});
    EXPECT_EQ(other.counters.at("identity.keys"), 1U);
    EXPECT_EQ(other.counters.at("identity.key_changes"), 2U);
}

TEST(AuthenticatorKeys, WithoutKeysItDoesNotBegin)
{
    connector_options options;
    options.identity.fresh_keys = [](instant) -> std::optional<key_ring> {
        throw std::runtime_error("no such file");
    };

    EXPECT_THROW(stage{options}, std::runtime_error);
}

// ---- where tokens need not be

TEST_F(OptionalTokens, WithoutOneAnybodyEntersUnderAnyName)
{
    session& client = s.member("ann");

    EXPECT_EQ(asks(client, say, {{"content", "x"}}), strings{});
    EXPECT_EQ(s.sends(), strings{R"(send lobby ann#1 1/1 {"content":"x"})"});
    EXPECT_EQ(asks(client, join, {{"rid", "news"}}), strings{});
}

TEST_F(OptionalTokens, OneThatIsThereIsChecked)
{
    session& client = s.connect();

    EXPECT_EQ(asks(client, enter, {{"rid", "lobby"}, {"username", "ann"}, {"token", "nonsense"}}),
              strings{refusal("unauthorized")});
    EXPECT_EQ(asks(client, enter, {{"rid", "lobby"}, {"username", "bob"}, {"token", token("ann")}}),
              strings{refusal("forbidden")});
    EXPECT_EQ(asks(client, enter, {{"rid", "lobby"}, {"token", token("ann", {{"rooms", {"news"}}})}}),
              strings{refusal("forbidden")});
}

TEST_F(OptionalTokens, WithoutAnyNameNobodyEnters)
{
    session& client = s.connect();
    EXPECT_EQ(asks(client, enter, {{"rid", "lobby"}}), strings{refusal("bad_request")});
}

TEST_F(OptionalTokens, ATokenOfAnotherIsNoTokenForAJoin)
{
    session& client = s.member("ann");

    EXPECT_EQ(asks(client, join, {{"rid", "news"}, {"token", token("bob")}}), strings{refusal("forbidden")});
    EXPECT_EQ(asks(client, join, {{"rid", "news"}, {"token", token("ann")}}), strings{});
}

TEST_F(IgnoredTokens, TheyAreNotLookedAt)
{
    session& client = s.connect();

    (void)asks(client, enter, {{"rid", "lobby"}, {"username", "ann"}, {"token", "nonsense"}});
    (void)asks(client, enter,
               {{"rid", "news"}, {"username", "ann"}, {"token", token("bob", {{"rooms", {"x"}}})}});

    EXPECT_EQ(s.sends(), (strings{"add lobby ann#1", "add news ann#1"}));
}

} // namespace
} // namespace citron::frontend
