#include "backend/chat/chat_remote.hpp"

namespace citron::backend {

void chat_remote::add(channel& room, const caller& from, const protocol::add& request)
{
    auto welcome = room.enter(request.who); // the others hear onAdd first; the newcomer gets the list
    if (!welcome)
        return channels_.answer(from, room.rid(), welcome.error(), {});
    channels_.welcome(from, room.rid(), request, std::move(*welcome));
}

void chat_remote::kick(channel& room, const caller& /*nobody waits*/, const protocol::kick& request)
{
    if (request.moving)
        return channels_.expect_back(room, request.who);
    (void)room.leave(request.who); // idempotent: only this very session can leave
}

void chat_remote::install(application& app)
{
    app.on_remote(*this, &chat_remote::add);
    app.on_remote(*this, &chat_remote::kick);
}

} // namespace citron::backend
