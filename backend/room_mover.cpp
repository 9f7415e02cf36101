// Rooms that change hands: what leaves this server at a new generation, and what arrives.
#include "backend/channel_service.hpp"

#include "common/protocol/dispatcher.hpp"

#include <algorithm>
#include <utility>

namespace citron::backend {

using protocol::envelope;
using protocol::handover;
using protocol::kind;

/// Answers a view that changed who owns rooms: hand over what is not ours, then say so.
void channel_service::begin_generation()
{
    settled_ = done_ = false;
    refused_since_.reset();
    owners_ = protocol::owners(view_);
    enrolled_.clear();
    enrolling_.clear();
    arriving_.clear();
    if (owners_.empty())
        return; // nobody to hand over to
    for (auto& [rid, baggage] : leaving_.take_back())
        mine(rid) ? take_in(rid, std::move(baggage)) : hand_over(rid, std::move(baggage));
    for (auto& [rid, r] : rooms_) {
        r->enrolled.clear(); // every connector enrolls again
        if (mine(rid))
            stay(*r);
        else if (r->now == room::state::gathering)
            turn_away(*r);
        else if (r->now == room::state::open)
            begin_closing(*r);
    }
    hand_over_stored();
}

/// One that was to go is ours again before it went.
void channel_service::stay(room& r)
{
    if (r.now != room::state::closing)
        return;
    closing_.erase(r.members.rid());
    r.now = r.served ? room::state::open : room::state::gathering;
    remove_absent(r);
}

void channel_service::begin_closing(room& r)
{
    r.now = room::state::closing;
    r.closing = now_;
    closing_.insert(r.members.rid());
}

/// What came for a room that has another owner now: a caller asks there itself, a notify is passed on.
void channel_service::send_on(const envelope& e)
{
    ++moved_;
    if (e.kind == kind::call)
        answer(caller_of(e), e.room, errc::moved, {});
    else
        (void)rpc_.notify_room(e.room, e.route, e.body);
}

/// A room that was not open yet, and has another owner now: who waits must ask there.
void channel_service::turn_away(room& r)
{
    for (auto waiting = std::exchange(r.waiting, {}); !waiting.empty(); waiting.pop_front())
        send_on(waiting.front().get());
    r.waiting_bytes = 0;
    begin_closing(r);
}

/// Ends a closing room's life here. Members that came as baggage and were never seated travel on as they
/// came.
room_baggage channel_service::pack_up(room& r)
{
    room_baggage b = std::move(r.baggage);
    b.at = r.members.at();
    b.time = std::max(b.time, r.members.last_time());
    const auto pack_answers = [&b](const std::string& sender, const send_list& sends) {
        for (const auto& sent : sends)
            if (sent.answer)
                b.answers.push_back({sender,
                                     sent.number,
                                     static_cast<std::uint8_t>(sent.answer->first),
                                     {sent.answer->second}});
    };
    for (const auto& s : r.members.seats()) {
        b.members.push_back(s.who);
        if (s.away)
            b.away.insert(key_of(s.who));
        pack_answers(key_of(s.who), s.sends);
    }
    for (const auto& [sender, sends] : r.members.remembered())
        pack_answers(sender, sends);
    b.replaced.insert(b.replaced.end(), r.members.replaced().begin(), r.members.replaced().end());
    if (history_.local()) {
        auto stored = history_.extract(r.members.rid());
        b.at.term = std::max(b.at.term, stored.at.term);
        if (b.at.epoch.empty()) {
            b.at.epoch = stored.at.epoch;
            b.at.offset = stored.at.offset;
        }
        b.messages = std::move(stored.messages);
    }
    for (const auto& who : b.members)
        if (!here(who))
            b.absent.try_emplace(who.life(), absent_.until(who.life()).value_or(now_ + options_.grace));
    return b;
}

/// Who does not take what was said to him keeps the whole cluster waiting: not for long.
void channel_service::hurry_closing(instant now)
{
    for (const auto& rid : closing_)
        if (now - find(rid)->closing >= options_.last_whispers)
            whispers_.cancel(rid);
}

/// Hands over closing rooms that have ended what they accepted; when none is left, says so.
void channel_service::finish_closing()
{
    if (done_ || !view_.ready)
        return;
    const bool nobody_to_take_them = owners_.empty();
    std::erase_if(closing_, [&](const std::string& rid) {
        room& r = *find(rid);
        if (nobody_to_take_them || r.members.busy())
            return false;
        auto baggage = pack_up(r);
        active_.erase(rid);
        remembering_.erase(rid);
        rooms_.erase(rid);
        hand_over(rid, std::move(baggage));
        return true;
    });
    const auto opens_elsewhere = [this](const auto& entry) {
        return entry.second->now == room::state::opening && !mine(entry.first);
    };
    const bool more =
        !closing_.empty() || !leaving_.all_taken() || std::ranges::any_of(rooms_, opens_elsewhere);
    if (more && !nobody_to_take_them)
        return;
    const auto body = protocol::pack(protocol::generation_mark{view_.generation});
    done_ = line_.send({.kind = kind::done, .body = body}); // else with the next turn, or the next generation
}

/// Rooms without members here: only the store knows them.
void channel_service::hand_over_stored()
{
    if (!history_.local())
        return;
    for (const auto& rid : history_.rooms()) {
        if (mine(rid) || find(rid))
            continue;
        auto stored = history_.extract(rid);
        hand_over(rid,
                  {.at = stored.at, .members = {}, .messages = std::move(stored.messages), .answers = {}});
    }
}

void channel_service::hand_over(const std::string& rid, room_baggage baggage)
{
    if (baggage.at.epoch.empty() && baggage.members.empty())
        return; // never opened, nothing known
    ++handed_;
    leaving_.add(rid, std::move(baggage), view_.generation);
}

void channel_service::on_handover(const envelope& e, instant now)
{
    now_ = now;
    auto part = protocol::unpack<handover>(e.body);
    const auto code =
        part ? take_part(std::string(e.room), std::string(e.from), std::move(*part)) : errc::bad_request;
    answer(caller_of(e), e.room, code, {});
}

errc channel_service::take_part(const std::string& rid, const std::string& sender, handover part)
{
    if (part.generation != view_.generation || !mine(rid))
        return errc::moved;
    const auto place = arriving_.try_emplace({rid, sender}).first;
    auto& arriving = place->second;
    if (part.part == 0)
        arriving = {.series = part.series, .baggage = {}};
    if (arriving.series != part.series || arriving.next != part.part) {
        arriving_.erase(place);
        return errc::hole;
    }
    ++arriving.next;
    auto& baggage = arriving.baggage;
    std::ranges::move(part.messages, std::back_inserter(baggage.messages));
    std::ranges::move(part.members, std::back_inserter(baggage.members));
    std::ranges::move(part.answers, std::back_inserter(baggage.answers));
    baggage.away.insert(part.away.begin(), part.away.end());
    if (!part.last)
        return errc::ok;
    baggage.at = std::move(part.at);
    baggage.time = part.time;
    baggage.replaced.assign(part.replaced.begin(), part.replaced.end());
    for (const auto& one : part.absent)
        if (!here(one.connector)) // it may have come back meanwhile
            absent_.note(one.connector, now_ + milliseconds(one.left_ms));
    auto whole = std::move(baggage);
    arriving_.erase(place);
    take_in(rid, std::move(whole));
    begin_opening();
    return errc::ok;
}

/// Baggage becomes a room that opens when the generation is settled; a room that nobody is in rests in the
/// store.
void channel_service::take_in(const std::string& rid, room_baggage baggage)
{
    const room* known = find(rid);
    const bool settled_here = known && known->now != room::state::gathering;
    if (settled_here || (known && known->handed_over && known->baggage.at.term > baggage.at.term)) {
        ++conflicts_; // it has moved on without this
        return;
    }
    ++taken_back_;
    if (history_.local())
        history_.adopt(rid, {baggage.at, std::exchange(baggage.messages, {})});
    if (baggage.members.empty() && baggage.answers.empty() && baggage.replaced.empty())
        return;
    auto& r = obtain(rid);
    r.handed_over = true;
    r.baggage = std::move(baggage);
}

} // namespace citron::backend
