#include "broker/registry.hpp"

#include "common/protocol/dispatcher.hpp"
#include "common/protocol/envelope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace citron::broker {

using protocol::server_kind;

namespace {

constexpr std::size_t max_id = 200;       // identities and topics must stay below 246 bytes
constexpr std::size_t max_retired = 1000; // replaced links whose late frames are told so
constexpr std::size_t max_topics = 1024;  // subscriptions that wait for their hello
// A forged view number must not make ours overflow, nor use them up in one leap while others are known.
constexpr std::uint64_t max_number = 1ULL << 62U, max_leap = 1ULL << 32U;

bool well_formed(std::string_view id)
{
    const auto harmless = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; };
    return !id.empty() && id.size() <= max_id && std::ranges::all_of(id, harmless);
}

/// Who may own rooms, link by link; nobody while the broker gathers.
auto owning(const protocol::view& v)
{
    std::vector<std::tuple<std::string, std::uint64_t, std::uint64_t>> links;
    for (const auto& server : v.servers)
        if (v.ready && protocol::may_own(v, server))
            links.emplace_back(server.id, server.boot, server.nonce);
    return std::pair(v.ready, links);
}

std::string text_of(const protocol::view& v)
{
    std::vector<std::string_view> ids;
    ids.reserve(v.servers.size());
    for (const auto& server : v.servers)
        ids.push_back(server.id);
    return fmt::format("view number={} generation={} ready={} servers={} dropped={}", v.number, v.generation,
                       v.ready, fmt::join(ids, ","), v.dropped.size());
}

} // namespace

bool registered::in_view() const
{
    const auto kind = info.type();
    return kind != server_kind::tool && !returning && (kind != server_kind::connector || hears_topic());
}

registry::registry(registry_options options, protocol::counters& counters, instant now)
    : options_(std::move(options)), departed_(options_.remember, options_.remember_max),
      gathering_(options_.expected, options_.gather), home_(options_.store_patience), ticked_(now),
      deaths_(counters.at("broker.deaths")), views_(counters.at("broker.views")),
      generations_(counters.at("broker.generations")), settlings_(counters.at("broker.settled")),
      stalls_(counters.at("broker.stalls")), cuts_(counters.at("broker.cut_off")),
      bad_topics_(counters.at("broker.bad_topic"))
{
    view_.broker = options_.nonce;
}

std::string_view registry::objection(std::string_view identity, const protocol::hello& hello,
                                     instant now) const
{
    const auto& self = hello.self;
    const bool known_kind = self.type() >= server_kind::gate && self.type() <= server_kind::tool;
    const bool sound = well_formed(self.id) && self.id != options_.id && self.id != "broker" && known_kind &&
                       self.nonce != 0 && identity == protocol::identity_of(self.id, self.nonce);
    if (!sound)
        return "bad_hello";
    if (retired(identity))
        return "stale";
    const auto named = options_.kinds.find(self.id);
    if (named != options_.kinds.end() && named->second != self.type())
        return "reserved_id";
    const auto* known = find(self.id);
    if (known && known->info.type() != self.type())
        return "duplicate_id";
    if (known && known->info.boot != self.boot && now - known->heard <= options_.silence)
        return "duplicate_id";
    return {};
}

registry::admission registry::admit(std::string_view identity, const protocol::hello& hello, instant now)
{
    if (const auto refusal = objection(identity, hello, now); !refusal.empty())
        return {.refusal = refusal};
    const auto& self = hello.self;
    if (const auto known = peers_.find(self.id);
        known != peers_.end() && known->second.info.boot != self.boot)
        bury(known, "restarted", now);
    const bool fresh = self.type() != server_kind::tool && learn(hello, now);
    auto& peer = peers_[self.id];
    if (peer.identity.size() > 0 && peer.identity.view() != identity) {
        retired_.emplace_back(peer.identity.view());
        if (retired_.size() > max_retired)
            retired_.pop_front();
        end_link(peer);
    }
    link(peer, identity, self, fresh, now);
    refresh(now);
    return {.peer = &peer, .fresh = fresh, .refusal = {}};
}

std::uint64_t registry::believed(std::uint64_t number) const
{
    return std::min(number, view_.ready ? view_.number + max_leap : max_number);
}

