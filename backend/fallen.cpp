#include "backend/fallen.hpp"

#include <algorithm>

namespace citron::backend {

using protocol::server_info;
using protocol::server_kind;

void fallen::on_view(const protocol::view& v)
{
    constexpr std::size_t most = 64;
    const auto lives = [&v](const server_info& one) {
        const auto* known = v.find(one.id);
        return known && known->boot == one.boot;
    };
    const auto dropped = [&v](const server_info& one) {
        return std::ranges::find(v.dropped, one.self()) != v.dropped.end();
    };
    std::erase_if(gone_, lives); // only its link was lost, or it has woken up
    for (const auto& one : last_.servers)
        if (one.type() == server_kind::chat && !lives(one) && dropped(one))
            gone_.push_back(one);
    while (gone_.size() > most)
        gone_.pop_front();
    last_ = v;
}

const server_info* fallen::find(std::uint64_t pid, const std::string& store) const
{
    const auto found = std::ranges::find_if(
        gone_, [&](const server_info& one) { return one.pid == pid && pid != 0 && one.store == store; });
    return found == gone_.end() ? nullptr : &*found;
}

} // namespace citron::backend
