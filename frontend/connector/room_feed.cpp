#include "frontend/connector/room_feed.hpp"

#include "common/protocol/json.hpp"
#include "common/protocol/package.hpp"

#include <algorithm>
#include <utility>

namespace citron::frontend {

using protocol::broadcast;
using protocol::event;
using protocol::frame;
using protocol::head;
using protocol::ordered_json;
using protocol::sync_state;

namespace {

frame push_frame(std::string_view route, const ordered_json& body)
{
    return websocket_frame(protocol::encode_push(route, body.dump()));
}

} // namespace

room_feed::room_feed(feed_options options, room_index& index, room_calls& calls, session_service& sessions,
                     protocol::counters& counters, evicted_callback evicted)
    : options_(options), index_(index), calls_(calls), sessions_(sessions), evicted_(std::move(evicted)),
      shown_(counters.at("feed.shown")), strays_(counters.at("feed.strays")),
      repeats_(counters.at("feed.repeats")), holes_(counters.at("feed.holes")),
      held_(counters.at("feed.held")), held_lost_(counters.at("feed.held_lost")),
      repaired_(counters.at("feed.repaired")), resets_(counters.at("feed.resets")),
      presence_repaired_(counters.at("feed.presence_repaired"))
{
}

// ---- events in order

void room_feed::on_broadcast(broadcast b, instant now)
{
    room* r = index_.find(b.rid);
    if (!r) {
        ++strays_; // the last member has just left
        return;
    }
    accept(*r, std::move(b), now);
}

void room_feed::accept(room& r, broadcast b, instant now)
{
    const bool follows = r.known && b.at.term == r.seen.term && b.at.rev == r.seen.rev + 1;
    if (follows) {
        show(r, b, now);
        return r.held.empty() || r.syncing ? void() : replay(r, now);
    }
    if (r.known && !before(r.seen, b.at)) {
        ++repeats_;
        return;
    }
    const bool new_owner = r.known && b.at.term != r.seen.term;
    const bool hole = r.known && !new_owner;
    hold(r, std::move(b));
    if (hole) {
        ++holes_;
        ask(r, now);
    } else if (new_owner && !asking_.contains(r.rid)) {
        ask_at(r, now + options_.state_patience); // it will tell us by itself
    }
}

void room_feed::hold(room& r, broadcast b)
{
    ++held_;
    r.held_bytes += b.push.data.size();
    r.held.push_back(std::move(b));
    while (r.held_bytes > options_.held_bytes) { // what is dropped here is a hole, and will be asked for
        ++held_lost_;
        r.held_bytes -= r.held.front().push.data.size();
        r.held.pop_front();
    }
}

void room_feed::replay(room& r, instant now)
{
    r.held_bytes = 0;
    for (auto& b : std::exchange(r.held, {}))
        accept(r, std::move(b), now);
}

void room_feed::show(room& r, const broadcast& b, instant now)
{
    ++shown_;
    r.seen = b.at;
    if (b.what == static_cast<std::uint8_t>(event::add))
        r.roster.insert(b.user);
    else if (b.what == static_cast<std::uint8_t>(event::leave))
        r.roster.erase(b.user);
    push(r, b.at, websocket_frame(b.push.data), {}, now);
}

/// To every member who has not seen `at` yet, but not to the user `but_not`.
void room_feed::push(room& r, const head& at, const frame& f, std::string_view but_not, instant now)
{
    for (auto* p : r.members) { // nobody is removed here: sessions that end are buried after the turn
        if (!before(p->position, at) || p->user == but_not)
            continue;
        sessions_.push(*p->client, f, now);
    }
    remember(r, {at, f});
}

/// For those whose join is not answered yet.
void room_feed::remember(room& r, room::shown late)
{
    if (r.joining.empty())
        return;
    r.recent_bytes += late.frame.size();
    r.recent.push_back(std::move(late));
    r.recent_lost = r.recent_lost || r.recent_bytes > options_.recent_bytes;
    if (r.recent_lost)
        r.recent.clear();
}

void room_feed::on_joined(place& p, const protocol::added& answer, instant now)
{
    room& r = *p.in;
    p.position = answer.at;
    p.joined = answer.joined;
    const bool baseline = !r.known || (r.members.empty() && before(r.seen, answer.at));
    if (baseline) {
        r.known = true;
        r.seen = answer.at;
        r.roster = {answer.users.begin(), answer.users.end()};
    }
    index_.admit(p);
    if (r.recent_lost)
        sessions_.kick(*p.client, "slow_consumer", now); // more than its outbox would hold came in between
    for (const auto& late : r.recent) {
        const bool newer = late.repaired
                               ? late.at.epoch != p.position.epoch || late.at.offset > p.position.offset
                               : before(p.position, late.at);
        if (newer)
            sessions_.push(*p.client, late.frame, now);
    }
    if (r.joining.empty()) {
        r.recent.clear();
        r.recent_bytes = 0;
        r.recent_lost = false;
    }
    if (baseline)
        replay(r, now);
}

// ---- holes

void room_feed::on_heads(const protocol::heads& list, instant now)
{
    for (const auto& [rid, at] : list.rooms) {
        room* r = index_.find(rid);
        if (!r || !r->known || !before(r->seen, at))
            continue;
        if (at.term != r->seen.term)
            ask_at(*r, now + options_.state_patience);
        else if (!r->syncing) {
            ++holes_; // on the stream of the broadcasts themselves: what is before this head has passed by
            ask(*r, now);
        }
    }
}

void room_feed::ask(room& r, instant now)
{
    asking_.erase(r.rid);
    if (std::exchange(r.syncing, true))
        return;
    const auto done = [this, rid = r.rid](const cluster::answer& a, instant at) {
        room* asked = index_.find(rid);
        const auto state = protocol::unpack<sync_state>(a.body);
        if (a.code == errc::ok && state)
            return on_state(rid, *state, at);
        if (asked) {
            asked->syncing = false;
            ask_at(*asked, at + options_.ask_again);
        }
    };
    (void)calls_.start(r.rid, protocol::sync::route, protocol::pack(protocol::sync{r.seen}),
                       now + options_.ask_for, true, done, now);
}

void room_feed::ask_at(const room& r, instant when)
{
    asking_.try_emplace(r.rid, when);
}

void room_feed::on_tick(instant now)
{
    std::vector<std::string> due;
    for (const auto& [rid, when] : asking_)
        if (when <= now)
            due.push_back(rid);
    for (const auto& rid : due) {
        asking_.erase(rid);
        if (room* r = index_.find(rid); r && r->known)
            ask(*r, now);
    }
}

void room_feed::on_state(const std::string& rid, const sync_state& state, instant now)
{
    evicted_(rid, state.evicted, now);
    room* r = index_.find(rid);
    if (!r)
        return;
    r->syncing = false;
    if (!r->known) // nobody has been shown anything yet: the join's answer is the beginning
        return;
    if (before(state.at, r->seen))
        return;
    asking_.erase(rid);
    repair_messages(*r, state, now);
    if (state.more)
        return ask(*r, now);
    repair_roster(*r, state, now);
    r->seen = state.at;
    replay(*r, now);
}

void room_feed::repair_messages(room& r, const sync_state& state, instant now)
{
    const bool same_epoch = r.seen.epoch == state.at.epoch;
    if (!same_epoch || state.lost) {
        const auto known_from = state.messages.empty() ? state.at.offset : state.messages.front().offset - 1;
        push_reset(r, state.at, known_from, now);
        r.seen.epoch = state.at.epoch;
        r.seen.offset = known_from;
    }
    for (const auto& m : state.messages) {
        if (m.offset <= r.seen.offset)
            continue;
        ++repaired_;
        r.seen.offset = m.offset;
        push_missed(r, m, now);
    }
}

/// A message without its rev: members are told by offset who has it already.
void room_feed::push_missed(room& r, const protocol::message& m, instant now)
{
    const auto f = websocket_frame(protocol::encode_push("onChat", m.push.data));
    for (auto* p : r.members) {
        const bool has = p->position.epoch == r.seen.epoch && p->position.offset >= m.offset;
        if (!has)
            sessions_.push(*p->client, f, now);
    }
    remember(r, {r.seen, f, true});
}

void room_feed::push_reset(room& r, const head& at, std::uint64_t offset, instant now)
{
    ++resets_;
    const auto f = push_frame(
        "onReset", {{"route", "onReset"}, {"rid", r.rid}, {"epoch", at.epoch}, {"offset", offset}});
    for (auto* p : r.members)
        if (before(p->position, at))
            sessions_.push(*p->client, f, now);
}

void room_feed::repair_roster(room& r, const sync_state& state, instant now)
{
    if (!state.roster_known)
        return;
    const std::set<std::string> present(state.users.begin(), state.users.end());
    for (const auto& user : r.roster)
        if (!present.contains(user))
            push_presence(r, state.at, "onLeave", user, now);
    for (const auto& user : state.users)
        if (!r.roster.contains(user))
            push_presence(r, state.at, "onAdd", user, now);
    r.roster = present;
}

void room_feed::push_presence(room& r, const head& at, std::string_view route, const std::string& user,
                              instant now)
{
    ++presence_repaired_;
    push(r, at, push_frame(route, {{"route", route}, {"user", user}, {"rid", r.rid}}), user, now);
}

} // namespace citron::frontend
