// A room that comes from another chat server.
#pragma once

#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend::test {

/// s2 hands over a room at 5.8 old@2 with two messages; ann is on c1, bob on c2.
struct Handover : testing::Test
{
    room_stage s;
    const std::string room = room_stage::room_of("s1");
    member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);

    Handover()
    {
        s.rid = room;
        s.chat_server_comes("s2");
        (void)s.says();
    }
    static protocol::head old_head(std::uint64_t term = 5)
    {
        return {.term = room_stage::term(1, term), .rev = 8, .epoch = "old", .offset = 2};
    }
    static protocol::message message(std::uint64_t offset)
    {
        return {offset, 900, {R"({"msg":"earlier","offset":)" + std::to_string(offset) + "}"}};
    }
    static protocol::handover::answered answered(const member& who, std::uint64_t number)
    {
        return {.sender = key_of(who), .number = number, .code = 0, .body = {R"({"offset":2})"}};
    }
    /// A part with nothing in it, and the last one with these members.
    static protocol::handover part(std::uint32_t number, std::uint64_t series = 1)
    {
        return {.series = series, .part = number};
    }
    static protocol::handover last(std::uint32_t number, const std::vector<member>& members,
                                   std::uint64_t term = 5)
    {
        return {.series = 1, .part = number, .last = true, .at = old_head(term), .members = members};
    }
    void comes(const std::vector<member>& members, std::uint64_t term = 5)
    {
        auto first = part(0);
        first.messages = {message(1), message(2)};
        s.hand_over(first);
        s.hand_over(last(1, members, term));
        EXPECT_EQ(s.says(), (lines{"s2: part ok", "s2: part ok"}));
    }
    void enrolls(const std::vector<member>& on_c1, const std::vector<member>& on_c2)
    {
        s.settle();
        s.enroll("c1", on_c1, old_head());
        s.enroll("c2", on_c2, old_head());
        s.turn();
    }
    lines stands(const std::string& what) const
    {
        return {"c1: " + room + " at " + what, "c2: " + room + " at " + what};
    }
    std::string history()
    {
        s.ask(ann, "chat.chatHandler.history", "{}");
        s.turn();
        return s.says().back();
    }
};

} // namespace citron::backend::test
