// What members missed: noticed by a hole or by the owner's word of its head, asked of the owner, and shown.
#include "frontend/connector/room_feed.hpp"

#include "common/protocol/json.hpp"
#include "common/protocol/package.hpp"

#include <utility>

namespace citron::frontend {

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
    (void)calls_.start({.room = r.rid,
                        .route = protocol::sync::route,
                        .body = protocol::pack(protocol::sync{r.seen}),
                        .deadline = now + options_.ask_for},
                       done, now);
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
    room* r = index_.find(rid);
    if (!r)
        return;
    if (!r->known || state.at.term >= r->seen.term) // a former owner's word on names counts no more
        evicted_(rid, state.evicted, now);
    r->syncing = false;
    if (!r->known) // nobody has been shown anything yet: the join's answer is the beginning
        return;
    if (before(state.at, r->seen))
        return;
    asking_.erase(rid);
    repair_messages(*r, state, now);
    // The owner spoke to one who stood elsewhere: what it left out would pass for seen.
    const bool short_of = r->seen.epoch == state.at.epoch && r->seen.offset < state.at.offset;
    if (state.more || short_of) {
        r->repaired_to = state.at;
        return ask(*r, now);
    }
    if (state.roster_known)
        repair_roster(*r, state, now);
    move_to(*r, state.at);
    replay(*r, now);
}

void room_feed::repair_messages(room& r, const sync_state& state, instant now)
{
    const bool same_epoch = r.seen.epoch == state.at.epoch;
    const auto known_from = state.messages.empty() ? state.at.offset : state.messages.front().offset - 1;
    if (!same_epoch || (state.lost && known_from > r.seen.offset)) { // we may know more than when we asked
        push_reset(r, state.at, known_from, now);
        r.seen.epoch = state.at.epoch;
        r.seen.offset = known_from;
    }
    for (const auto& m : state.messages) {
        if (m.offset <= r.seen.offset)
            continue;
        ++repaired_;
        r.seen.offset = m.offset;
        push_missed(r, m, state.at, now);
    }
}

namespace {

bool has(const place& p, const std::string& epoch, std::uint64_t offset)
{
    return p.position.epoch == epoch && p.position.offset >= offset;
}

} // namespace

/// A message without its rev: members are told by offset who has it already.
void room_feed::push_missed(room& r, const protocol::message& m, const head& whole, instant now)
{
    show_run(r, now);
    const auto f = websocket_frame(protocol::encode_push("onChat", m.push.data));
    for (auto* p : r.members)
        if (before(p->position, whole) && !has(*p, r.seen.epoch, m.offset))
            sessions_.push(*p->client, f, now);
    remember(r, {.at = r.seen, .what = room::shown::kind::message, .frame = f, .change = {}, .users = {}},
             whole);
}

void room_feed::push_reset(room& r, const head& at, std::uint64_t offset, instant now)
{
    ++resets_;
    show_run(r, now);
    const auto f = push_frame(
        "onReset", {{"route", "onReset"}, {"rid", r.rid}, {"epoch", at.epoch}, {"offset", offset}});
    for (auto* p : r.members)
        if (before(p->position, at) && !has(*p, at.epoch, offset))
            sessions_.push(*p->client, f, now);
    begin_recent(r, at);
}

void room_feed::repair_roster(room& r, const sync_state& state, instant now)
{
    show_run(r, now);
    const std::set<std::string> present(state.users.begin(), state.users.end());
    const auto changes = changes_between(r.rid, r.roster, present);
    for (auto* p : r.members) {
        if (!before(p->position, state.at))
            continue;
        const auto own = r.ahead.find(p);
        push_changes(*p, own == r.ahead.end() ? changes : changes_between(r.rid, own->second, present), now);
    }
    remember(r,
             {.at = state.at, .what = room::shown::kind::roster, .frame = {}, .change = {}, .users = present},
             state.at);
    r.roster = present;
}

/// The onLeave and onAdd that lead from `before` to `after`.
room_feed::presence room_feed::changes_between(const std::string& rid, const std::set<std::string>& before,
                                               const std::set<std::string>& after)
{
    presence changes;
    const auto add = [&](std::string_view route, const std::string& user) {
        changes.emplace_back(user, push_frame(route, {{"route", route}, {"user", user}, {"rid", rid}}));
    };
    for (const auto& user : before)
        if (!after.contains(user))
            add("onLeave", user);
    for (const auto& user : after)
        if (!before.contains(user))
            add("onAdd", user);
    return changes;
}

/// Nobody is told of himself.
void room_feed::push_changes(place& p, const presence& changes, instant now)
{
    for (const auto& [user, f] : changes) {
        if (user == p.user)
            continue;
        ++presence_repaired_;
        sessions_.push(*p.client, f, now);
    }
}

} // namespace citron::frontend
