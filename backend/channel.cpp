#include "backend/channel.hpp"

#include "common/protocol/package.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace citron::backend {

using protocol::added;
using protocol::event;
using protocol::member;
using protocol::result;

channel::channel(std::string rid, channel_port& port, bool several_sessions_per_user,
                 std::size_t most_members)
    : rid_(std::move(rid)), port_(port), several_(several_sessions_per_user), most_members_(most_members)
{
}

// ---- members

channel::place channel::by_session(const session_ref& who)
{
    const auto found = by_session_.find(who);
    return found == by_session_.end() ? seats_.end() : found->second;
}

seat* channel::find(const session_ref& who)
{
    const auto found = by_session(who);
    return found == seats_.end() ? nullptr : &*found;
}

/// The one of this name that holds the key.
channel::place channel::by_user(const std::string& user, const std::string& key)
{
    const auto [first, last] = by_user_.equal_range(user);
    const auto same =
        std::find_if(first, last, [&key](const auto& one) { return one.second->who.key == key; });
    return key.empty() || same == last ? seats_.end() : same->second;
}

channel::place channel::by_user(const std::string& user)
{
    const auto found = by_user_.find(user);
    return found == by_user_.end() ? seats_.end() : found->second;
}

channel::place channel::insert(member who, place before)
{
    if (++per_connector_[who.connector] == 1)
        count_connectors();
    const auto taken = seats_.insert(before, seat{.who = std::move(who), .sends = {}});
    by_session_.emplace(taken->who, taken);
    by_user_.emplace(taken->who.user, taken);
    return taken;
}

void channel::remove(place gone)
{
    const auto count = per_connector_.find(gone->who.connector);
    if (--count->second == 0) {
        per_connector_.erase(count);
        count_connectors();
    }
    by_session_.erase(gone->who);
    const auto [first, last] = by_user_.equal_range(gone->who.user);
    by_user_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == gone; }));
    seats_.erase(gone);
    if (empty())
        replaced_long_ago_ = false;
}

void channel::count_connectors()
{
    connectors_.clear();
    for (const auto& [id, count] : per_connector_)
        connectors_.push_back(id);
}

std::vector<std::string> channel::users(const std::string& self) const
{
    std::vector<std::string> names;
    names.reserve(seats_.size());
    std::unordered_set<std::string_view> listed;
    for (const auto& s : seats_)
        if (s.who.user != self && (!several_ || listed.insert(s.who.user).second))
            names.push_back(s.who.user);
    if (by_user_.contains(self))
        names.push_back(self);
    return names;
}

added channel::welcome(const seat& s) const
{
    return {.at = at_, .joined = s.who.joined, .users = users(s.who.user)};
}

result<added> channel::enter(member who)
{
    if (const auto again = by_session(who); again != seats_.end() && again->who.user == who.user) {
        again->who.key = who.key;       // it left, and only its coming back arrived; or a repeat of a request
        again->who.opened = who.opened; // whose answer was lost
        again->who.stamp = who.stamp;
        update(who);
        return welcome(*again);
    }
    (void)leave(who); // under another name: its leaving was lost
    const auto holder = by_user(who.user, who.key);
    if (holder != seats_.end()) {
        if (who.came_before(holder->who) && connected(*holder))
            return std::unexpected(errc::duplicate_user); // of a connection that the client has given up
        const auto before = holder->who;
        const auto behind = std::next(holder);
        const bool lives = connected(*holder);
        who.joined = before.joined;
        remove(holder); // the same client on a new connection: nobody else notices
        note_replaced(key_of(before));
        if (lives)
            port_.evict(rid_, before, "replaced");
        const auto moved = insert(std::move(who), behind);
        return welcome(*moved);
    }
    if (!yields(who))
        return std::unexpected(errc::duplicate_user);
    if (seats_.size() >= most_members_) {
        port_.full(rid_);
        return std::unexpected(errc::overloaded);
    }
    who.joined = std::max(port_.unix_ms(), seats_.empty() ? 0 : seats_.back().who.joined);
    return welcome(*insert_and_tell(std::move(who), seats_.end()));
}

channel::place channel::insert_and_tell(member who, place before)
{
    const auto others = connectors(); // the newcomer's own answer counts this onAdd already
    const bool known = by_user(who.user) != seats_.end();
    const auto taken = insert(std::move(who), before);
    if (!known)
        presence(event::add, taken->who.user, others);
    return taken;
}

