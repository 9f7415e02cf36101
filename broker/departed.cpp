#include "broker/departed.hpp"

#include <algorithm>

namespace citron::broker {

void departed::append(entry e)
{
    remove(e.who);
    entries_.push_back(std::move(e));
    while (entries_.size() > limit_ || entries_.back().when - entries_.front().when > keep_)
        entries_.pop_front();
}

void departed::add(const incarnation& who, instant now)
{
    append({who, now});
}

void departed::import(const std::vector<incarnation>& reported, instant now)
{
    std::erase_if(entries_, [](const entry& e) { return e.imported; });
    for (const auto& who : reported)
        if (!contains(who))
            append({who, now, true});
}

void departed::remove(const incarnation& who)
{
    std::erase_if(entries_, [&](const entry& e) { return e.who == who; });
}

bool departed::contains(const incarnation& who) const
{
    return std::ranges::find(entries_, who, &entry::who) != entries_.end();
}

std::vector<incarnation> departed::list() const
{
    std::vector<incarnation> all;
    all.reserve(entries_.size());
    for (const auto& e : entries_)
        all.push_back(e.who);
    return all;
}

} // namespace citron::broker
