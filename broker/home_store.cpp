#include "broker/home_store.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

namespace citron::broker {

using protocol::server_info;

namespace {

bool keeps_history(const server_info& one)
{
    return one.type() == protocol::server_kind::chat;
}

/// Precondition: there is a chat server.
std::string most_common(const std::vector<server_info>& present)
{
    std::map<std::string, std::size_t> servers;
    const server_info* best = nullptr;
    for (const auto& one : present)
        if (keeps_history(one) && !one.draining)
            ++servers[one.store];
    for (const auto& one : present) {
        if (!keeps_history(one))
            continue;
        const auto mine = servers[one.store], most = best ? servers[best->store] : 0;
        if (!best || mine > most || (mine == most && one.id < best->id))
            best = &one;
    }
    return best->store;
}

} // namespace

void home_store::recall(const protocol::view& former)
{
    if (former.ready && !former.store.empty()) // there had been no chat server yet
        home_ = former.store;
}

std::string home_store::choose(const std::vector<server_info>& present, instant now)
{
    const auto is_home = [this](const server_info& one) { return keeps_history(one) && one.store == home_; };
    if (home_ && std::ranges::any_of(present, is_home)) {
        deserted_.reset();
        return *home_;
    }
    if (!deserted_)
        deserted_ = now;
    const bool waits = home_ && now - *deserted_ < patience_;
    if (waits || std::ranges::none_of(present, keeps_history))
        return home_.value_or("");
    deserted_.reset();
    return home_.emplace(most_common(present));
}

} // namespace citron::broker
