#include "common/protocol/contract.hpp"

#include <algorithm>

namespace citron::protocol {

const server_info* view::find(std::string_view server) const
{
    const auto found = std::ranges::find(servers, server, &server_info::id);
    return found == servers.end() ? nullptr : &*found;
}

bool may_own(const view& v, const server_info& server)
{
    return server.type() == server_kind::chat && !server.draining && server.store == v.store;
}

std::vector<std::string> owners(const view& v)
{
    std::vector<std::string> ids;
    for (const auto& server : v.servers)
        if (may_own(v, server))
            ids.push_back(server.id);
    std::ranges::sort(ids);
    return ids;
}

std::string json_array(const std::vector<message>& messages)
{
    std::string text = "[";
    for (const auto& m : messages)
        text.append(m.push.data).push_back(',');
    if (!messages.empty())
        text.pop_back();
    return text += ']';
}

} // namespace citron::protocol
