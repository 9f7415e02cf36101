#include "backend/chat/chat_remote.hpp"

namespace citron::backend {

void chat_remote::add(channel& room, const caller& from, const protocol::add& request)
{
    auto welcome = room.enter(request.who); // the others hear onAdd first; the newcomer gets the list
    if (!welcome)
        return channels_.answer(from, room.rid(), welcome.error(), {});
    if (request.resume)
        return channels_.resume(request, std::move(*welcome), from, room.rid());
    channels_.answer(from, room.rid(), errc::ok, protocol::pack(*welcome));
}

void chat_remote::kick(channel& room, const protocol::kick& request)
{
    (void)room.leave(request.who); // idempotent: only this very session can leave
}

void chat_remote::install(application& app)
{
    app.on_remote<protocol::add>([this](auto& room, auto& from, auto& m) { add(room, from, m); });
    app.on_remote<protocol::kick>([this](auto& room, auto&, auto& m) { kick(room, m); });
}

} // namespace citron::backend