bool registry::learn(const protocol::hello& hello, instant now)
{
    const auto self = hello.self.self();
    gathering_.number_above(believed(std::max(hello.floor, hello.newest.number)));
    if (!view_.ready) {
        auto newest = hello.newest;
        newest.number = believed(newest.number);
        if (gathering_.report(newest, now))
            home_.recall(newest);
        departed_.import(gathering_.dead(), now);
        send_back_the_dead();
    }
    // One that knows a view, but whom we do not know, was here or elsewhere before and was given up since.
    const bool forgotten = view_.ready && hello.newest.number != 0 && !peers_.contains(self.id);
    if (forgotten && !departed_.contains(self))
        departed_.add(self, now);
    return departed_.contains(self);
}

void registry::send_back_the_dead()
{
    for (auto& [id, peer] : peers_) {
        if (peer.returning || !departed_.contains(peer.info.self()))
            continue;
        peer.returning = true; // it came before we knew; it must hear that it starts empty
        end_link(peer);
    }
}

void registry::link(registered& peer, std::string_view identity, const protocol::server_info& self,
                    bool fresh, instant now)
{
    const bool draining = self.draining || peer.info.draining; // of this same life, or of none
    peer.info = self;
    peer.info.draining = draining;
    peer.identity = protocol::frame(std::string(identity));
    peer.heard = now;
    peer.returning = fresh;
    if (fresh)
        peer.done = 0;
    if (self.type() == server_kind::connector) {
        peer.topic = protocol::frame(protocol::topic_of(self.id, self.nonce));
        peer.subscribed = std::ranges::find(topics_, peer.topic.view()) != topics_.end();
    }
    links_[std::string(identity)] = &peer;
    notes_.push_back(fmt::format("peer.in id={} kind={} boot={:x} nonce={:x} fresh={}", self.id,
                                 protocol::name_of(self.type()), self.boot, self.nonce, fresh));
}

const registered* registry::by_identity(std::string_view identity) const
{
    const auto found = links_.find(identity);
    return found == links_.end() ? nullptr : found->second;
}

bool registry::retired(std::string_view identity) const
{
    return std::ranges::find(retired_, identity) != retired_.end();
}

const registered* registry::find(std::string_view id) const
{
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : &found->second;
}

const registered* registry::owner_of(std::string_view room) const
{
    const auto index = protocol::pick(room, owners_);
    return index == protocol::npos ? nullptr : find(owners_[index]);
}

void registry::hear(std::string_view identity, const protocol::view_id& known, instant now)
{
    auto& peer = *links_.find(identity)->second;
    peer.heard = now;
    if (!peer.returning || known.broker != options_.nonce)
        return;
    peer.returning = false; // our welcome has arrived: it knows that it starts empty
    departed_.remove(peer.info.self());
    gathering_.returned(peer.info.self());
    refresh(now);
}

bool registry::is_topic(std::string_view topic)
{
    const auto rest = protocol::strip_topic(topic);
    return rest && rest->empty() && topic.front() != '\0' && topic.size() <= max_id + 9;
}

bool registry::subscribe(std::string_view topic, bool subscribed, instant now)
{
    if (!is_topic(topic)) {
        ++bad_topics_;
        return false;
    }
    std::erase(topics_, topic);
    if (subscribed)
        topics_.emplace_back(topic);
    if (topics_.size() > max_topics)
        topics_.pop_front();
    for (auto& [id, peer] : peers_)
        if (peer.topic.view() == topic)
            peer.subscribed = subscribed;
    refresh(now);
    return true;
}

void registry::drain(std::string_view identity, instant now)
{
    links_.find(identity)->second->info.draining = true;
    refresh(now);
}

void registry::leave(std::string_view identity, instant now)
{
    auto& peer = *links_.find(identity)->second;
    notes_.push_back(fmt::format("peer.bye id={}", peer.info.id));
    end_link(peer);
    peers_.erase(peers_.find(peer.info.id));
    refresh(now);
}

void registry::done(std::string_view identity, std::uint64_t generation)
{
    links_.find(identity)->second->done = generation;
    settle();
}

