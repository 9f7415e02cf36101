#include "frontend/gate/gate_handler.hpp"

#include "common/protocol/json.hpp"
#include "frontend/gate/entry_choice.hpp"

namespace citron::frontend {

protocol::result<std::string> gate_handler::query_entry(std::string_view body, const protocol::view& v)
{
    const auto request = protocol::parse_body(body);
    const auto uid = request ? protocol::text_at(*request, "uid") : std::string();
    if (uid.empty() || request->at("uid") == 0)
        return std::unexpected(protocol::errc::bad_request);
    const auto* connector = choose_connector(v, uid);
    if (!connector)
        return std::unexpected(protocol::errc::unavailable);
    return entry_json(*connector);
}

} // namespace citron::frontend
