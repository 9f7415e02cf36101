#include "test/bench/load/dialect.hpp"

namespace citron::bench {

std::unique_ptr<dialect> make_pomelo();
std::unique_ptr<dialect> make_nats();
std::unique_ptr<dialect> make_socketio();

std::unique_ptr<dialect> make_dialect(std::string_view name)
{
    if (name == "pomelo")
        return make_pomelo();
    if (name == "nats")
        return make_nats();
    return name == "socketio" ? make_socketio() : nullptr;
}

std::string chat_body(const talk& t, std::string_view content)
{
    std::string body = R"({"route":"onChat","msg":")";
    body.append(content).append(R"(","from":")").append(t.name).append(R"(","target":"*"})");
    return body;
}

std::string_view refusal_in(std::string_view json)
{
    constexpr std::string_view key = R"("reason":")";
    if (json.find(R"("code":500)") == std::string_view::npos)
        return {};
    const auto found = json.find(key);
    if (found == std::string_view::npos)
        return "error";
    const auto reason = json.substr(found + key.size());
    return reason.substr(0, reason.find('"'));
}

} // namespace citron::bench