void registry::cut(std::string_view identity, instant now)
{
    const auto found = links_.find(identity);
    if (found == links_.end())
        return;
    ++cuts_;
    notes_.push_back(fmt::format("peer.cut_off id={}", found->second->info.id));
    end_link(*found->second);
    refresh(now);
}

void registry::cut_topic(std::string_view topic, instant now)
{
    const auto has_topic = [&](const auto& entry) { return entry.second.topic.view() == topic; };
    const auto found = std::ranges::find_if(peers_, has_topic);
    if (found != peers_.end())
        cut(std::string(found->second.identity.view()), now);
}

void registry::end_link(registered& who)
{
    if (who.identity.size() == 0)
        return;
    links_.erase(std::string(who.identity.view()));
    for (auto* ended : {&who.identity, &who.topic})
        if (ended->size() > 0)
            ended_.emplace_back(std::exchange(*ended, {}).view());
    who.subscribed = false;
}

void registry::bury(table::iterator who, std::string_view why, instant now)
{
    auto& peer = who->second;
    const auto silent = std::chrono::duration_cast<milliseconds>(now - peer.heard);
    notes_.push_back(fmt::format("peer.dead id={} why={} silent_ms={}", peer.info.id, why, silent.count()));
    if (peer.info.type() != server_kind::tool) {
        ++deaths_;
        departed_.add(peer.info.self(), now);
    }
    end_link(peer);
    peers_.erase(who);
}

bool registry::holds_up(const registered& who) const
{
    const bool moving = view_.ready && view_.generation != 0 && settled_ != view_.generation;
    return moving && who.info.type() == server_kind::chat && who.in_view() && who.done != view_.generation;
}

bool registry::overdue(const registered& who, instant now) const
{
    const auto silent = now - who.heard;
    return silent > options_.silence || (silent > options_.holder_silence && holds_up(who));
}

void registry::tick(instant now)
{
    const bool stalled = now - ticked_ > options_.stall;
    ticked_ = now;
    if (stalled) {
        ++stalls_;
        for (auto& [id, peer] : peers_)
            peer.heard = now;
    }
    for (auto it = peers_.begin(); it != peers_.end();) {
        const auto candidate = it++;
        if (overdue(candidate->second, now))
            bury(candidate, "silent", now);
    }
    refresh(now);
}

void registry::refresh(instant now)
{
    auto next = view_;
    next.servers.clear();
    for (const auto& [id, peer] : peers_)
        if (peer.in_view())
            next.servers.push_back(peer.info);
    if (!next.ready && gathering_.over(next.servers, now)) {
        next.ready = true;
        for (const auto& away : gathering_.missing(next.servers))
            if (const auto* peer = find(away.id); !peer || peer->info.boot != away.boot)
                departed_.add(away, now);
    }
    if (next.ready)
        next.store = home_.choose(next.servers, now);
    next.dropped = departed_.list();
    if (next != view_) {
        next.number = std::max(view_.number, gathering_.highest()) + 1;
        adopt(std::move(next));
    }
    settle();
}

void registry::adopt(protocol::view next)
{
    ++views_;
    if (owning(next) != owning(view_)) {
        ++generations_;
        next.generation = next.number;
    }
    note_strangers(next);
    view_ = std::move(next);
    owners_ = view_.ready ? protocol::owners(view_) : std::vector<std::string>{};
    notes_.push_back(text_of(view_));
}

/// Chat servers whose history is not the rooms' own: news if they come, or if it changes.
void registry::note_strangers(const protocol::view& next)
{
    for (const auto& one : next.servers) {
        const bool strange = next.ready && one.type() == server_kind::chat && one.store != next.store;
        if (strange && (!view_.find(one.id) || view_.store != next.store))
            notes_.push_back(
                fmt::format("peer.owns_no_rooms id={} store={} rooms_in={}", one.id, one.store, next.store));
    }
}

void registry::settle()
{
    if (!view_.ready || view_.generation == 0 || settled_ == view_.generation)
        return;
    for (const auto& [id, peer] : peers_)
        if (peer.info.type() == server_kind::chat && peer.in_view() && peer.done != view_.generation)
            return;
    settled_ = view_.generation;
    ++settlings_;
    notes_.push_back(fmt::format("generation.settled number={}", settled_));
}

} // namespace citron::broker
