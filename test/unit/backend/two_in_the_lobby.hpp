// Two members in a room of a whole chat server, and what is said when somebody comes or goes.
#pragma once

#include "test/unit/backend/room_stage.hpp"

#include <gtest/gtest.h>

namespace citron::backend::test {

inline std::string on_add(const std::string& at, const std::string& user)
{
    return at + R"( {"route":"onAdd","user":")" + user + R"(","rid":"lobby"})";
}

inline std::string on_leave(const std::string& at, const std::string& user)
{
    return at + R"( {"route":"onLeave","user":")" + user + R"(","rid":"lobby"})";
}

/// ann (on c1) and bob (on c2) are in the lobby, which stands at 1.2.
struct two_in_the_lobby : testing::Test
{
    room_stage s;
    member ann = room_stage::who("ann", "c1", 1), bob = room_stage::who("bob", "c2", 1);

    two_in_the_lobby()
    {
        s.serve();
        s.enter(ann);
        s.enter(bob);
        s.turn();
        (void)s.says();
    }
    lines users()
    {
        (void)s.says();
        s.ask(ann, "chat.chatHandler.users", "{}");
        return s.says();
    }
};

} // namespace citron::backend::test
