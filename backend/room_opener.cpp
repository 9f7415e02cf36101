// Rooms that come: opened once everybody has said who is in them, and corrected by what connectors say later.
#include "backend/channel_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace citron::backend {

using protocol::envelope;
using protocol::member;

namespace {

/// Sessions that the list speaks of at all.
std::unordered_set<protocol::session_id> sessions_of(const protocol::enrolled_room& list)
{
    std::unordered_set<protocol::session_id> all(list.joining.begin(), list.joining.end());
    for (const auto& who : list.members)
        all.insert(who.session);
    return all;
}

} // namespace

// ---- opening

void channel_service::begin_opening()
{
    if (!ready())
        return;
    for (auto& [rid, r] : rooms_)
        begin_opening(*r);
}

void channel_service::begin_opening(room& r)
{
    constexpr std::uint64_t terms = 1ULL << 32U; // room for those of one generation
    const auto& rid = r.members.rid();
    if (r.now != room::state::gathering || !ready() || !mine(rid))
        return;
    std::uint64_t seen = r.baggage.at.term;
    for (const auto& [connector, list] : r.enrolled)
        seen = std::max(seen, list.seen.term);
    r.now = room::state::opening;
    r.opening = ++last_opening_;
    // A connector that is away may have seen a term that nobody here knows: of an earlier generation.
    const auto floor = std::min(view_.generation, terms / 2) * terms;
    openings_.push_back({rid, seen, floor, fmt::format("{:015x}", random_() >> 4U), view_.generation});
}

void channel_service::flush_openings()
{
    if (openings_.empty())
        return;
    std::vector<std::pair<std::string, std::uint64_t>> rooms;
    rooms.reserve(openings_.size());
    for (const auto& o : openings_)
        rooms.emplace_back(o.rid, find(o.rid)->opening);
    history_.take_over(std::exchange(openings_, {}),
                       [this, rooms = std::move(rooms)](std::vector<store::opened> as) {
                           for (std::size_t i = 0; i < rooms.size(); ++i) {
                               const auto& [rid, opening] = rooms[i];
                               room* r = find(rid);
                               if (!r || r->opening != opening)
                                   continue;
                               if (as.empty())
                                   not_opened(*r);
                               else if (as[i].at.term == 0)
                                   outdated(*r, as[i].newest);
                               else
                                   opened(rid, std::move(as[i]));
                           }
                       });
}

/// The store does not do it now. Who waits for an answer is told; what nobody waits for is kept.
void channel_service::not_opened(room& r)
{
    refuse_waiting(r, errc::unavailable);
    open_later(r);
}

/// There is a newer view than ours, which is on its way - or tells us, when it comes, that we were given up.
/// If none comes, the broker does not know how high to count: one that has died was ahead of it.
void channel_service::outdated(room& r, std::uint64_t newest)
{
    line_.number_above(newest);
    refused_since_ = refused_since_.value_or(now_);
    if (now_ - *refused_since_ >= options_.silence) {
        refused_since_.reset();
        line_.renew(); // and say so
    }
    open_later(r);
}

void channel_service::open_later(room& r)
{
    ++unopened_;
    open_again_ = true;
    r.now = room::state::gathering;
    if (!mine(r.members.rid()))
        turn_away(r);
}

/// Calls alone, all or those that `which` names.
void channel_service::refuse_waiting(room& r, errc why, const call_filter& which)
{
    std::erase_if(r.waiting, [&](const stored_envelope& one) {
        const auto e = one.get();
        if (e.kind != protocol::kind::call || (which && !which(e)))
            return false;
        r.waiting_bytes -= std::min(r.waiting_bytes, waiting_size(e));
        answer(caller_of(e), e.room, why, {});
        return true;
    });
}

void channel_service::opened(const std::string& rid, store::opened as)
{
    room* r = find(rid);
    if (!mine(rid)) {
        r->members.open(std::move(as.at), as.time);
        return turn_away(*r);
    }
    if (!ready()) { // the owners have changed again, and everybody says anew who is in the room
        r->now = room::state::gathering;
        return;
    }
    ++opened_;
    r->now = room::state::open;
    r->members.open(std::move(as.at), std::max(as.time, r->baggage.time));
    note_told_to_move(*r);
    if (r->served)
        remove_unlisted(*r);
    std::map<std::string, std::vector<protocol::session_id>> evicted;
    r->served = true;
    seat_members(*r, evicted);
    for (auto& [connector, list] : std::exchange(r->enrolled, {})) {
        lost_epochs_ += !list.seen.epoch.empty() && list.seen.epoch != r->members.at().epoch;
        send_state(r->members, connector, list.seen, std::move(evicted[connector]), 0);
    }
    r->baggage = {};
    remove_absent(*r);
    refuse_orphans(*r);
    serve_waiting(*r);
    release(rid);
}

/// Connectors do not list whom they have told to move; that they did may wait here for the room to open.
void channel_service::note_told_to_move(room& r)
{
    for (const auto& one : r.waiting) {
        const auto e = one.get();
        if (e.route != protocol::kick::route)
            continue;
        const auto left = protocol::unpack<protocol::kick>(e.body);
        if (!left || !left->moving)
            continue;
        r.baggage.away.insert(key_of(left->who));
        expect_back(r.members, left->who);
    }
}

/// Who wants to be let in by a connector that has gone meanwhile: nobody waits for the answer, and nobody
/// would say that whom it let in is gone. From one that only opens a new link it comes again.
void channel_service::refuse_orphans(room& r)
{
    refuse_waiting(r, errc::moved, [this](const envelope& e) {
        if (e.route != protocol::add::route)
            return false;
        const auto request = protocol::unpack<protocol::add>(e.body);
        return request && !here(request->who);
    });
}

