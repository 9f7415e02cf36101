// The NATS client protocol over WebSocket: lines of text, and MSG with a payload. A room is a subject.
// Source: "Client Protocol" and "WebSocket" of the NATS documentation.
#include "test/bench/load/dialect.hpp"
#include "test/bench/load/websocket.hpp"

#include <charconv>

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
        if (!t.rest.empty()) {
            t.rest += message;
            message = t.rest;
        }
        const auto taken = take(t, message, to);
        t.rest = std::string(message.substr(taken));
    }

    std::uint32_t send(talk& t, std::string_view content) const override
    {
        const auto body = chat_body(t, content);
        put(t, "PUB " + t.room + " " + std::to_string(body.size()) + "\r\n" + body + "\r\n");
        return ++t.last_id;
    }

private:
    static void put(talk& t, std::string_view text) { append_frame(t.out, opcode::binary, text); }

    /// Returns how much of `bytes` were whole operations.
    std::size_t take(talk& t, std::string_view bytes, listener& to) const
    {
        constexpr std::string_view end = "\r\n";
        std::size_t taken = 0;
        for (;;) {
            const auto rest = bytes.substr(taken);
            const auto eol = rest.find(end);
            if (eol == std::string_view::npos)
                return taken;
            const auto line = rest.substr(0, eol);
            std::size_t size = eol + end.size();
            if (line.starts_with("MSG ")) {
                const auto payload = payload_size(line);
                if (rest.size() < size + payload + end.size())
                    return taken;
                to.on_delivery(t, rest.substr(size, payload));
                size += payload + end.size();
            } else {
                hear_line(t, line, to);
            }
            taken += size;
        }
    }

    static std::size_t payload_size(std::string_view line)
    {
        const auto digits = line.substr(line.rfind(' ') + 1);
        std::size_t size = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), size);
        return size;
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
