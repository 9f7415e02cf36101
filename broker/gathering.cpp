#include "broker/gathering.hpp"

#include <algorithm>

namespace citron::broker {

using protocol::server_info;

bool gathering::report(const protocol::view& newest, instant now)
{
    first_ = first_.value_or(now);
    if (newest.number <= newest_.number)
        return false;
    newest_ = newest;
    return true;
}

bool gathering::over(const std::vector<server_info>& present, instant now) const
{
    if (!first_)
        return false;
    if (now - *first_ >= patience_)
        return true;
    const auto is_there = [&](const std::string& id) {
        return std::ranges::find(present, id, &server_info::id) != present.end();
    };
    return std::ranges::all_of(expected_, is_there) &&
           std::ranges::all_of(newest_.servers, is_there, &server_info::id);
}

std::vector<incarnation> gathering::missing(const std::vector<server_info>& present) const
{
    std::vector<incarnation> away;
    for (const auto& server : newest_.servers)
        if (std::ranges::find(present, server.self(), &server_info::self) == present.end())
            away.push_back(server.self());
    return away;
}

} // namespace citron::broker
