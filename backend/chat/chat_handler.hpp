// PURE. APP. What a client may ask of a room.
#pragma once

#include "backend/application.hpp"

namespace citron::backend {

class chat_handler
{
public:
    explicit chat_handler(channel_service& channels) : channels_(channels) {}

    /// Registers every route of this handler.
    void install(application& app);

private:
    void send(backend_session& from);
    void signal(backend_session& from);
    void history(backend_session& from);
    void users(backend_session& from);

    channel_service& channels_;
};

} // namespace citron::backend
