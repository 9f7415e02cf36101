// Rooms that come: opened once everybody has said who is in them, and corrected by what connectors say later.
#include "backend/channel_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace citron::backend {

using protocol::envelope;
using protocol::member;

namespace {

/// Does the list speak of this session at all?
bool lists(const protocol::enrolled_room& list, protocol::session_id session)
{
    return std::ranges::find(list.joining, session) != list.joining.end() ||
           std::ranges::find(list.members, session, &member::session) != list.members.end();
}

} // namespace

// ---- opening

void channel_service::begin_opening()
{
    if (!ready())
        return;
    for (auto& [rid, r] : rooms_) {
        if (r->now != room::state::gathering || !mine(rid))
            continue;
        std::uint64_t seen = r->baggage.at.term;
        for (const auto& [connector, list] : r->enrolled)
            seen = std::max(seen, list.seen.term);
        r->now = room::state::opening;
        openings_.push_back({rid, seen, fmt::format("{:016x}", random_())});
    }
}

void channel_service::flush_openings()
{
    if (openings_.empty())
        return;
    std::vector<std::string> rids;
    for (const auto& o : openings_)
        rids.push_back(o.rid);
    history_.take_over(std::exchange(openings_, {}),
                       [this, rids = std::move(rids)](std::vector<protocol::head> heads) {
                           for (std::size_t i = 0; i < rids.size(); ++i)
                               opened(rids[i], std::move(heads[i]));
                       });
}

void channel_service::opened(const std::string& rid, protocol::head at)
{
    room* r = find(rid);
    if (!r || r->now != room::state::opening)
        return; // we were declared dead meanwhile
    if (!mine(rid)) {
        r->members.open(std::move(at));
        return turn_away(*r);
    }
    if (!ready()) {
        r->now = room::state::gathering; // the generation changed meanwhile: lists are on their way again
        return;
    }
    ++opened_;
    r->now = room::state::open;
    r->seated = true;
    r->members.open(std::move(at));
    std::map<std::string, std::vector<protocol::session_id>> evicted;
    seat_members(*r, evicted);
    for (auto& [connector, list] : std::exchange(r->enrolled, {})) {
        lost_epochs_ += !list.seen.epoch.empty() && list.seen.epoch != r->members.at().epoch;
        send_state(r->members, connector, list.seen, std::move(evicted[connector]), 0);
    }
    r->baggage = {};
    remove_absent(*r);
    serve_waiting(*r);
    release(rid);
}

/// Handed-over members as the connectors' lists correct them, and those that only the lists know.
void channel_service::seat_members(room& r, std::map<std::string, std::vector<protocol::session_id>>& evicted)
{
    std::map<std::string, std::vector<seat::send>> answers;
    for (auto& a : r.baggage.answers) {
        const auto key = key_of({.connector = a.connector, .boot = a.boot, .session = a.session});
        answers[key].push_back({a.number, {}, std::pair(static_cast<errc>(a.code), std::move(a.body.data))});
    }
    for (auto& who : r.baggage.members) {
        const auto listed = r.enrolled.find(who.connector);
        const bool present = !here(who) || (listed != r.enrolled.end() && lists(listed->second, who.session));
        ghosts_ += present ? 0 : 1;
        if (present)
            (void)r.members.seat_silently(who, std::move(answers[key_of(who)]));
    }
    for (const auto& [connector, list] : r.enrolled) {
        for (const auto& who : list.members) {
            if (r.members.find(who)) {
                r.members.raise_next(who, who.next);
            } else if (!r.members.seat_silently(who, {})) {
                ++evicted_;
                evicted[connector].push_back(who.session);
            }
        }
    }
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
    auto& listed = enrolling_[e.from];
    if (part->first)
        listed.clear();
    for (const auto& entry : part->rooms) {
        const auto list = protocol::unpack<protocol::enrolled_room>(entry.room.data);
        if (!list || !mine(entry.rid))
            continue;
        listed.insert(entry.rid);
        auto& r = obtain(entry.rid);
        if (r.now == room::state::open)
            correct(r, e.from, *list);
        else
            r.enrolled[e.from] = *list;
    }
    if (part->last)
        end_enroll(e.from);
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
        r.members.raise_next(who, who.next);
    }
    send_state(r.members, connector, list.seen, std::move(evicted), 0);
}

void channel_service::remove_unlisted(room& r, const std::string& connector,
                                      const protocol::enrolled_room& list)
{
    std::vector<member> gone;
    for (const auto& s : r.members.seats())
        if (s.who.connector == connector && here(s.who) && !lists(list, s.who.session))
            gone.push_back(s.who);
    for (const auto& who : gone)
        ghosts_ += r.members.leave(who);
}

/// The list is complete: rooms that it does not name have no members there.
void channel_service::end_enroll(const std::string& connector)
{
    auto touched = std::exchange(enrolling_[connector], {});
    for (auto& [rid, r] : rooms_)
        if (r->now == room::state::open && touched.insert(rid).second)
            remove_unlisted(*r, connector, {});
    for (const auto& rid : touched)
        release(rid);
    enrolled_[connector] = view_.find(connector)->nonce;
    begin_opening();
}

} // namespace citron::backend