bool channel::yields(const member& who)
{
    const auto holder = by_user(who.user);
    if (holder == seats_.end() || several_)
        return true;
    if (connected(*holder))
        return false;
    const auto gone = holder->who; // its connection is gone: the name yields
    note_replaced(key_of(gone));
    return leave(gone);
}

void channel::note_replaced(std::string key)
{
    constexpr std::size_t most = 256;
    replaced_.push_back(std::move(key));
    replaced_long_ago_ = false;
    if (replaced_.size() > most)
        replaced_.pop_front();
}

bool channel::was_replaced(const member& who) const
{
    return !replaced_.empty() && std::ranges::find(replaced_, key_of(who)) != replaced_.end();
}

void channel::restore(seat& s, send_list sends)
{
    if (!sends.empty())
        s.who.next = std::max(s.who.next, sends.back().number + 1);
    s.sends = std::move(sends);
}

void channel::remember(std::string key, send_list sends)
{
    if (!sends.empty())
        former_.insert_or_assign(std::move(key), std::move(sends));
}

void channel::forget_former()
{
    former_.clear();
    if (empty() && std::exchange(replaced_long_ago_, true))
        replaced_.clear();
}

bool channel::expire(const member& who)
{
    if (const auto gone = by_session(who); gone != seats_.end())
        remember(key_of(who), std::move(gone->sends));
    return leave(who);
}

bool channel::leave(const member& who)
{
    const auto gone = by_session(who);
    if (gone == seats_.end() || gone->who.stay > who.stay)
        return false;
    const auto user = gone->who.user;
    remove(gone);
    if (by_user(user) == seats_.end())
        presence(event::leave, user, connectors_);
    return true;
}

bool channel::send_away(const member& who)
{
    const auto s = by_session(who);
    if (s == seats_.end() || s->who.stay > who.stay)
        return false;
    s->away = true;
    return true;
}

bool channel::seat_silently(member who, send_list sends, bool away)
{
    if (by_session(who) != seats_.end())
        return false;
    const auto holder = several_ ? by_user(who.user, who.key) : by_user(who.user);
    if (holder != seats_.end()) {
        const bool same_client = !who.key.empty() && holder->who.key == who.key;
        const bool yields = (same_client && holder->who.came_before(who)) || !connected(*holder);
        if (!yields)
            return false;
        displaced_.push_back(holder->who); // the name stays in the room: nobody is told
        note_replaced(key_of(holder->who));
        remove(holder);
    }
    const auto taken = insert(std::move(who), seats_.end());
    taken->away = away;
    restore(*taken, std::move(sends));
    return true;
}

bool channel::reenroll(member who)
{
    if (was_replaced(who) || !yields(who))
        return false;
    auto behind = seats_.end();
    while (behind != seats_.begin() && std::prev(behind)->who.joined > who.joined)
        --behind;
    const auto back = insert_and_tell(std::move(who), behind);
    if (auto known = former_.extract(key_of(back->who)))
        restore(*back, std::move(known.mapped()));
    return true;
}

void channel::sort_by_join()
{
    seats_.sort(
        [](const seat& a, const seat& b) { return a.who.joined < b.who.joined; }); // stable; iterators stay
}

void channel::update(const member& who)
{
    const auto s = by_session(who);
    if (s == seats_.end())
        return;
    s->who.next = std::max(s->who.next, who.next);
    s->who.sent = std::max(s->who.sent, who.sent);
    s->who.stay = std::max(s->who.stay, who.stay);
}

// ---- what members are told

void channel::announce(event what, const std::string& user, std::string_view route, json_writer push,
                       const std::vector<std::string>& to)
{
    ++at_.rev;
    if (to.empty())
        return;
    port_.publish(to, {.rid = rid_,
                       .at = at_,
                       .what = static_cast<std::uint8_t>(what),
                       .user = user,
                       .push = {protocol::encode_push(route, std::move(push).close())}});
}

void channel::presence(event what, const std::string& user, const std::vector<std::string>& to)
{
    const std::string_view route = what == event::add ? "onAdd" : "onLeave";
    announce(what, user, route, {{"route", route}, {"user", user}, {"rid", rid_}}, to);
}

std::uint64_t channel::next_time()
{
    return last_time_ = std::max(last_time_, port_.unix_ms());
}

} // namespace citron::backend
