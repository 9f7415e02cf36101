// Engine.IO 4 over WebSocket with Socket.IO 5 packets in it: "42" + id + JSON is an event that wants an
// answer, "43" + id the answer. Source: the protocol documents of the Socket.IO project.
#include "test/bench/load/dialect.hpp"
#include "test/bench/load/websocket.hpp"

#include <charconv>

namespace citron::bench {
namespace {

class socketio : public dialect
{
public:
    [[nodiscard]] std::string_view path() const override { return "/socket.io/?EIO=4&transport=websocket"; }
    [[nodiscard]] bool answers() const override { return true; }

    void open(talk& t) const override { put(t, "40"); }

    void hear(talk& t, std::string_view message, listener& to) const override
    {
        if (message.starts_with("42"))
            to.on_delivery(t, message.substr(2));
        else if (message == "2")
            put(t, "3");
        else if (message.starts_with("43"))
            hear_answer(t, message.substr(2), to);
        else if (message.starts_with("40"))
            put(t, "420[\"join\",\"" + t.room + "\"]");
        else if (message.starts_with("44"))
            to.on_join_refused(t, "connect_error");
        else if (message.starts_with("41") || message == "1")
            to.on_kick(t, "disconnected");
    }

    std::uint32_t send(talk& t, std::string_view content) const override
    {
        put(t, "42" + std::to_string(++t.last_id) + "[\"send\",{\"rid\":\"" + t.room +
                   "\",\"body\":" + chat_body(t, content) + "}]");
        return t.last_id;
    }

private:
    static constexpr std::uint32_t join_id = 0;

    static void put(talk& t, std::string_view text) { append_frame(t.out, opcode::text, text); }

    static void hear_answer(talk& t, std::string_view text, listener& to)
    {
        std::uint32_t id = 0;
        std::from_chars(text.data(), text.data() + text.size(), id);
        if (id == join_id)
            to.on_joined(t);
        else
            to.on_answer(t, id, true, {});
    }
};

} // namespace

std::unique_ptr<dialect> make_socketio()
{
    return std::make_unique<socketio>();
}

} // namespace citron::bench