/// Handed-over members as the connectors' lists correct them, and those that only the lists know.
void channel_service::seat_members(room& r, std::map<std::string, std::vector<protocol::session_id>>& evicted)
{
    for (const auto& key : r.baggage.replaced)
        r.members.note_replaced(key);
    std::map<std::string, send_list> answers;
    for (auto& a : r.baggage.answers)
        answers[a.sender].push_back(
            {a.number, {}, std::pair(static_cast<errc>(a.code), std::move(a.body.data))});
    std::map<std::string, std::unordered_set<protocol::session_id>> listed;
    for (const auto& [connector, list] : r.enrolled)
        listed.emplace(connector, sessions_of(list));
    for (auto& who : r.baggage.members) {
        const auto known = listed.find(who.connector);
        const bool away = r.baggage.away.contains(key_of(who));
        const bool present =
            away || !here(who) || (known != listed.end() && known->second.contains(who.session));
        ghosts_ += present ? 0 : 1;
        if (present && r.members.seat_silently(who, std::move(answers[key_of(who)]), away) && away)
            awaited_.push_back({now_ + options_.grace, r.members.rid(), who});
    }
    for (const auto& [connector, list] : r.enrolled) {
        for (const auto& who : list.members) {
            if (r.members.find(who)) {
                r.members.update(who);
            } else if (r.members.was_replaced(who) ||
                       !r.members.seat_silently(who, std::move(answers[key_of(who)]))) {
                ++evicted_;
                evicted[connector].push_back(who.session);
            }
        }
    }
    for (const auto& who : r.members.take_displaced())
        if (here(who))
            evicted[who.connector].push_back(who.session);
    for (auto& [sender, sends] : answers)
        r.members.remember(sender, std::move(sends)); // nothing where they were moved from
    if (!r.members.remembered().empty())
        remembering_.insert_or_assign(r.members.rid(), now_ + options_.remember);
    r.members.sort_by_join();
    note_absent(r);
}

// ---- enroll lists

void channel_service::on_enroll(const envelope& e, instant now)
{
    now_ = now;
    const auto part = protocol::unpack<protocol::enroll>(e.body);
    if (!part || part->generation != view_.generation || !view_.find(e.from))
        return; // of an earlier generation: that connector will enroll again
    const std::string connector(e.from);
    auto& list = enrolling_[connector];
    if (part->first)
        list.clear();
    for (const auto& entry : part->rooms) {
        auto some = protocol::unpack<protocol::enrolled_room>(entry.room.data);
        if (!some || !mine(entry.rid))
            continue;
        auto& known = list[entry.rid];
        known.seen = some->seen;
        std::ranges::move(some->members, std::back_inserter(known.members));
        known.joining.insert(known.joining.end(), some->joining.begin(), some->joining.end());
    }
    if (!part->last)
        return;
    auto whole = std::move(list);
    enrolling_.erase(connector);
    end_enroll(connector, std::move(whole));
}

/// An open room learns the truth about one connector.
void channel_service::correct(room& r, const std::string& connector, const protocol::enrolled_room& list)
{
    remove_unlisted(r, connector, list);
    std::vector<protocol::session_id> evicted;
    for (const auto& who : list.members) {
        if (!r.members.find(who)) {
            const bool back = r.members.reenroll(who); // only frozen, or its link lost the answer
            ++(back ? reenrolled_ : evicted_);
            if (!back)
                evicted.push_back(who.session);
        }
        r.members.update(who);
    }
    send_state(r.members, connector, list.seen, std::move(evicted), 0);
}

void channel_service::remove_unlisted(room& r, const std::string& connector,
                                      const protocol::enrolled_room& list)
{
    const auto listed = sessions_of(list);
    std::vector<member> gone;
    for (const auto& s : r.members.seats())
        if (s.who.connector == connector && here(s.who) && !s.away && !listed.contains(s.who.session))
            gone.push_back(s.who);
    for (const auto& who : gone)
        ghosts_ += r.members.leave(who);
}

/// Members of a room that was open here before: those whom their connectors do not name have left meanwhile.
void channel_service::remove_unlisted(room& r)
{
    for (const auto& connector : std::vector(r.members.connectors())) {
        const auto list = r.enrolled.find(connector);
        remove_unlisted(r, connector, list == r.enrolled.end() ? protocol::enrolled_room{} : list->second);
    }
}

/// The list is complete: rooms that it does not name have no members there.
void channel_service::end_enroll(const std::string& connector, room_list list)
{
    std::vector<std::string> touched;
    const auto is_its = [&](const envelope& e) { return e.from == connector; };
    for (auto& [rid, r] : rooms_) {
        refuse_waiting(*r, errc::moved, is_its); // it sends again what it has not given up meanwhile
        if (list.contains(rid))
            continue;
        r->enrolled.erase(connector);
        if (r->now != room::state::open)
            continue;
        remove_unlisted(*r, connector, {});
        touched.push_back(rid);
    }
    for (auto& [rid, entry] : list) {
        auto& r = obtain(rid);
        touched.push_back(rid);
        if (entry.seen.term > r.members.at().term)
            fence(r); // where there is no store to say so
        if (r.now == room::state::open)
            correct(r, connector, entry);
        else
            r.enrolled[connector] = std::move(entry);
    }
    for (const auto& rid : touched)
        release(rid);
    enrolled_[connector] = view_.find(connector)->nonce;
    begin_opening();
}

} // namespace citron::backend
