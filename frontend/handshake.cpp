#include "frontend/handshake.hpp"

#include "common/protocol/json.hpp"
#include "common/protocol/package.hpp"
#include "frontend/digest.hpp"
#include "frontend/websocket_frame.hpp"

#include <algorithm>

namespace citron::frontend {
namespace {

using protocol::json;
using protocol::ordered_json;

protocol::frame handshake_frame(const ordered_json& body)
{
    return websocket_frame(protocol::encode_package(protocol::package_type::handshake, body.dump()));
}

// Whole seconds as an integer: that is what Pomelo sends and what its clients expect.
ordered_json seconds(protocol::milliseconds time)
{
    const auto ms = time.count();
    return ms % 1000 == 0 ? ordered_json(ms / 1000) : ordered_json(static_cast<double>(ms) / 1000.0);
}

// As JavaScript judges it: the original asks `if (!msg.sys)`.
bool truthy(const json& value)
{
    if (value.is_number())
        return value.get<double>() != 0;
    if (value.is_string())
        return !value.get_ref<const std::string&>().empty();
    return !value.is_null() && value != false;
}

} // namespace

handshake::handshake(protocol::milliseconds heartbeat, std::vector<std::string> routes)
    : routes_(std::move(routes))
{
    std::ranges::sort(routes_);
    routes_.erase(std::ranges::unique(routes_).begin(), routes_.end());
    ordered_json dict = ordered_json::object(), codes = ordered_json::object();
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        dict[routes_[i]] = i + 1;
        codes[std::to_string(i + 1)] = routes_[i];
    }
    version_ = md5_base64(dict.dump());

    const ordered_json protos = {
        {"server", ordered_json::object()}, {"client", ordered_json::object()}, {"version", ""}};
    ordered_json full = {{"heartbeat", seconds(heartbeat)}}, brief = full;
    if (!routes_.empty()) {
        full["dict"] = dict;
        full["routeToCode"] = dict;
        full["codeToRoute"] = codes;
        full["dictVersion"] = version_;
        full["useDict"] = true;
        brief["useDict"] = true;
    }
    for (auto* sys : {&full, &brief}) {
        (*sys)["protos"] = protos;
        (*sys)["useProto"] = true;
    }
    full_ = handshake_frame({{"code", 200}, {"sys", full}});
    brief_ = handshake_frame({{"code", 200}, {"sys", brief}});
    refusal_ = handshake_frame({{"code", 500}});
}

std::optional<protocol::frame> handshake::answer(std::string_view body) const
{
    const auto parsed = protocol::parse_json(body);
    if (!parsed || !parsed->is_object())
        return std::nullopt;
    const auto sys = parsed->find("sys");
    if (sys == parsed->end() || !truthy(*sys))
        return std::nullopt;
    const bool known = sys->is_object() && sys->contains("dictVersion") && (*sys)["dictVersion"] == version_;
    return known ? brief_ : full_;
}

const std::string* handshake::route_of(std::uint16_t code) const
{
    return code >= 1 && code <= routes_.size() ? &routes_[code - 1U] : nullptr;
}

} // namespace citron::frontend
