#include "backend/channel.hpp"

#include "common/protocol/package.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace citron::backend {

using protocol::added;
using protocol::client_request;
using protocol::event;
using protocol::member;
using protocol::result;

channel::channel(std::string rid, channel_port& port, bool several_sessions_per_user)
    : rid_(std::move(rid)), port_(port), several_(several_sessions_per_user)
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
    const auto taken = seats_.insert(before, seat{std::move(who), {}});
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
        update(who);            // it left, and only its coming back arrived
        return welcome(*again); // or a repeat of a request whose answer was lost
    }
    (void)leave(who); // under another name: its leaving was lost
    const auto holder = by_user(who.user, who.key);
    if (holder != seats_.end()) {
        if (who.opened < holder->who.opened)
            return std::unexpected(errc::duplicate_user); // of a connection that the client has given up
        const auto before = holder->who;
        const auto behind = std::next(holder);
        who.joined = before.joined;
        remove(holder); // the same client on a new connection: nobody else notices
        forget_session(before);
        if (port_.connected(before))
            port_.evict(rid_, before, "replaced");
        const auto moved = insert(std::move(who), behind);
        return welcome(*moved);
    }
    if (!yields(who))
        return std::unexpected(errc::duplicate_user);
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
    if (port_.connected(holder->who))
        return false;
    const auto gone = holder->who; // its connection is gone: the name yields
    forget_session(gone);
    return leave(gone);
}

/// Somebody has its place: should its connector come back with it, it is ended.
void channel::forget_session(const member& who)
{
    constexpr std::size_t most = 256;
    replaced_.push_back(key_of(who));
    if (replaced_.size() > most)
        replaced_.pop_front();
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

bool channel::seat_silently(member who, send_list sends)
{
    if (by_session(who) != seats_.end())
        return false;
    const auto holder = several_ ? by_user(who.user, who.key) : by_user(who.user);
    if (holder != seats_.end()) {
        const bool same_client = !who.key.empty() && holder->who.key == who.key;
        const bool yields = same_client ? holder->who.opened < who.opened : !port_.connected(holder->who);
        if (!yields)
            return false;
        displaced_.push_back(holder->who); // the name stays in the room: nobody is told
        forget_session(holder->who);
        remove(holder);
    }
    const auto taken = insert(std::move(who), seats_.end());
    restore(*taken, std::move(sends));
    return true;
}

bool channel::reenroll(member who)
{
    const bool replaced = std::ranges::find(replaced_, key_of(who)) != replaced_.end();
    if (replaced || !yields(who))
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

/// What the room adds to a message (`known`), and the answer its sender gets: the same, plus a `route` if it
/// named one.
std::string channel::stamp(const backend_session& from, json_writer& chat,
                           std::initializer_list<protocol::json_member> known)
{
    json_writer answer(known);
    chat.add(known);
    if (const auto cid = from.text("cid"); !cid.empty())
        chat.add("cid", cid);
    if (const auto route = from.text("route"); !route.empty())
        answer.add("route", route);
    return std::move(answer).close();
}

void channel::publish(const backend_session& from, json_writer chat)
{
    auto at = at_;
    at.offset = ++assigned_;
    const auto time = next_time();
    auto answer = stamp(from, chat, {{"offset", at.offset}, {"epoch", at.epoch}, {"time", time}});
    auto json = std::move(chat).close();
    storing_.push_back(
        {from.to_answer_later(), at.offset, protocol::encode_push("onChat", json), std::move(answer)});
    protocol::message stored{.offset = at.offset, .time = time, .push = {std::move(json)}};
    port_.keep(rid_, std::move(at), std::move(stored));
}

void channel::on_stored(errc code)
{
    auto done = std::move(storing_.front());
    storing_.pop_front();
    if (code != errc::ok) {
        if (storing_.empty())
            assigned_ = at_.offset; // whatever follows begins where the store stands
        return finish(done.from, code);
    }
    at_.offset = done.offset;
    // The answer first, on the same ordered path: who sees the broadcast knows that the answer is ahead of
    // any view.
    finish(done.from, errc::ok, done.answer);
    ++at_.rev;
    port_.publish(connectors_, {.rid = rid_,
                                .at = at_,
                                .what = static_cast<std::uint8_t>(event::chat),
                                .user = {},
                                .push = {std::move(done.push)}});
}

void channel::whisper(const backend_session& from, const std::string& user, json_writer chat)
{
    const auto [first, last] = by_user_.equal_range(user);
    if (first == last)
        return finish(from, errc::no_such_user);
    const auto answer = stamp(from, chat, {{"time", next_time()}});
    const auto push = protocol::encode_push("onChat", std::move(chat).close());
    std::vector<member> targets;
    std::transform(first, last, std::back_inserter(targets),
                   [](const auto& entry) { return entry.second->who; });
    const auto sender = from.to_answer_later();
    whispering_.insert_or_assign({sender.who, sender.number}, whispered_to{targets.size()});
    for (const auto& to : targets)
        port_.deliver(rid_, sender, to, push, answer);
}

void channel::whispered(const open_request& from, errc code, std::string_view answer)
{
    const auto found = whispering_.find({from.who, from.number});
    if (found == whispering_.end())
        return;
    auto& w = found->second;
    if (code == errc::ok || w.outcome != errc::ok) {
        w.outcome = code;
        w.answer = answer;
    }
    if (--w.left > 0)
        return;
    const auto ended = std::move(w);
    whispering_.erase(found);
    finish(from, ended.outcome, ended.answer);
}

void channel::signal(const backend_session& from, json_writer push)
{
    announce(event::signal, from.who.user, "onSignal", std::move(push), connectors_);
    finish(from, errc::ok, "{}");
}

// ---- numbered sends

channel::admission channel::admit(seat& from, const client_request& request, const caller& reply_to)
{
    from.who.next = std::max(from.who.next, request.low); // below that all is answered, if not by us
    while (!from.sends.empty() && from.sends.front().number < request.low)
        from.sends.pop_front();
    if (request.number > from.who.next)
        return admission::hole;
    if (request.number == from.who.next) {
        from.sends.push_back({request.number, reply_to, std::nullopt});
        ++from.who.next;
        return admission::next;
    }
    const auto first = std::ranges::find(from.sends, request.number, &seat::send::number);
    if (first == from.sends.end())
        return admission::past;
    first->reply_to = reply_to;
    if (first->answer)
        port_.answer(reply_to, rid_, first->answer->first, first->answer->second);
    return admission::repeat;
}

/// Of a member, or of one that is remembered; nullptr: of neither.
send_list* channel::sends_of(const session_ref& who)
{
    if (const auto s = by_session(who); s != seats_.end())
        return &s->sends;
    const auto former = former_.find(key_of(who));
    return former == former_.end() ? nullptr : &former->second;
}

void channel::finish(const session_ref& who, std::uint64_t number, const caller& reply_to, errc code,
                     std::string_view body)
{
    const auto* waits = &reply_to;
    if (auto* sends = number ? sends_of(who) : nullptr) {
        const auto sent = std::ranges::find(*sends, number, &seat::send::number);
        if (sent != sends->end()) {
            sent->answer.emplace(code, body);
            waits = &sent->reply_to; // of its last try
        }
    }
    port_.answer(*waits, rid_, code, body);
}

} // namespace citron::backend
