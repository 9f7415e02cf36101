// Members whose connector is silent, or told them to move: how long they stay, and what is remembered of
// them.
#include "backend/channel_service.hpp"

#include <utility>

namespace citron::backend {

using protocol::member;

void channel_service::note_absent()
{
    absent_.forget([this](const protocol::incarnation& life) { return here(life); });
    for (const auto& [rid, r] : rooms_)
        note_absent(*r);
}

void channel_service::note_absent(const room& r)
{
    for (const auto& s : r.members.seats()) {
        if (here(s.who))
            continue;
        const auto spent = connected(s.who) ? milliseconds(0) : options_.silence;
        absent_.note(s.who.life(), now_ + options_.grace - spent);
    }
}

void channel_service::remove_absent()
{
    std::vector<std::string> emptied;
    for (const auto& [rid, r] : rooms_) {
        remove_absent(*r);
        if (r->members.empty())
            emptied.push_back(rid);
    }
    for (const auto& rid : emptied)
        release(rid);
}

void channel_service::remove_absent(room& r)
{
    if (r.now != room::state::open)
        return;
    std::vector<member> gone;
    for (const auto& s : r.members.seats())
        if (!here(s.who) && !s.away && absent_.over(s.who.life(), now_)) // who is away has a time of its own
            gone.push_back(s.who);
    for (const auto& who : gone)
        ghosts_ += r.members.expire(who);
    if (!gone.empty() && !r.members.remembered().empty())
        remembering_.insert_or_assign(r.members.rid(), now_ + options_.remember);
}

// ---- told to move

void channel_service::expect_back(channel& c, const member& who)
{
    if (c.send_away(who))
        awaited_.push_back({now_ + options_.grace, c.rid(), who});
}

/// A room that has another owner by now took them along; one that is about to be handed over still may.
void channel_service::give_up_awaited()
{
    for (; !awaited_.empty() && awaited_.front().until <= now_; awaited_.pop_front()) {
        const auto& [until, rid, who] = awaited_.front();
        room* r = find(rid);
        if (!r || !r->members.find(who))
            continue;
        if (r->now != room::state::open) {
            awaited_.push_back({now_ + options_.grace, rid, who});
            continue;
        }
        ++ghosts_;
        (void)r->members.leave(who);
        release(std::string(rid));
    }
}

// ---- those who did not come back

/// Rooms forget the sends of those who did not come back; empty ones, a minute later, also who was replaced.
void channel_service::forget_former()
{
    std::vector<std::string> over;
    std::erase_if(remembering_, [&](const auto& entry) {
        if (entry.second <= now_)
            over.push_back(entry.first);
        return entry.second <= now_;
    });
    for (const auto& rid : over) {
        if (room* r = find(rid))
            r->members.forget_former();
        release(rid);
    }
}

} // namespace citron::backend
