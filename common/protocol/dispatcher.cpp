#include "common/protocol/dispatcher.hpp"

#include <xxhash.h>

namespace citron::protocol {

std::uint64_t weight(std::string_view key, std::string_view server)
{
    return XXH64(key.data(), key.size(), XXH64(server.data(), server.size(), 0));
}

std::size_t pick(std::string_view key, std::span<const std::string> servers)
{
    std::size_t best = npos;
    std::uint64_t best_weight = 0;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const auto candidate = weight(key, servers[i]);
        const bool wins = best == npos || candidate > best_weight ||
                          (candidate == best_weight && servers[i] < servers[best]);
        if (wins) {
            best = i;
            best_weight = candidate;
        }
    }
    return best;
}

} // namespace citron::protocol
