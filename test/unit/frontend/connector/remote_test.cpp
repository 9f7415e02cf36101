// What owners of rooms ask of a connector: events to push, whispers to deliver, sessions to end.
#include "common/protocol/package.hpp"
#include "test/unit/frontend/connector/stage.hpp"

#include <gtest/gtest.h>

namespace citron::frontend {
namespace {

using test::stage;
using test::strings;

struct Remote : testing::Test
{
    Remote() { s.up(); }

    /// "hi" number `number` of the session "c9/4" to a session of ours; call `id`.
    void deliver(std::uint64_t id, session_id to, std::uint64_t number, const std::string& rid = "lobby",
                 std::uint64_t life = stage::boot)
    {
        const protocol::deliver body{
            .boot = life,
            .session = to,
            .from = "c9/4",
            .number = number,
            .push = {protocol::encode_push("onChat", "hi" + std::to_string(number))}};
        s.call(id, protocol::deliver::route, protocol::pack(body), rid);
    }
    void evict(session_id whom, const std::string& reason, const std::string& rid = "lobby",
               std::uint64_t life = stage::boot)
    {
        s.notify(protocol::evict::route, protocol::pack(protocol::evict{life, whom, reason}), rid);
    }
    stage s;
};

// ---- whispers

TEST_F(Remote, AWhisperIsShownAndAcknowledged)
{
    session& ann = s.member("ann");
    session& bob = s.member("bob");

    deliver(70, ann.id, 1);

    EXPECT_EQ(s.hears(ann), strings{"onChat hi1"});
    EXPECT_EQ(s.hears(bob), strings{});
    EXPECT_EQ(s.sends(), strings{"reply 70 ok"});
}

TEST_F(Remote, ARepeatedWhisperIsAcknowledgedButNotShownAgain)
{
    session& ann = s.member("ann");
    deliver(70, ann.id, 1);
    deliver(71, ann.id, 2);

    deliver(72, ann.id, 1);

    EXPECT_EQ(s.hears(ann), (strings{"onChat hi1", "onChat hi2"}));
    EXPECT_EQ(s.sends(), (strings{"reply 70 ok", "reply 71 ok", "reply 72 ok"}));
}

TEST_F(Remote, ARepeatedWhisperIsNotShownAgainToASessionThatHasLeftAndComeBack)
{
    session& ann = s.member("ann");
    s.join(ann, "other");
    deliver(70, ann.id, 1);
    s.ask(ann, 8, "connector.entryHandler.leave", R"({"rid":"lobby"})");
    s.join(ann, "lobby");
    (void)s.hears(ann);

    deliver(71, ann.id, 1);

    EXPECT_EQ(s.hears(ann), strings{});
}

TEST_F(Remote, AWhisperIsKnownByItsNameForTenMinutesWhoeverBringsIt)
{
    session& ann = s.member("ann");
    const auto hi = [&](std::uint64_t id, const std::string& name) {
        const protocol::deliver body{.boot = stage::boot,
                                     .session = ann.id,
                                     .from = name,
                                     .push = {protocol::encode_push("onChat", "hi")}};
        s.call(id, protocol::deliver::route, protocol::pack(body));
    };
    hi(70, "key/1");
    hi(71, "key/2");
    (void)s.hears(ann);
    s.now += std::chrono::minutes(10);

    hi(72, "key/1");
    EXPECT_EQ(s.hears(ann), strings{});
    s.now += std::chrono::seconds(1);
    hi(73, "key/3");
    hi(74, "key/1");
    EXPECT_EQ(s.hears(ann), (strings{"onChat hi", "onChat hi"}));
}

TEST_F(Remote, WhispersThatCouldNotBeToldApartAreTakenLater)
{
    constexpr std::uint64_t most = 1024;
    session& ann = s.member("ann");
    for (std::uint64_t number = 1; number <= most; ++number)
        deliver(number, ann.id, number);
    EXPECT_EQ(s.hears(ann).size(), most);
    (void)s.sends();

    deliver(2000, ann.id, most + 1);
    deliver(2001, ann.id, 1);
    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(s.sends(), (strings{"reply 2000 unavailable", "reply 2001 ok"}));

    s.now += std::chrono::milliseconds(10'001);
    deliver(2002, ann.id, most + 1);
    EXPECT_EQ(s.hears(ann), strings{"onChat hi1025"});
}

TEST_F(Remote, AWhisperToASessionThatIsGoneFindsNobody)
{
    session& ann = s.member("ann");
    const auto id = ann.id;
    s.server.sessions().on_gone(id, s.now);
    (void)s.sends();

    deliver(70, id, 1);

    EXPECT_EQ(s.sends(), strings{"reply 70 no_such_user"});
}

TEST_F(Remote, AWhisperInARoomThatTheSessionIsNotInFindsNobody)
{
    session& ann = s.member("ann");

    deliver(70, ann.id, 1, "attic");

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(s.sends(), strings{"reply 70 no_such_user"});
}

TEST_F(Remote, AWhisperToASessionOfAFormerLifeFindsNobody)
{
    session& ann = s.member("ann");

    deliver(70, ann.id, 1, "lobby", stage::boot - 1);

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(s.sends(), strings{"reply 70 no_such_user"});
}

/// Outboxes hold 2,000 bytes.
struct RemoteOverflow : testing::Test
{
    RemoteOverflow() { s.up(); }

    [[nodiscard]] static connector_options narrow()
    {
        connector_options o;
        o.sessions.outbox_bytes = 2000;
        return o;
    }

    stage s{narrow()};
};

TEST_F(RemoteOverflow, AWhisperThatItsOutboxCannotTakeIsNotAcknowledged)
{
    session& ann = s.member("ann");
    const protocol::deliver body{.boot = stage::boot,
                                 .session = ann.id,
                                 .from = "c9/4",
                                 .number = 1,
                                 .push = {protocol::encode_push("onChat", std::string(2000, 'x'))}};

    s.call(70, protocol::deliver::route, protocol::pack(body));

    EXPECT_EQ(s.hears(ann), (strings{R"(kick {"reason":"slow_consumer"})", "close 1000"}));
    EXPECT_EQ(s.sends(), (strings{"reply 70 no_such_user", "kick lobby ann#1"}));
}

TEST_F(Remote, AWhisperThatCannotBeReadIsABadRequest)
{
    s.call(70, protocol::deliver::route, "no whisper");

    EXPECT_EQ(s.sends(), strings{"reply 70 bad_request"});
}

// ---- sessions to end

TEST_F(Remote, AnEvictedSessionIsToldWhyAndLeavesItsRooms)
{
    session& ann = s.member("ann");
    s.join(ann, "attic");

    evict(ann.id, "replaced");

    EXPECT_EQ(s.hears(ann), (strings{R"(kick {"reason":"replaced"})", "close 1000"}));
    EXPECT_EQ(s.sends(), (strings{"kick lobby ann#1", "kick attic ann#1"}));
}

TEST_F(Remote, OnlyWhoIsInThatRoomCanBeEvicted)
{
    session& ann = s.member("ann");

    evict(ann.id, "replaced", "attic");
    evict(ann.id + 1, "replaced");

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(ann.state, phase::working);
}

TEST_F(Remote, WhoIsMeantInAFormerLifeIsNobodyOfOurs)
{
    session& ann = s.member("ann");

    evict(ann.id, "replaced", "lobby", stage::boot - 1);

    EXPECT_EQ(s.hears(ann), strings{});
    EXPECT_EQ(ann.state, phase::working);
    EXPECT_EQ(s.counters.at("room.undecodable"), 0U);
}

// ---- what does not fit

TEST_F(Remote, UnknownCallsAreAnsweredAndUnknownNotifiesAreNot)
{
    s.call(70, "connector.channelRemote.nope", "");
    s.notify("connector.channelRemote.nope", "");

    EXPECT_EQ(s.sends(), strings{"reply 70 no_such_route"});
}

TEST_F(Remote, BodiesThatCannotBeReadAreCounted)
{
    session& ann = s.member("ann");

    s.publish(protocol::channel_push, "no broadcast");
    s.publish(protocol::channel_heads, "no heads");
    s.notify(protocol::channel_state, "no state");
    s.notify(protocol::evict::route, "no evict");

    EXPECT_EQ(s.counters.at("room.undecodable"), 4U);
    EXPECT_EQ(s.hears(ann), strings{});
}

TEST_F(Remote, TheStatisticsAreReadByACall)
{
    s.server.set_stats([] { return std::string(R"({"a":1})"); });

    s.call(70, protocol::stats_route, "");

    EXPECT_EQ(s.sends(), strings{R"(reply 70 ok {"a":1})"});
}

// ---- heads and holes

TEST_F(Remote, AHeadBeyondWhatWasShownIsAskedFor)
{
    session& ann = s.member("ann");
    s.publish(protocol::channel_heads, protocol::pack(protocol::heads{{{"lobby", s.at(11, 6)}}}));
    ASSERT_EQ(s.sends(), strings{"sync lobby 1.10"});

    const protocol::sync_state state{.at = s.at(11, 6), .messages = {{6, 0, {"six"}}}};
    s.answer("sync lobby", protocol::errc::ok, protocol::pack(state));

    EXPECT_EQ(s.hears(ann), strings{"onChat six"});
}

/// Members that cannot take what they missed are closed while the others are still being shown it.
TEST_F(RemoteOverflow, MembersMayEndWhileTheRoomIsRepaired)
{
    session& ann = s.member("ann");
    session& bob = s.member("bob");
    session& cid = s.member("cid");
    for (auto* slow : {&ann, &bob})
        s.server.sessions().push(
            *slow, websocket_frame(protocol::encode_push("onChat", std::string(1600, 'x'))), s.now);
    s.publish("lobby", s.at(12, 7));
    (void)s.sends();

    const protocol::sync_state state{.at = s.at(11, 6), .messages = {{6, 0, {std::string(300, '6')}}}};
    s.answer("sync lobby", protocol::errc::ok, protocol::pack(state));

    EXPECT_EQ(ann.state, phase::closing);
    EXPECT_EQ(bob.state, phase::closing);
    EXPECT_EQ(s.hears(cid), (strings{"onChat " + std::string(300, '6'), "onChat 7"}));
    EXPECT_EQ(s.sends(), (strings{"kick lobby ann#1", "kick lobby bob#2"}));
}

TEST_F(RemoteOverflow, MembersMayEndWhileARunIsShown)
{
    session& ann = s.member("ann");
    session& bob = s.member("bob");
    s.server.sessions().push(ann, websocket_frame(protocol::encode_push("onChat", std::string(1800, 'x'))),
                             s.now);
    (void)s.sends();

    s.publish("lobby", s.at(11, 6));
    s.publish("lobby", s.at(12, 7));

    EXPECT_EQ(s.hears(bob), (strings{"onChat 6", "onChat 7"}));
    EXPECT_EQ(ann.state, phase::closing);
    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"});
}

TEST_F(RemoteOverflow, TheLastMemberMayEndWhileTheRoomIsRepaired)
{
    session& ann = s.member("ann");
    s.publish("lobby", s.at(12, 7));
    (void)s.sends();

    const std::string large(1500, 'x');
    const protocol::sync_state state{.at = s.at(13, 8),
                                     .messages = {{6, 0, {large}}, {7, 0, {large}}, {8, 0, {large}}}};
    s.answer("sync lobby", protocol::errc::ok, protocol::pack(state));

    EXPECT_EQ(ann.state, phase::closing);
    EXPECT_EQ(s.sends(), strings{"kick lobby ann#1"});
    EXPECT_TRUE(s.server.rooms().index().rooms().empty());
}

} // namespace
} // namespace citron::frontend
