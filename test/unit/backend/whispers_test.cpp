#include "backend/whispers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <utility>

namespace citron::backend {
namespace {

using namespace std::chrono_literals;
using protocol::kind;
using lines = std::vector<std::string>;

/// Whispers on a line of its own: what they say is counted, and what becomes of them is written down.
struct courier final : cluster::peer_listener
{
    courier()
    {
        (void)line.take_open(now);
        const auto body = protocol::pack(protocol::welcome{{.broker = 9, .number = 1, .ready = true}, false});
        line.on_frame(protocol::encode({.kind = kind::welcome, .from = "broker", .body = body}), now);
        (void)tries();
    }
    void on_up(bool, instant) override {}
    void on_down(instant at) override { rpc.on_down(at); }
    void on_view(const protocol::view&, instant) override {}
    void on_envelope(const protocol::envelope& e, instant at) override { rpc.on_reply(e, at); }

    void start(const std::string& rid = "lobby", std::uint64_t number = 1, const std::string& name = {})
    {
        const open_request from{{"c1", 1, 1}, number, {}};
        whispers.start(rid, from, {.user = "bob", .connector = "c2", .session = 4}, name, "push", now);
    }
    /// Ids of the calls made since the last question.
    std::vector<std::uint64_t> tries()
    {
        std::vector<std::uint64_t> ids;
        for (; line.outgoing(); line.pop_outgoing())
            if (const auto e = protocol::decode(*line.outgoing()).value(); e.kind == kind::call) {
                ids.push_back(e.id);
                last = protocol::unpack<protocol::deliver>(e.body).value();
                last_to = fmt::format("{} {}", e.to.front(), e.room);
            }
        return ids;
    }
    void answer(std::uint64_t id, errc code)
    {
        line.on_frame(
            protocol::encode({.kind = kind::reply, .from = "c2", .to = {"s1"}, .id = id, .code = code}), now);
    }
    void pass(milliseconds time)
    {
        for (const auto end = now + time; now < end;) {
            now += milliseconds(100);
            line.on_frame(protocol::encode({.kind = kind::beat, .from = "broker"}), now);
            rpc.on_tick(now);
            whispers.on_tick(now);
        }
    }

    instant now{std::chrono::hours(1)};
    protocol::counters counters;
    cluster::peer line{{.self = {.id = "s1", .kind = 3, .boot = 7}}, *this, counters, now};
    cluster::rpc rpc{line, counters};
    lines ended;
    protocol::deliver last;
    std::string last_to;
    backend::whispers whispers{
        {}, rpc, counters, [this](const std::string& rid, const open_request& from, errc code) {
            ended.push_back(fmt::format("{} {} {}", rid, from.number, protocol::reason(code)));
        }};
};

TEST(Whispers, GoToTheAddresseesConnectorUnderTheSendersName)
{
    courier c;

    c.start("lobby", 3);

    EXPECT_EQ(c.tries().size(), 1U);
    EXPECT_EQ(c.last_to, "c2 lobby");
    EXPECT_EQ(c.last.session, 4U);
    EXPECT_EQ(c.last.from, "c1/1/1");
    EXPECT_EQ(c.last.number, 3U);
    EXPECT_EQ(c.last.push.data, "push");
}

TEST(Whispers, GoUnderTheNameThatTheirSenderGaveThem)
{
    courier c;

    c.start("lobby", 3, "k/7");

    EXPECT_EQ(c.tries().size(), 1U);
    EXPECT_EQ(c.last.from, "k/7");
    EXPECT_EQ(c.last.number, 0U);
}

TEST(Whispers, EndWhenTheConnectorHasThem)
{
    courier c;
    c.start();

    c.answer(c.tries().at(0), errc::ok);

    EXPECT_EQ(c.ended, lines{"lobby 1 ok"});
}

TEST(Whispers, EndAtOnceWhenNobodyIsThere)
{
    courier c;
    c.start();

    c.answer(c.tries().at(0), errc::no_such_user);
    c.pass(10s);

    EXPECT_EQ(c.ended, lines{"lobby 1 no_such_user"});
    EXPECT_TRUE(c.tries().empty());
    EXPECT_EQ(c.counters.at("whisper.failed"), 1U);
}

TEST(Whispers, AreTriedAgainAfterAPause)
{
    courier c;
    c.start();
    c.answer(c.tries().at(0), errc::unavailable);

    c.pass(100ms);
    EXPECT_TRUE(c.tries().empty());
    c.pass(100ms);

    const auto again = c.tries();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(c.last.number, 1U);
    c.answer(again[0], errc::ok);
    EXPECT_EQ(c.ended, lines{"lobby 1 ok"});
    EXPECT_EQ(c.counters.at("whisper.retries"), 1U);
}

TEST(Whispers, AreTriedAgainWhenNoAnswerComes)
{
    courier c;
    c.start();
    (void)c.tries();

    c.pass(2'300ms);

    EXPECT_EQ(c.tries().size(), 1U);
    EXPECT_EQ(c.ended, lines{});
}

TEST(Whispers, AreTriedAgainAfterTheLineWasLost)
{
    courier c;
    c.start();
    (void)c.tries();
    c.line.on_lost(c.now);

    c.pass(300ms);

    EXPECT_EQ(c.ended, lines{});
    EXPECT_GE(c.counters.at("whisper.retries"), 1U);
}

TEST(Whispers, AreGivenUpAfterEightSeconds)
{
    courier c;
    c.start();

    c.pass(7'900ms);
    EXPECT_EQ(c.ended, lines{});
    c.pass(200ms);

    EXPECT_EQ(c.ended, lines{"lobby 1 unavailable"});
    (void)c.tries();
    c.pass(5s);
    EXPECT_TRUE(c.tries().empty());
}

TEST(Whispers, OfOneRoomCanBeEndedAtOnce)
{
    courier c;
    c.start("lobby", 1);
    c.start("other", 2);
    c.start("lobby", 3);

    c.whispers.cancel("lobby");

    EXPECT_EQ(c.ended, (lines{"lobby 1 unavailable", "lobby 3 unavailable"}));
}

TEST(Whispers, ALateAnswerToAnEndedOneIsNothing)
{
    courier c;
    c.start();
    const auto id = c.tries().at(0);
    c.whispers.cancel("lobby");

    c.answer(id, errc::ok);

    EXPECT_EQ(c.ended, lines{"lobby 1 unavailable"});
}

TEST(Whispers, NeverEndFromWithinStart)
{
    courier c;
    c.line.on_lost(c.now); // nothing can be sent now

    c.start();
    EXPECT_EQ(c.ended, lines{});
    c.pass(9s);

    EXPECT_EQ(c.ended, lines{"lobby 1 unavailable"});
}

TEST(Whispers, CanBeForgottenWithoutAWord)
{
    courier c;
    c.start();
    const auto id = c.tries().at(0);

    c.whispers.clear();
    c.answer(id, errc::ok);
    c.pass(10s);

    EXPECT_EQ(c.ended, lines{});
    EXPECT_TRUE(c.tries().empty());
}

TEST(Whispers, AreTriedAtOnceWhenTheConnectorHasANewLink)
{
    courier c;
    c.start();
    const auto lost = c.tries().at(0);

    c.whispers.on_new_link("c1", c.now);
    EXPECT_TRUE(c.tries().empty());
    c.whispers.on_new_link("c2", c.now);

    const auto again = c.tries();
    ASSERT_EQ(again.size(), 1U);
    c.answer(again[0], errc::ok);
    c.answer(lost, errc::ok);
    EXPECT_EQ(c.ended, lines{"lobby 1 ok"});
}

} // namespace
} // namespace citron::backend
