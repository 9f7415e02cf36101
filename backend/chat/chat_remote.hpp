// PURE. APP. A room's doors, for connectors.
#pragma once

#include "backend/application.hpp"

namespace citron::backend {

class chat_remote
{
public:
    explicit chat_remote(channel_service& channels) : channels_(channels) {}

    void install(application& app);
    void add(channel& room, const caller& from, const protocol::add& request);
    void kick(channel& room, const protocol::kick& request);

private:
    channel_service& channels_;
};

} // namespace citron::backend
