#include "backend/channel_service.hpp"

#include "common/protocol/dispatcher.hpp"

#include <algorithm>
#include <utility>

namespace citron::backend {

using protocol::envelope;
using protocol::kind;
using protocol::member;
using protocol::server_kind;

channel_service::channel_service(channel_options options, cluster::peer& line, cluster::rpc& rpc,
                                 backend::store& history, protocol::counters& counters, server serve)
    : options_(options), line_(line), rpc_(rpc), history_(history), serve_(std::move(serve)),
      whispers_(options.whispers, rpc, counters,
                [this](const std::string& rid, const open_request& from, errc code) {
                    if (room* r = find(rid)) // a room waits for its whispers before it goes
                        r->members.whispered(from, code);
                    release(rid);
                }),
      random_(options.seed), leaving_(options.handovers, rpc, counters), opened_(counters.at("room.opened")),
      handed_(counters.at("room.handed_over")), taken_back_(counters.at("room.taken_back")),
      conflicts_(counters.at("room.handover_conflict")), moved_(counters.at("room.moved")),
      overloaded_(counters.at("room.overloaded")), evicted_(counters.at("room.evicted")),
      reenrolled_(counters.at("room.member_reenrolled")), fenced_(counters.at("room.fenced")),
      unopened_(counters.at("room.not_opened")), ghosts_(counters.at("room.ghost_removed")),
      lost_epochs_(counters.at("room.epoch_lost")), broadcasts_(counters.at("room.broadcasts")),
      unpublished_(counters.at("room.unpublished")), unanswerable_(counters.at("room.unanswerable")),
      unsaid_(counters.at("room.state_unsaid")), too_many_rooms_(counters.at("limit.rooms_per_server")),
      too_many_members_(counters.at("limit.members_per_room"))
{
}

// ---- who is there

bool channel_service::mine(const std::string& rid) const
{
    const auto owner = protocol::pick(rid, owners_);
    return owner != protocol::npos && owners_[owner] == line_.self().id;
}

/// In the view, in this very life.
bool channel_service::here(const protocol::incarnation& connector) const
{
    const auto* known = view_.find(connector.id);
    return known && known->boot == connector.boot;
}

/// One that is not in the view may just be opening a new link.
bool channel_service::connected(const member& who) const
{
    if (const auto* known = view_.find(who.connector))
        return known->boot == who.boot;
    return std::ranges::find(view_.dropped, who.life()) == view_.dropped.end();
}

bool channel_service::enrolled(const std::string& connector) const
{
    const auto* one = view_.find(connector);
    const auto found = enrolled_.find(connector);
    return one && found != enrolled_.end() && found->second == one->nonce;
}

bool channel_service::ready() const
{
    if (!view_.ready || !settled_)
        return false;
    return std::ranges::all_of(view_.servers, [this](const protocol::server_info& one) {
        return one.type() != server_kind::connector || enrolled(one.id);
    });
}

bool channel_service::at_rest() const
{
    const auto open = [](const auto& entry) { return entry.second->now == room::state::open; };
    return settled_ && leaving_.size() == 0 && arriving_.empty() && enrolling_.empty() && closing_.empty() &&
           std::ranges::all_of(rooms_, open);
}

std::uint64_t channel_service::unix_ms() const
{
    const auto since = std::chrono::duration_cast<milliseconds>(now_ - ticked_).count();
    return ticked_unix_ms_ + static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
}

room* channel_service::find(const std::string& rid)
{
    const auto found = rooms_.find(rid);
    return found == rooms_.end() ? nullptr : found->second.get();
}

bool channel_service::is_open(const std::string& rid)
{
    const room* r = find(rid);
    return r && r->now == room::state::open;
}

room& channel_service::obtain(const std::string& rid)
{
    auto& slot = rooms_[rid];
    if (!slot)
        slot = std::make_unique<room>(rid, *this, options_.several_sessions_per_user, options_.most_members);
    return *slot;
}

std::size_t channel_service::members() const
{
    std::size_t count = 0;
    for (const auto& [rid, r] : rooms_)
        count += r->members.seats().size();
    return count;
}

void channel_service::on_up(bool fresh, instant now)
{
    now_ = now;
    begun_ = {}; // what we said on the old link may be lost: say it again
    if (!fresh)
        return;
    // Declared dead: our rooms have other owners. What we hold would be a second truth.
    rooms_.clear();
    leaving_.clear();
    whispers_.clear();
    enrolling_.clear();
    arriving_.clear();
    absent_.clear();
    awaited_.clear();
    active_.clear();
    closing_.clear();
    remembering_.clear();
    openings_.clear();
    appends_.clear();
    if (history_.local())
        for (const auto& rid : history_.rooms())
            (void)history_.extract(rid);
}

void channel_service::on_view(const protocol::view& v, instant now)
{
    now_ = now;
    const auto before = std::exchange(view_, v);
    for (const auto& one : v.servers)
        if (const auto* known = before.find(one.id); !known || known->nonce != one.nonce)
            whispers_.on_new_link(one.id, now);
    std::erase_if(enrolling_, [&v](const auto& entry) { return !v.find(entry.first); });
    note_absent();
    if (!v.ready)
        return;
    if (const std::pair generation(v.broker, v.generation); begun_ != generation) {
        begun_ = generation;
        begin_generation();
    }
    begin_opening();
}

void channel_service::on_settled(std::uint64_t generation, instant now)
{
    now_ = now;
    if (generation != view_.generation)
        return;
    settled_ = true;
    leaving_.clear();
    arriving_.clear(); // of one that has gone: what it began to hand over stays incomplete
    begin_opening();
}

// ---- requests

void channel_service::on_room_envelope(const envelope& e, instant now)
{
    now_ = now;
    const std::string rid(e.room);
    room* r = find(rid);
    if (!mine(rid) || (r && r->now == room::state::closing))
        return send_on(e);
    if (!r && refuse_new_room(e))
        return;
    if (!r)
        r = &obtain(rid);
    if (r->now != room::state::open) {
        wait(*r, e);
        return begin_opening(*r);
    }
    serve_(r->members, e, now);
    release(rid);
}

/// True: there are as many rooms as may be, and nobody is in that one. While members may still be on their
/// way here nobody can say so. A notify would be for nobody.
bool channel_service::refuse_new_room(const envelope& e)
{
    if (rooms_.size() < options_.most_rooms || !ready())
        return false;
    ++too_many_rooms_;
    if (e.kind == kind::call)
        answer(caller_of(e), e.room, errc::overloaded, {});
    return true;
}

void channel_service::wait(room& r, const envelope& e)
{
    const auto size = waiting_size(e);
    const bool full = r.waiting_bytes + size > options_.waiting_bytes;
    if (full && e.kind == kind::call) { // a notify is a session's leaving: never refused
        ++overloaded_;
        return answer(caller_of(e), e.room, errc::overloaded, {});
    }
    r.waiting_bytes += size;
    r.waiting.emplace_back(e);
}

void channel_service::serve_waiting(room& r)
{
    r.waiting_bytes = 0;
    for (auto waiting = std::exchange(r.waiting, {}); !waiting.empty(); waiting.pop_front())
        serve_(r.members, waiting.front().get(), now_);
}

void channel_service::release(const std::string& rid)
{
    const room* r = find(rid);
    if (!r || r->now != room::state::open || !r->members.empty() || r->members.busy())
        return;
    if (r->members.remembers()) { // forget_former releases it
        remembering_.try_emplace(rid, now_ + options_.remember);
        return;
    }
    active_.erase(rid);
    remembering_.erase(rid);
    rooms_.erase(rid); // the store remembers its head
}

// ---- turns

void channel_service::on_tick(instant now, std::uint64_t unix_ms)
{
    now_ = now;
    ticked_ = now;
    ticked_unix_ms_ = unix_ms;
    if (absent_.run_out(now))
        remove_absent();
    give_up_awaited();
    whispers_.on_tick(now);
    hurry_closing(now);
    forget_former();
    if (std::exchange(open_again_, false))
        begin_opening();
    if (now - headed_ >= options_.heads_every)
        announce_heads(now);
}

void channel_service::announce_heads(instant now)
{
    constexpr std::size_t most = 5'000; // rooms in one envelope
    headed_ = now;
    std::map<std::string, protocol::heads> per_connector;
    for (auto rid = active_.begin(); rid != active_.end();) {
        const room* r = find(*rid);
        if (!r || r->now != room::state::open || now - r->active > options_.active_for) {
            rid = active_.erase(rid);
            continue;
        }
        for (const auto& connector : r->members.connectors()) {
            auto& list = per_connector[connector];
            list.rooms.push_back({*rid, r->members.at()});
            if (list.rooms.size() == most)
                publish_heads(connector, std::exchange(list, {}));
        }
        ++rid;
    }
    for (const auto& [connector, list] : per_connector)
        publish_heads(connector, list);
}

void channel_service::publish_heads(const std::string& connector, const protocol::heads& list)
{
    const auto body = protocol::pack(list);
    const envelope e{
        .kind = kind::broadcast, .to = {connector}, .route = protocol::channel_heads, .body = body};
    unpublished_ += line_.send(e) ? 0 : 1;
}

void channel_service::end_turn(instant now)
{
    now_ = now;
    flush_appends(); // what a room accepted under its old term comes before its take-over
    flush_openings();
    flush_appends();
    finish_closing();
    if (line_.up() && !owners_.empty())
        leaving_.pump(now);
}

void channel_service::flush_appends()
{
    if (appends_.empty())
        return;
    std::vector<std::pair<std::string, std::uint64_t>> rooms; // room and term of each append
    rooms.reserve(appends_.size());
    for (const auto& a : appends_)
        rooms.emplace_back(a.rid, a.term);
    history_.submit(std::exchange(appends_, {}),
                    [this, rooms = std::move(rooms)](const std::vector<append_outcome>& outcomes) {
                        for (std::size_t i = 0; i < rooms.size(); ++i)
                            on_stored(rooms[i].first, rooms[i].second, outcomes[i]);
                    });
}

void channel_service::on_stored(const std::string& rid, std::uint64_t term, const append_outcome& outcome)
{
    room* r = find(rid);
    if (!r || r->members.at().term != term)
        return; // we were declared dead meanwhile; the sender asks the new owner
    r->members.on_stored(outcome);
    if (outcome.code == errc::moved)
        fence(*r);
    release(rid);
}

/// Another server has taken the room over, as the store says, or a connector that has seen its term: we must
/// have been given up, and not know it yet. A new hello tells. Until then nobody is served here; should the
/// room be ours still, it is opened anew.
void channel_service::fence(room& r)
{
    if (r.now != room::state::open)
        return;
    ++fenced_;
    r.now = room::state::gathering;
    settled_ = false; // nothing is opened before that hello
    line_.renew();
}

// ---- channel_port

void channel_service::answer(const caller& to, std::string_view rid, errc code, std::string_view body)
{
    if (!to.id || rpc_.reply(to.server, to.id, rid, code, body) || !line_.up())
        return; // without a line, the caller will ask again
    ++unanswerable_;
    const bool fits = body.size() <= most_in_body; // the queue is full, that is all
    (void)rpc_.reply(to.server, to.id, rid, fits ? errc::unavailable : errc::too_large, {});
}

void channel_service::publish(const std::vector<std::string>& connectors, const protocol::broadcast& b)
{
    if (room* r = find(b.rid)) {
        r->active = now_;
        active_.insert(b.rid);
    }
    ++broadcasts_;
    const auto body = protocol::pack(b);
    const envelope e{.kind = kind::broadcast,
                     .to = {connectors.begin(), connectors.end()},
                     .room = b.rid,
                     .route = protocol::channel_push,
                     .body = body};
    if (!e.to.empty())
        unpublished_ += line_.send(e) ? 0 : 1; // connectors find the hole by rev
}

void channel_service::deliver(const std::string& rid, const open_request& from, const member& to,
                              const std::string& name, std::string push)
{
    whispers_.start(rid, from, to, name, std::move(push), now_);
}

void channel_service::evict(const std::string& rid, const member& who, std::string_view reason)
{
    ++evicted_;
    const auto body = protocol::pack(protocol::evict{who.boot, who.session, std::string(reason)});
    (void)rpc_.notify_server(who.connector, rid, protocol::evict::route,
                             body); // else its next enroll list does it
}

} // namespace citron::backend
