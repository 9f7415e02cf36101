#include "frontend/gate/entry_choice.hpp"

#include "common/protocol/dispatcher.hpp"

#include <string>
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

} // namespace citron::frontend
