// PURE. A set of IP networks, however many: asked in O(log n).
#pragma once

#include "common/protocol/ip_address.hpp"

#include <vector>

namespace citron::frontend {

class address_list
{
public:
    address_list() = default; ///< contains nothing
    explicit address_list(std::vector<protocol::ip_network> networks);

    [[nodiscard]] bool contains(const protocol::ip_address& one) const;
    [[nodiscard]] bool empty() const { return ranges_.empty(); }

private:
    std::vector<protocol::ip_network> ranges_; ///< sorted, none within or overlapping another
};

} // namespace citron::frontend
