#include "backend/chat/chat_handler.hpp"

namespace citron::backend {

void chat_handler::send(backend_session& from)
{
    const auto target = from.text("target");
    if (target.empty())
        return from.room->finish(from, errc::bad_request);
    json_writer chat{{"route", "onChat"}, {"msg", from.body.value("content")}};
    chat.add({{"from", from.who.user}, {"target", target}, {"rid", from.rid}});
    target == "*" ? from.room->publish(from, std::move(chat))
                  : from.room->whisper(from, target, std::move(chat));
}

void chat_handler::signal(backend_session& from)
{
    const auto data = from.body.value("data").or_null();
    from.room->signal(from,
                      {{"route", "onSignal"}, {"from", from.who.user}, {"data", data}, {"rid", from.rid}});
}

void chat_handler::history(backend_session& from)
{
    const auto before = from.body.number("before", 0);
    const auto limit = from.body.number("limit", 50);
    if (!before || !limit || *limit < 1 || *limit > 100)
        return from.room->finish(from, errc::bad_request);
    channels_.history(from, *before, {.count = *limit});
}

void chat_handler::users(backend_session& from)
{
    from.room->finish(from, errc::ok, json_writer{{"users", from.room->users(from.who.user)}}.close());
}

void chat_handler::install(application& app)
{
    app.on_client("chat.chatHandler.send", *this, &chat_handler::send);
    app.on_client("chat.chatHandler.signal", *this, &chat_handler::signal);
    app.on_client("chat.chatHandler.history", *this, &chat_handler::history);
    app.on_client("chat.chatHandler.users", *this, &chat_handler::users);
}

} // namespace citron::backend
