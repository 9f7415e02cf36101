// PURE. APP. A room's doors, for connectors.
#pragma once

#include "backend/application.hpp"

namespace citron::backend {

class chat_remote
{
public:
    explicit chat_remote(channel_service& channels) : channels_(channels) {}

    /// Registers every route of this remote.
    void install(application& app);

private:
    void add(channel& room, const caller& from, const protocol::add& request);
    void kick(channel& room, const caller& from, const protocol::kick& request);

    channel_service& channels_;
};

} // namespace citron::backend
