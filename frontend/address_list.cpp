#include "frontend/address_list.hpp"

#include <algorithm>
#include <utility>

namespace citron::frontend {

using protocol::ip_network;

address_list::address_list(std::vector<ip_network> networks)
{
    std::ranges::sort(networks);
    for (auto& next : networks) {
        if (ranges_.empty() || ranges_.back().last < next.first)
            ranges_.push_back(next);
        else
            ranges_.back().last = std::max(ranges_.back().last, next.last);
    }
}

bool address_list::contains(const protocol::ip_address& one) const
{
    const auto behind = std::ranges::upper_bound(ranges_, one, {}, &ip_network::first);
    return behind != ranges_.begin() && std::prev(behind)->contains(one);
}

} // namespace citron::frontend
