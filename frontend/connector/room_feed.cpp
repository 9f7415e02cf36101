#include "frontend/connector/room_feed.hpp"

#include <algorithm>
#include <utility>

namespace citron::frontend {

using protocol::broadcast;
using protocol::event;
using protocol::frame;
using protocol::head;

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
        const bool shown = b.what == static_cast<std::uint8_t>(event::chat) && b.at.offset <= r.seen.offset;
        b.at.offset = std::max(b.at.offset, r.seen.offset); // see room::repaired_to
        shown ? move_to(r, b.at) : show(r, b, now);
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

namespace {

bool is_of_member(const room& r, const roster_change& change)
{
    return change.what != event::chat &&
           std::ranges::any_of(r.members, [&](const place* p) { return change.is_of(p->user); });
}

} // namespace

void room_feed::show(room& r, const broadcast& b, instant now)
{
    ++shown_;
    const roster_change change{static_cast<event>(b.what), b.user};
    change.apply(r.roster);
    // Nobody's position is beyond what was shown before, and it is about nobody here.
    const bool for_all = r.ahead.empty() && !is_of_member(r, change);
    move_to(r, b.at);
    if (for_all && r.joining.empty())
        return extend_run(r, b.push.data, now);
    show_run(r, now);
    const auto f = websocket_frame(b.push.data);
    for (auto* p : r.members)
        if (before(p->position, b.at) && !change.is_of(p->user))
            sessions_.push(*p->client, f, now);
    remember(r, {.at = b.at, .what = room::shown::kind::event, .frame = f, .change = change, .users = {}},
             b.at);
}

void room_feed::extend_run(room& r, std::string_view push, instant now)
{
    extended_ = now;
    if (r.run.empty())
        running_.push_back(r.rid);
    append_websocket_frame(r.run, push);
    if (r.run.size() >= options_.run_bytes)
        show_run(r, now);
}

/// Whatever else members are shown comes after it, and who becomes a member now is not shown it.
void room_feed::show_run(room& r, instant now)
{
    if (r.run.empty())
        return;
    const frame f(std::exchange(r.run, {}));
    for (auto* p : r.members) // nobody is removed here: sessions that end are buried after the turn
        sessions_.push(*p->client, f, now);
}

void room_feed::show_runs()
{
    for (const auto& rid : running_)
        if (room* r = index_.find(rid))
            show_run(*r, extended_);
    running_.clear();
}

void room_feed::move_to(room& r, const head& at)
{
    r.seen = at;
    std::erase_if(r.ahead, [&r](const auto& entry) { return !before(r.seen, entry.first->position); });
}

/// For those whose join is not answered yet. `whole`: where all of it is behind them, and what belongs to it.
void room_feed::remember(room& r, room::shown late, const head& whole)
{
    if (r.joining.empty())
        return;
    r.recent_bytes += late.frame.size() + late.users.size() * sizeof(std::string);
    r.recent.push_back(std::move(late));
    if (r.recent_bytes > options_.recent_bytes)
        begin_recent(r, whole);
}

/// Whoever is joining must have an answer that is not older.
void room_feed::begin_recent(room& r, const head& from)
{
    r.forget_recent();
    r.recent_from = from;
}

bool room_feed::begins(const room& r, const head& at)
{
    return !r.known || (r.members.empty() && before(r.seen, at));
}

bool room_feed::can_join(const room& r, const head& at) const
{
    return begins(r, at) || (!before(at, r.recent_from) && !before(at, r.repaired_to));
}

void room_feed::on_joined(place& p, const protocol::added& answer, instant now)
{
    room& r = *p.in;
    show_run(r, now);
    p.position = answer.at;
    p.joined = answer.joined;
    std::set<std::string> users(answer.users.begin(), answer.users.end());
    const bool baseline = begins(r, answer.at);
    if (baseline) {
        r.known = true;
        r.seen = answer.at;
        r.roster = users;
        r.forget_recent();
    }
    index_.admit(p);
    for (const auto& late : r.recent)
        show_late(p, late, users, now);
    if (before(r.seen, p.position))
        r.ahead.emplace(&p, std::move(users));
    if (r.joining.empty())
        r.forget_recent();
    if (baseline)
        replay(r, now);
}

/// `users`: who is there as this newcomer knows it.
void room_feed::show_late(place& p, const room::shown& late, std::set<std::string>& users, instant now)
{
    using enum room::shown::kind;
    const auto& from = p.position;
    const bool newer = late.what == message ? late.at.epoch != from.epoch || late.at.offset > from.offset
                                            : before(from, late.at);
    if (!newer)
        return;
    if (late.what == roster) {
        push_changes(p, changes_between(p.in->rid, users, late.users), now);
        users = late.users;
        return;
    }
    late.change.apply(users);
    if (!late.change.is_of(p.user))
        sessions_.push(*p.client, late.frame, now);
}

} // namespace citron::frontend
