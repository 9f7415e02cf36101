// PURE. APP. The doors of the cluster, for clients: enter, join, leave.
#pragma once

#include "common/protocol/json.hpp"
#include "frontend/connector/room_service.hpp"

namespace citron::frontend {

class entry_handler
{
public:
    explicit entry_handler(room_service& rooms) : rooms_(rooms) {}

    /// `method`: the route's last word.
    void serve(std::string_view method, session& s, const protocol::json& body, const reply& done,
               instant now);

private:
    void enter(session& s, const protocol::json& body, const reply& done, instant now);
    void join(session& s, const protocol::json& body, const reply& done, instant now);
    void leave(session& s, const protocol::json& body, const reply& done, instant now);

    room_service& rooms_;
};

} // namespace citron::frontend
