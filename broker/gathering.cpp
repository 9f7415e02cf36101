#include "broker/gathering.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace citron::broker {

using protocol::server_info;

bool gathering::report(const protocol::view& newest, instant now)
{
    first_ = first_.value_or(now);
    number_above(newest.number);
    for (const auto& who : newest.dropped)
        fates_[who].dropped = std::max(fates_[who].dropped, newest.number);
    if (newest.ready)
        for (const auto& server : newest.servers)
            fates_[server.self()].living = std::max(fates_[server.self()].living, newest.number);
    if (std::pair(newest.ready, newest.number) <= std::pair(newest_.ready, newest_.number))
        return false;
    newest_ = newest;
    return true;
}

std::vector<incarnation> gathering::dead() const
{
    std::vector<incarnation> all;
    for (const auto& [who, is] : fates_)
        if (is.dropped > is.living)
            all.push_back(who);
    return all;
}

void gathering::returned(const incarnation& who)
{
    fates_[who].living = std::numeric_limits<std::uint64_t>::max();
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
