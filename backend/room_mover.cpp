// Rooms that change hands: what leaves this server at a new generation, and what arrives.
#include "backend/channel_service.hpp"

#include "common/protocol/dispatcher.hpp"

#include <algorithm>
#include <utility>

namespace citron::backend {

using protocol::envelope;
using protocol::handover;
using protocol::kind;

namespace {
constexpr std::size_t part_bytes =
    1U << 20U; // one hand-over part: well below max_envelope, shares the link fairly
} // namespace

/// Answers a view that changed who owns rooms: hand over what is not ours, then say so.
void channel_service::begin_generation()
{
    settled_ = done_ = false;
    owners_ = protocol::owners(view_);
    enrolled_.clear();
    enrolling_.clear();
    if (owners_.empty())
        return; // nobody to hand over to
    for (auto& [rid, baggage] : std::exchange(limbo_, {}))
        mine(rid) ? take_back(rid, std::move(baggage)) : hand_over(rid, std::move(baggage));
    for (auto& [rid, r] : rooms_) {
        r->enrolled.clear(); // every connector enrolls again
        if (mine(rid)) {
            if (r->now == room::state::closing) {
                r->now = r->seated ? room::state::open : room::state::gathering; // ours again before it went
                closing_.erase(rid);
            }
        } else if (r->now == room::state::gathering) {
            turn_away(*r);
        } else if (r->now == room::state::open) {
            begin_closing(*r);
        }
    }
    hand_over_stored();
}

void channel_service::begin_closing(room& r)
{
    r.now = room::state::closing;
    r.closing = now_;
    closing_.insert(r.members.rid());
}

/// A room that was not open yet, and has another owner now: who waits must ask there.
void channel_service::turn_away(room& r)
{
    for (auto waiting = std::exchange(r.waiting, {}); !waiting.empty(); waiting.pop_front()) {
        const auto e = waiting.front().get();
        ++moved_;
        if (e.kind == kind::call)
            answer({e.from, e.id}, e.room, errc::moved, {});
        else
            (void)rpc_.notify_room(e.room, e.route, e.body);
    }
    r.waiting_bytes = 0;
    begin_closing(r);
}

/// Ends a closing room's life here. Members that came as baggage and were never seated travel on as they
/// came.
room_baggage channel_service::pack_up(room& r)
{
    room_baggage b = std::move(r.baggage);
    b.at = r.members.at();
    for (const auto& s : r.members.seats()) {
        b.members.push_back(s.who);
        for (const auto& sent : s.sends)
            if (sent.answer)
                b.answers.push_back({s.who.connector,
                                     s.who.boot,
                                     s.who.session,
                                     sent.number,
                                     static_cast<std::uint8_t>(sent.answer->first),
                                     {sent.answer->second}});
    }
    if (history_.local()) {
        auto stored = history_.extract(r.members.rid());
        b.at.term = std::max(b.at.term, stored.at.term);
        if (b.at.epoch.empty()) {
            b.at.epoch = stored.at.epoch;
            b.at.offset = stored.at.offset;
        }
        b.messages = std::move(stored.messages);
    }
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
        rooms_.erase(rid);
        hand_over(rid, std::move(baggage));
        return true;
    });
    const auto opens_elsewhere = [this](const auto& entry) {
        return entry.second->now == room::state::opening && !mine(entry.first);
    };
    const bool more = !closing_.empty() || std::ranges::any_of(rooms_, opens_elsewhere);
    if (more && !nobody_to_take_them)
        return;
    done_ = true;
    const auto body = protocol::pack(protocol::generation_mark{view_.generation});
    (void)line_.send({.kind = kind::done, .body = body}); // a lost link brings a new generation
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
    send_parts(rid, baggage);
    limbo_.insert_or_assign(rid, std::move(baggage));
}

void channel_service::send_parts(const std::string& rid, const room_baggage& baggage)
{
    handover part;
    std::size_t size = 0;
    const auto send = [&] {
        (void)rpc_.notify_room(rid, protocol::channel_handover, protocol::pack(part));
        part = {};
        size = 0;
    };
    const auto make_room = [&](std::size_t bytes) {
        if (size > 0 && size + bytes > part_bytes)
            send();
        size += bytes;
    };
    for (const auto& m : baggage.messages) {
        make_room(m.push.data.size());
        part.messages.push_back(m);
    }
    if (size > 0)
        send();
    constexpr std::size_t numbers = 64; // of one member or answer, at most
    for (const auto& who : baggage.members) {
        make_room(who.user.size() + who.connector.size() + who.key.size() + numbers);
        part.members.push_back(who);
    }
    for (const auto& a : baggage.answers) {
        make_room(a.connector.size() + a.body.data.size() + numbers);
        part.answers.push_back(a);
    }
    part.last = true;
    part.at = baggage.at;
    std::set<protocol::incarnation> absent;
    for (const auto& who : baggage.members)
        if (!here(who) && absent.insert(who.life()).second)
            part.absent.push_back(
                {who.life(), static_cast<std::uint64_t>(absent_.left(who.life(), now_).count())});
    send();
}

void channel_service::on_handover(const envelope& e, instant now)
{
    now_ = now;
    auto part = protocol::unpack<handover>(e.body);
    if (!part)
        return;
    auto& arriving = arriving_[e.room];
    const bool anew = !part->messages.empty() && !arriving.messages.empty() &&
                      part->messages.front().offset <= arriving.messages.back().offset;
    if (anew)
        arriving = {}; // the first try was cut off
    std::ranges::move(part->messages, std::back_inserter(arriving.messages));
    std::ranges::move(part->members, std::back_inserter(arriving.members));
    std::ranges::move(part->answers, std::back_inserter(arriving.answers));
    if (!part->last)
        return;
    auto baggage = std::move(arriving);
    arriving_.erase(e.room);
    baggage.at = std::move(part->at);
    for (const auto& one : part->absent)
        absent_.note(one.connector, now + milliseconds(one.left_ms));
    take_back(e.room, std::move(baggage));
    begin_opening();
}

/// Baggage becomes a room that opens when the generation is settled; a room that nobody is in rests in the
/// store.
void channel_service::take_back(const std::string& rid, room_baggage baggage)
{
    ++taken_back_;
    if (history_.local())
        history_.adopt(rid, {baggage.at, std::exchange(baggage.messages, {})});
    if (baggage.members.empty())
        return;
    auto& r = obtain(rid);
    if (r.now != room::state::gathering || (r.handed_over && r.baggage.at.term > baggage.at.term)) {
        ++conflicts_; // somebody came back late with a room that has moved on
        return;
    }
    r.handed_over = true;
    r.baggage = std::move(baggage);
}

} // namespace citron::backend
