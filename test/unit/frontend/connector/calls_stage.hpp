// Calls to rooms' owners over a line that is up: what goes out is named, answers are made up, and time is a
// number.
#pragma once

#include "frontend/connector/room_calls.hpp"
#include "test/unit/cluster/line.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend::test {

/// A call's body is its name.
class calls_stage
{
public:
    explicit calls_stage(room_call_options options = {.try_for = milliseconds(3'000),
                                                      .retry = milliseconds(150)})
        : calls(options, rpc, line.counters)
    {
        line.up();
    }

    room_calls::call_id call(const std::string& name, milliseconds patience = milliseconds(10'000),
                             bool repeatable = true)
    {
        return calls.start({.room = "lobby",
                            .route = "a.b.c",
                            .body = name,
                            .deadline = line.now + patience,
                            .repeatable = repeatable},
                           done(name), line.now);
    }
    room_calls::call_id call_once(const std::string& name) { return call(name, milliseconds(10'000), false); }
    /// Writes down how the call of that name has ended.
    room_calls::callback done(const std::string& name)
    {
        return [this, name](const cluster::answer& a, instant) {
            ended.push_back(name + " " + std::string(reason(a.code)) +
                            (a.body.empty() ? "" : " " + std::string(a.body)));
        };
    }
    /// A call that has gone out.
    room_calls::call_id ask_owner(const std::string& name, milliseconds patience = milliseconds(10'000))
    {
        calls.go({"s1"}, line.now);
        const auto id = call(name, patience);
        (void)asked();
        return id;
    }
    room_calls::call_id ask_owner_once(const std::string& name)
    {
        calls.go({"s1"}, line.now);
        const auto id = call_once(name);
        (void)asked();
        return id;
    }

    /// Names of the calls that went out since the last question, in order.
    std::vector<std::string> asked()
    {
        std::vector<std::string> names;
        while (line.peer.outgoing()) {
            const auto frame = line.next();
            if (frame.e.kind != protocol::kind::call)
                continue;
            names.emplace_back(frame.e.body);
            tries.emplace_back(frame.e.id);
        }
        return names;
    }
    /// Answers a try: they are counted from 0, in the order they went out.
    void answer(std::size_t which, errc code, std::string_view body = {}, const std::string& from = "s1")
    {
        rpc.on_reply(
            {.kind = protocol::kind::reply, .from = from, .id = tries.at(which), .code = code, .body = body},
            line.now);
    }
    void lose_line()
    {
        line.peer.on_lost(line.now);
        calls.hold();
        rpc.on_down(line.now);
    }
    /// Time as the connector sees it: ticks of 50 ms.
    void pass(milliseconds time)
    {
        for (const auto until = line.now + time; line.now < until;) {
            line.pass(milliseconds(50));
            rpc.on_tick(line.now);
            calls.on_tick(line.now);
        }
    }

    cluster::test::line line{protocol::server_kind::connector};
    cluster::rpc rpc{line.peer, line.counters};
    room_calls calls;
    std::vector<std::uint64_t> tries;
    std::vector<std::string> ended;
};

} // namespace citron::frontend::test
