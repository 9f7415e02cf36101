#include "frontend/gate/entry_choice.hpp"

#include "common/protocol/dispatcher.hpp"
#include "common/protocol/json.hpp"

#include <algorithm>
#include <vector>

namespace citron::frontend {

const protocol::server_info* choose_connector(const protocol::view& v, std::string_view uid)
{
    std::vector<std::string> ids;
    for (const auto& server : v.servers) {
        if (server.type() == protocol::server_kind::connector && !server.draining)
            ids.push_back(server.id);
    }
    const auto chosen = protocol::pick(uid, ids);
    return chosen == protocol::npos ? nullptr : v.find(ids[chosen]);
}

std::string entry_json(const protocol::server_info& connector)
{
    protocol::ordered_json entry{{"code", 200}, {"host", connector.host}, {"port", connector.port}};
    if (connector.tls)
        entry["tls"] = true;
    return entry.dump();
}

std::size_t leave_secure_connectors(protocol::view& v)
{
    const auto is_plain = [](const protocol::server_info& server) {
        return server.type() == protocol::server_kind::connector && !server.tls;
    };
    const auto lost = std::ranges::count_if(
        v.servers, [&](const auto& server) { return is_plain(server) && !server.draining; });
    std::erase_if(v.servers, is_plain);
    return static_cast<std::size_t>(lost);
}

} // namespace citron::frontend
