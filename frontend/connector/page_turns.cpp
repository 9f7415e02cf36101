#include "frontend/connector/page_turns.hpp"

namespace citron::frontend {

void page_turns::ask(const std::string& owner, session_id client, call_id call)
{
    auto& l = lanes_[owner];
    auto& calls = l.waiting[client];
    calls.push_back(call);
    if (calls.size() == 1 && !l.served.contains(client))
        l.queue.push_back(client);
}

std::optional<page_turns::turn> page_turns::next()
{
    for (auto& [owner, l] : lanes_)
        if (auto t = next(owner, l))
            return t;
    return std::nullopt;
}

std::optional<page_turns::turn> page_turns::next(const std::string& owner, lane& l) const
{
    while (l.served.size() < at_once_ && !l.queue.empty()) {
        const auto client = l.queue.front();
        l.queue.pop_front();
        const auto found = l.waiting.find(client);
        if (found == l.waiting.end())
            continue; // dropped
        const auto call = found->second.front();
        found->second.pop_front();
        if (found->second.empty())
            l.waiting.erase(found);
        l.served.insert(client);
        return turn{.call = call, .client = client, .owner = owner, .round = round_};
    }
    return std::nullopt;
}

void page_turns::end(const turn& t)
{
    const auto found = lanes_.find(t.owner);
    if (t.round != round_ || found == lanes_.end())
        return;
    auto& l = found->second;
    if (l.served.erase(t.client) && l.waiting.contains(t.client))
        l.queue.push_back(t.client);
    if (l.served.empty() && l.waiting.empty())
        lanes_.erase(found);
}

void page_turns::drop(session_id client)
{
    for (auto& [owner, l] : lanes_)
        l.waiting.erase(client);
}

void page_turns::begin_anew()
{
    lanes_.clear();
    ++round_;
}

} // namespace citron::frontend
