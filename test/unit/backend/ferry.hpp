// Hand-overs on a line of their own: what they send is read as text, and answered when a test says so.
#pragma once

#include "backend/handovers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace citron::backend::test {

using lines = std::vector<std::string>;
using protocol::errc;

struct ferry final : cluster::peer_listener
{
    explicit ferry(handover_options options) : rooms(options, rpc, counters)
    {
        open();
        (void)sends();
    }
    void on_up(bool, instant) override {}
    void on_down(instant at) override { rpc.on_down(at); }
    void on_view(const protocol::view&, instant) override {}
    void on_envelope(const protocol::envelope& e, instant at) override { rpc.on_reply(e, at); }

    void open()
    {
        (void)line.take_open(now);
        const auto body = protocol::pack(protocol::welcome{{.broker = 9, .number = 1, .ready = true}, false});
        line.on_frame(protocol::encode({.kind = protocol::kind::welcome, .from = "broker", .body = body}),
                      now);
    }
    /// The parts sent since the last question: "lobby 1.0: messages 1 2" is part 0 of series 1, "lobby 1.1
    /// last: ..." the last one.
    lines sends()
    {
        rooms.pump(now);
        lines said;
        for (; line.outgoing(); line.pop_outgoing()) {
            const auto e = protocol::decode(*line.outgoing()).value();
            if (e.kind != protocol::kind::call)
                continue;
            sent.push_back(protocol::unpack<protocol::handover>(e.body).value());
            unanswered.push_back(e.id);
            bytes.push_back(e.body.size());
            said.push_back(std::string(e.room) + text_of(sent.back()));
        }
        return said;
    }
    static std::string text_of(const protocol::handover& part)
    {
        auto text = fmt::format(" {}.{}{}:", part.series, part.part, part.last ? " last" : "");
        for (const auto& m : part.messages)
            text += fmt::format(" m{}", m.offset);
        for (const auto& m : part.members)
            text += " " + m.user;
        for (const auto& a : part.answers)
            text += fmt::format(" a{}", a.number);
        return text;
    }
    /// The answer to the oldest part that has none yet.
    void answer(errc code = errc::ok, const std::string& from = "s2")
    {
        const auto id = unanswered.front();
        unanswered.pop_front();
        line.on_frame(
            protocol::encode(
                {.kind = protocol::kind::reply, .from = from, .to = {"s1"}, .id = id, .code = code}),
            now);
    }
    void pass(milliseconds time)
    {
        for (const auto end = now + time; now < end;) {
            now += milliseconds(100);
            line.on_frame(protocol::encode({.kind = protocol::kind::beat, .from = "broker"}), now);
            rpc.on_tick(now);
        }
    }

    static protocol::message message(std::uint64_t offset, std::size_t size = 100)
    {
        return {offset, 900, {std::string(size, 'x')}};
    }
    /// A room with the messages 1 to `last`.
    static room_baggage baggage(std::uint64_t last)
    {
        room_baggage b{.at = {.term = 3, .rev = 8, .epoch = "e", .offset = last}, .time = 900};
        for (std::uint64_t offset = 1; offset <= last; ++offset)
            b.messages.push_back(message(offset));
        return b;
    }

    instant now{std::chrono::hours(1)};
    protocol::counters counters;
    cluster::peer line{{.self = {.id = "s1", .kind = 3, .boot = 7}}, *this, counters, now};
    cluster::rpc rpc{line, counters};
    handovers rooms;
    std::vector<protocol::handover> sent; ///< everything that sends() has read
    std::vector<std::size_t> bytes;       ///< and how large each was
    std::deque<std::uint64_t> unanswered; ///< calls
};

constexpr std::uint64_t generation = 4;

/// A part holds one message of those that ferry::baggage makes.
struct Handovers : testing::Test
{
    explicit Handovers(handover_options options = {.part_bytes = 300}) : f(options) {}

    void add(const std::string& rid, std::uint64_t messages)
    {
        f.rooms.add(rid, ferry::baggage(messages), generation);
    }
    ferry f;
};

/// One part is on the way at a time.
struct NarrowHandovers : Handovers
{
    NarrowHandovers() : Handovers({.part_bytes = 300, .window_bytes = 1}) {}
};

} // namespace citron::backend::test
