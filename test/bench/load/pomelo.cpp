// Pomelo's protocol: handshake, ack, enter, then requests; see common/protocol/package.hpp.
#include "common/protocol/package.hpp"
#include "test/bench/load/dialect.hpp"
#include "test/bench/load/websocket.hpp"

namespace citron::bench {
namespace {

using protocol::package_type;

class pomelo : public dialect
{
public:
    [[nodiscard]] std::string_view path() const override { return "/"; }
    [[nodiscard]] bool answers() const override { return true; }

    void open(talk& t) const override
    {
        put(t, protocol::encode_package(package_type::handshake,
                                        R"({"sys":{"type":"citron-bench","version":"1"},"user":{}})"));
    }

    void hear(talk& t, std::string_view message, listener& to) const override
    {
        while (!message.empty())
            if (!hear_chat(t, message, to) && !hear_other(t, message, to))
                return;
    }

    std::uint32_t send(talk& t, std::string_view content) const override
    {
        std::string body = R"({"content":")";
        body.append(content).append(R"(","target":"*"})");
        put(t, protocol::encode_request(++t.last_id, "chat.chatHandler.send", body));
        return t.last_id;
    }

    void beat(talk& t) const override { put(t, protocol::encode_package(package_type::heartbeat, {})); }
    [[nodiscard]] double beat_seconds() const override { return 10; }

private:
    static constexpr std::uint32_t enter_id = 1;

    static void put(talk& t, std::string_view package) { append_frame(t.out, opcode::binary, package); }

    static void enter(talk& t)
    {
        put(t, protocol::encode_package(package_type::handshake_ack, {}));
        std::string body = R"({"username":")";
        body.append(t.name).append(R"(","rid":")").append(t.room).append("\"");
        body += t.since ? R"(,"since":{"epoch":"another","offset":0}})" : "}";
        t.last_id = enter_id;
        put(t, protocol::encode_request(enter_id, "connector.entryHandler.enter", body));
    }

    /// Nearly everything is an onChat push: known by its first bytes, without taking the message apart.
    static bool hear_chat(talk& t, std::string_view& message, listener& to)
    {
        constexpr std::string_view push = "\6\6onChat"; // type and length of the route, then the route
        constexpr auto head = protocol::package_header + push.size();
        if (message.size() < head || message[0] != static_cast<char>(package_type::data) ||
            message.substr(protocol::package_header, push.size()) != push)
            return false;
        const auto size = protocol::package_header + big_endian(message.substr(1, 3));
        if (size < head || size > message.size())
            return false;
        to.on_delivery(t, message.substr(head, size - head));
        message.remove_prefix(size);
        return true;
    }

    static bool hear_other(talk& t, std::string_view& message, listener& to)
    {
        const auto package = protocol::take_package(message);
        if (!package)
            return false;
        if (package->type == package_type::handshake)
            enter(t);
        else if (package->type == package_type::kick)
            to.on_kick(t, package->body);
        else if (package->type == package_type::data)
            hear_response(t, package->body, to);
        return true;
    }

    static void hear_response(talk& t, std::string_view body, listener& to)
    {
        const auto said = protocol::decode_message(body);
        if (!said || said->type != protocol::message_type::response)
            return;
        const auto refused = refusal_in(said->body);
        if (said->id != enter_id)
            to.on_answer(t, said->id, refused.empty(), refused);
        else if (refused.empty())
            to.on_joined(t);
        else
            to.on_join_refused(t, refused);
    }
};

} // namespace

std::unique_ptr<dialect> make_pomelo()
{
    return std::make_unique<pomelo>();
}

} // namespace citron::bench
