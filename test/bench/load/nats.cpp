// The NATS client protocol over WebSocket: lines of text, and MSG with a payload. A room is a subject.
// Source: "Client Protocol" and "WebSocket" of the NATS documentation.
#include "test/bench/load/dialect.hpp"
#include "test/bench/load/websocket.hpp"

#include <optional>

namespace citron::bench {
namespace {

class nats : public dialect
{
public:
    [[nodiscard]] std::string_view path() const override { return "/"; }
    [[nodiscard]] bool answers() const override { return false; }

    /// The PONG tells that the subscription is known.
    void open(talk& t) const override
    {
        put(t, "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":true,\"protocol\":1,\"lang\":\"c++\","
               "\"version\":\"1\",\"name\":\"" +
                   t.name + "\"}\r\nSUB " + t.room + " 1\r\nPING\r\n");
    }

    void hear(talk& t, std::string_view message, listener& to) const override
    {
        if (t.rest.empty()) {
            t.rest.assign(message.substr(take(t, message, to)));
        } else {
            t.rest += message;
            t.rest.erase(0, take(t, t.rest, to));
        }
    }

    std::uint32_t send(talk& t, std::string_view content) const override
    {
        const auto body = chat_body(t, content);
        put(t, "PUB " + t.room + " " + std::to_string(body.size()) + "\r\n" + body + "\r\n");
        return ++t.last_id;
    }

private:
    static constexpr std::string_view end = "\r\n";

    static void put(talk& t, std::string_view text) { append_frame(t.out, opcode::binary, text); }

    /// Returns how much of `bytes` were whole operations.
    static std::size_t take(talk& t, std::string_view bytes, listener& to)
    {
        std::size_t taken = 0;
        while (const auto size = take_one(t, bytes.substr(taken), to))
            taken += size;
        return taken;
    }

    /// Returns the size of the first operation; 0: it is not whole yet.
    static std::size_t take_one(talk& t, std::string_view bytes, listener& to)
    {
        if (const auto m = message_in(t, bytes)) {
            const auto size = m->head + m->payload + end.size();
            if (size > bytes.size())
                return 0;
            to.on_delivery(t, bytes.substr(m->head, m->payload));
            return size;
        }
        const auto eol = bytes.find(end);
        if (eol == std::string_view::npos)
            return 0;
        hear_line(t, bytes.substr(0, eol), to);
        return eol + end.size();
    }

    struct message_size
    {
        std::size_t head = 0, payload = 0;
    };

    /// Of "MSG subject sid bytes", which can only be that of the one SUB we sent. Its payload may be
    /// incomplete.
    static std::optional<message_size> message_in(const talk& t, std::string_view bytes)
    {
        auto rest = bytes;
        if (!take_word(rest, "MSG ") || !take_word(rest, t.room) || !take_word(rest, " 1 "))
            return std::nullopt;
        message_size m;
        for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1))
            m.payload = m.payload * 10 + static_cast<std::size_t>(rest[0] - '0');
        if (!take_word(rest, end))
            return std::nullopt;
        m.head = bytes.size() - rest.size();
        return m;
    }

    static bool take_word(std::string_view& bytes, std::string_view word)
    {
        if (!bytes.starts_with(word))
            return false;
        bytes.remove_prefix(word.size());
        return true;
    }

    static void hear_line(talk& t, std::string_view line, listener& to)
    {
        if (line == "PING")
            put(t, "PONG\r\n");
        else if (line == "PONG")
            to.on_joined(t);
        else if (line.starts_with("-ERR"))
            to.on_kick(t, line);
    }
};

} // namespace

std::unique_ptr<dialect> make_nats()
{
    return std::make_unique<nats>();
}

} // namespace citron::bench
