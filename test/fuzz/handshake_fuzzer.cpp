// The JSON that a client's handshake carries.
#include "common/protocol/json.hpp"
#include "common/protocol/package.hpp"
#include "frontend/handshake.hpp"
#include "test/fuzz/fuzz.hpp"

#include <chrono>

using namespace citron;
using citron::fuzz::must;

namespace {

/// The JSON in a WebSocket frame with a handshake package.
protocol::json json_in(const protocol::frame& frame)
{
    constexpr std::uint8_t binary = 0x82, two_bytes = 126;
    auto bytes = frame.view();
    must(bytes.size() > 2 && static_cast<std::uint8_t>(bytes[0]) == binary, "a binary message");
    bytes.remove_prefix(static_cast<std::uint8_t>(bytes[1]) == two_bytes ? 4 : 2);
    const auto package = protocol::take_package(bytes);
    must(package && package->type == protocol::package_type::handshake && bytes.empty(), "one handshake");
    auto body = protocol::parse_json(package->body);
    must(body.has_value(), "it holds JSON");
    return *body;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const frontend::handshake shake(std::chrono::seconds(10),
                                           {"chat.chatHandler.send", "connector.entryHandler.enter"});
    const auto body = citron::fuzz::input(data, size).rest();
    const auto answer = shake.answer(body);
    const auto said = protocol::parse_json(body);
    if (!answer) {
        must(!said || !said->is_object() || !said->contains("sys") || (*said)["sys"].is_primitive(),
             "who says what he speaks is answered");
        return 0;
    }
    must(said && said->is_object() && said->contains("sys"), "who says nothing is refused");
    const auto& sys = (*said)["sys"];
    must(!sys.is_null() && sys != false && sys != 0 && sys != "",
         "a falsy sys is none, as JavaScript has it");
    const auto told = json_in(*answer);
    must(told["code"] == 200 && told["sys"]["heartbeat"] == 10, "the answer is the whole truth");
    const bool knows = body.find(shake.version()) != body.npos;
    must(knows || told["sys"].contains("dict"), "who does not name our dictionary gets it");
    return 0;
}
