// A room that goes to another chat server.
#pragma once

#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend::test {

/// ann (on c1) and bob (on c2) are in a room that s2 will own when it comes; it stands at 1.2.
struct RoomMover : testing::Test
{
    room_stage s;
    const std::string room = room_stage::room_of("s2");
    member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);

    RoomMover()
    {
        s.rid = room;
        s.serve();
        s.enter(ann);
        s.enter(bob);
        s.turn();
        (void)s.says();
    }
    /// s2 takes every part; what is said then.
    lines taken()
    {
        s.answer_parts();
        return s.says();
    }
    void say(std::uint64_t number, const std::string& text)
    {
        s.send(ann, number, text);
        s.turn();
        (void)s.says();
    }
    std::string to_room(const std::string& what) const { return room + ": " + what; }
};

} // namespace citron::backend::test
