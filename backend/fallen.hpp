// PURE. Chat servers that the view has given up, and which processes they were: one that stands still in the
// middle of a commit may be ended, so that the others can write.
#pragma once

#include "common/protocol/contract.hpp"

#include <cstdint>
#include <deque>
#include <string>

namespace citron::backend {

class fallen
{
public:
    /// A view has come, in this order.
    void on_view(const protocol::view& v);
    /// The one with this pid that shares our store and is not in the view any more; nullptr: none that we
    /// know of.
    [[nodiscard]] const protocol::server_info* find(std::uint64_t pid, const std::string& store) const;

private:
    protocol::view last_;
    std::deque<protocol::server_info> gone_; ///< newest last
};

} // namespace citron::backend
