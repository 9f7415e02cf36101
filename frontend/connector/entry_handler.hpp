// PURE. APP. The doors of the cluster, for clients: enter, join, leave.
#pragma once

#include "frontend/connector/application.hpp"

namespace citron::frontend {

class entry_handler
{
public:
    explicit entry_handler(room_service& rooms) : rooms_(rooms) {}

    /// Registers every route of this handler.
    void install(application& app);

private:
    void enter(session& s, const entry& wanted, const reply& done, instant now);
    void join(session& s, const entry& wanted, const reply& done, instant now);
    void leave(session& s, const entry& wanted, const reply& done, instant now);

    room_service& rooms_;
};

} // namespace citron::frontend
