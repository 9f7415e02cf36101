// What retention no longer keeps.
#include "backend/history/connection.hpp"
#include "backend/history/database.hpp"
#include "backend/history/database_rows.hpp"

#include <algorithm>
#include <vector>

namespace citron::backend {
namespace {

using kind = connection::transaction::kind;

/// A time further in the future is that of a clock that was ahead once: a room's time never goes back, so it
/// says nothing about the age of what was said since.
constexpr std::uint64_t ahead_ms = 60'000;
constexpr std::uint64_t walk_rooms = 200; // in one call: about a millisecond

} // namespace

std::size_t database::trim(std::uint64_t now_ms, std::size_t budget)
{
    return as_history(options_.path, [&]() -> std::size_t {
        std::vector<range> found;
        {
            const connection::transaction one_state(*file_, kind::read);
            look_at_touched(found, now_ms, budget);
            walk(found, now_ms, budget);
        }
        if (found.empty())
            return 0;
        std::size_t deleted = 0;
        const connection::unsynced nothing_is_lost(*file_, options_.durability);
        connection::transaction all(*file_, kind::write);
        for (const auto& one : found) // another process may have deleted them meanwhile
            deleted += static_cast<std::size_t>(query(file_->sql.delete_upto, one.room, one.upto).run());
        all.commit();
        return deleted;
    });
}

/// The oldest messages of a room, as far as they are too many or too old, and `budget` at most.
database::range database::expired(std::int64_t room, std::uint64_t now_ms, std::size_t budget)
{
    range r{.room = room};
    std::uint64_t head = 0;
    {
        query q(file_->sql.head_of, room);
        head = q.next() ? q.number(0) : 0;
    }
    const auto keep = options_.room_messages;
    const auto beyond = keep != 0 && head > keep ? head - keep : 0; // up to this offset: too many
    const auto oldest = options_.age_ms != 0 && now_ms > options_.age_ms ? now_ms - options_.age_ms : 0;
    query rows(file_->sql.ages, room);
    const auto young = [&](std::uint64_t time) {
        return time + options_.young_ms > now_ms && time <= now_ms + ahead_ms;
    };
    const auto gone = [&](std::uint64_t offset, std::uint64_t time) {
        return (offset <= beyond && !young(time)) || time < oldest;
    };
    for (; r.count < budget && rows.next() && gone(rows.number(0), rows.number(1)); ++r.count)
        r.upto = rows.number(0);
    return r;
}

void database::look_at_touched(std::vector<range>& found, std::uint64_t now_ms, std::size_t& budget)
{
    while (budget != 0 && !touched_.empty()) {
        const auto r = expired(*touched_.begin(), now_ms, budget);
        budget -= r.count;
        if (r.count != 0)
            found.push_back(r);
        if (budget != 0)
            touched_.erase(touched_.begin());
    }
}

/// Some rooms after the last one, which nobody may have written to since we were started; then from the first
/// again.
void database::walk(std::vector<range>& found, std::uint64_t now_ms, std::size_t& budget)
{
    std::vector<std::int64_t> rooms;
    {
        query q(file_->sql.rooms_after, walked_, walk_rooms);
        while (q.next())
            rooms.push_back(q.key(0));
    }
    for (const auto room : rooms) {
        const bool known = std::ranges::find(found, room, &range::room) != found.end();
        const auto r = known ? range{} : expired(room, now_ms, budget);
        budget -= r.count;
        if (r.count != 0)
            found.push_back(r);
        if (budget == 0)
            return;
        walked_ = room;
    }
    if (rooms.size() < walk_rooms)
        walked_ = 0;
}

} // namespace citron::backend
