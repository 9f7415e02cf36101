#include "frontend/connector/room_service.hpp"

#include "common/protocol/json.hpp"
#include "frontend/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace citron::frontend {

using protocol::added;
using protocol::member;
using protocol::result;

room_service::room_service(room_options options, cluster::peer& line, cluster::rpc& rpc,
                           session_service& sessions, protocol::counters& counters)
    : options_(std::move(options)), line_(line), rpc_(rpc), sessions_(sessions),
      calls_(options_.calls, rpc, counters),
      feed_(options_.feed, index_, calls_, sessions, counters,
            [this](const std::string& rid, const std::vector<session_id>& taken, instant now) {
                for (const auto id : taken)
                    evict(rid, id, "name_taken", now);
            }),
      entered_(counters.at("room.entered")), join_again_(counters.at("room.join_again")),
      left_(counters.at("room.left")), enrollments_(counters.at("room.enrollments")),
      delivered_(counters.at("whisper.delivered")), redelivered_(counters.at("whisper.repeats")),
      evicted_(counters.at("room.evicted")), undecodable_(counters.at("room.undecodable")),
      holes_(counters.at("send.holes")), not_allowed_(counters.at("send.not_allowed")),
      crowded_(counters.at("limit.rooms_per_connection")),
      connector_crowded_(counters.at("limit.rooms_per_connector"))
{
    calls_.on_hole(std::bind_front(&room_service::on_hole, this));
    calls_.on_repeat(std::bind_front(&room_service::on_repeat, this));
}

// ---- entering and leaving

member room_service::member_of(const place& p) const
{
    const auto found = identities_.find(p.client->id);
    const bool known = found != identities_.end();
    return {.user = p.user,
            .connector = line_.self().id,
            .boot = line_.self().boot,
            .session = p.client->id,
            .key = known ? found->second.key_hash : std::string{},
            .joined = p.joined,
            .next = p.low(),
            .sent = p.next_send - 1,
            .stay = p.serial,
            .opened = known ? found->second.opened : 0,
            .stamp = known ? found->second.key.stamp : 0};
}

std::uint64_t room_service::unix_ms(instant at) const
{
    const auto since = std::chrono::duration_cast<milliseconds>(at - ticked_).count();
    return ticked_unix_ms_ + static_cast<std::uint64_t>(since); // earlier times wrap around, and back again
}

void room_service::enter(session& s, const entry& wanted, reply done, instant now)
{
    if (crowded(s, options_.rooms_per_connection + 1)) // one more until the others are left
        return done(std::unexpected(errc::overloaded), now);
    ask_in(s, wanted, others::leave, std::move(done), now);
}

void room_service::join(session& s, entry wanted, reply done, instant now)
{
    const auto known = identities_.find(s.id);
    if (known == identities_.end() || known->second.user.empty())
        return done(std::unexpected(errc::not_entered), now);
    if (crowded(s, options_.rooms_per_connection))
        return done(std::unexpected(errc::overloaded), now);
    if (wanted.grant && wanted.grant->user != known->second.user)
        return done(std::unexpected(errc::forbidden), now);
    wanted.user = known->second.user;
    ask_in(s, wanted, others::keep, std::move(done), now);
}

/// No further place for it, and counted.
bool room_service::crowded(const session& s, std::size_t most)
{
    const bool connector = index_.told_bytes() >= options_.told_bytes;
    const bool connection = index_.places(s.id).size() >= most;
    connector_crowded_ += connector ? 1 : 0;
    crowded_ += connection ? 1 : 0;
    return connector || connection;
}

void room_service::ask_in(session& s, const entry& wanted, others rest, reply done, instant now)
{
    const turn current(*this, now);
    if (index_.find(s.id, wanted.rid))
        return done(std::unexpected(errc::duplicate_user), now);
    auto& who = identities_[s.id];
    who.opened = who.opened ? who.opened : unix_ms(s.opened);
    const bool anew = rest == others::leave && index_.places(s.id).empty(); // no owner knows its key
    if (who.key.empty() || (anew && !wanted.key.empty() && wanted.key.secret != who.key.secret))
        identify(who, wanted.key);
    auto& p = index_.add(s, wanted.rid, wanted.user);
    who.whispers.restore(p);
    p.next_send = who.next_send; // a number names a send of this session, also when it left and came back
    ask_owner(p, wanted, rest, std::move(done), now + options_.request_timeout, now);
}

/// Its key is the one that it has presented, or a new one.
void room_service::identify(identity& who, const resume_key& presented)
{
    who.key = {.secret = presented.empty()
                             ? fmt::format("{:016x}{:016x}", options_.random(), options_.random())
                             : presented.secret,
               .stamp = presented.next_stamp(who.opened)};
    who.key_hash = sha256_hex(who.key.secret);
}

void room_service::ask_owner(place& p, const entry& wanted, others rest, reply done, instant deadline,
                             instant now)
{
    const protocol::add body{.who = member_of(p),
                             .resume = wanted.resume,
                             .since_epoch = wanted.epoch,
                             .since_offset = wanted.offset};
    p.join_call = calls_.start(
        {.room = wanted.rid,
         .route = protocol::add::route,
         .body = protocol::pack(body),
         .deadline = deadline,
         .bulky = wanted.resume,
         .client = p.client->id},
        [this, id = p.client->id, wanted, serial = p.serial, rest, done = std::move(done),
         deadline](const cluster::answer& a, instant at) {
            on_entered(id, wanted, serial, rest, done, deadline, a, at);
        },
        now);
}

void room_service::on_entered(session_id id, const entry& wanted, std::uint64_t serial, others rest,
                              const reply& done, instant deadline, const cluster::answer& a, instant now)
{
    const turn current(*this, now);
    place* p = index_.find(id, serial);
    if (!p)
        return; // its session has closed, and has told the owner so
    const auto answer = a.code == errc::ok ? protocol::unpack<added>(a.body) : std::unexpected(a.code);
    if (!answer) {
        leave(*p); // another try, or one that nobody answered, may have let it in: harmless if not
        return done(std::unexpected(answer.error()), now);
    }
    if (!feed_.can_join(*p->in, answer->at)) {
        ++join_again_;
        return ask_owner(*p, wanted, rest, done, deadline, now);
    }
    ++entered_;
    identities_[id].user = p->user;
    p->client->grant = wanted.grant;
    sessions_.identify(*p->client, p->user);
    done(entry_answer(*answer, wanted, identities_[id].key), now);
    feed_.on_joined(*p, *answer, now);
    if (rest == others::leave)
        leave_earlier(id, serial, now);
}

void room_service::leave(place& p, bool moving)
{
    ++left_;
    const auto body = protocol::pack(protocol::kick{member_of(p), moving});
    if (!rpc_.notify_room(p.in->rid, protocol::kick::route, body))
        line_.renew(); // the enroll list on the new line says it
    calls_.cancel(p.join_call);
    if (const auto known = identities_.find(p.client->id); known != identities_.end())
        known->second.whispers.keep(p);
    index_.remove(p);
}

result<std::string> room_service::leave(session& s, const std::string& rid, instant now)
{
    const turn current(*this, now);
    place* p = index_.find(s.id, rid);
    if (!p || p->joining)
        return std::unexpected(errc::not_entered);
    leave(*p);
    return "{}";
}

void room_service::leave_earlier(session_id id, std::uint64_t serial, instant now)
{
    std::vector<place*> earlier; // places() changes under the loop
    for (const auto& p : index_.places(id))
        if (p->serial < serial)
            earlier.push_back(p.get());
    for (auto* p : earlier) {
        if (p->joining) // it was asked for before, and is answered later: the client has chosen otherwise
            calls_.fail(p->join_call, errc::not_entered, now);
        else
            leave(*p);
    }
}

void room_service::on_session_closed(session& s, instant now)
{
    closed_.push_back(&s);
    if (depth_ == 0)
        bury(now);
}

void room_service::bury(instant)
{
    for (const auto* s : std::exchange(closed_, {})) {
        while (!index_.places(s->id).empty())
            leave(*index_.places(s->id).front(), s->moving);
        calls_.drop_pages(s->id);
        identities_.erase(s->id);
    }
}

// ---- requests

errc room_service::may(const place& p, protocol::right needed, instant now)
{
    const auto* grant = p.client->grant.get();
    const auto why = grant ? grant->judge(needed, p.user, p.in->rid, unix_ms(now)) : errc::ok;
    not_allowed_ += why != errc::ok;
    return why;
}

void room_service::forward(session& s, const protocol::client_route& route, std::string_view body, reply done,
                           instant now)
{
    const turn current(*this, now);
    const auto meant = index_.meant(s.id, body);
    if (!meant)
        return done(std::unexpected(meant.error()), now);
    place& p = **meant;
    if (const auto why = may(p, route.needs, now); why != errc::ok)
        return done(std::unexpected(why), now);
    if (calls_.full(body.size()))
        return done(std::unexpected(errc::overloaded), now);
    const auto number = route.numbered ? p.next_send : 0;
    const auto& self = line_.self();
    const protocol::client_request request{
        .who = {.user = p.user, .connector = self.id, .boot = self.boot, .session = s.id, .stay = p.serial},
        .number = number,
        .low = p.low(),
        .answered = p.answered_before(number),
        .body = {std::string(body)}};
    auto answered = [this, client = s.id, serial = p.serial, number,
                     done = std::move(done)](const cluster::answer& a, instant at) {
        on_answered(client, serial, number, done, a, at);
    };
    const auto id = calls_.start({.room = p.in->rid,
                                  .route = route.route,
                                  .body = protocol::pack(request),
                                  .deadline = now + options_.request_timeout,
                                  .repeatable = route.numbered || route.repeatable,
                                  .bulky = route.bulky,
                                  .client = s.id},
                                 std::move(answered), now);
    if (!route.numbered)
        return;
    auto& used = identities_[s.id].next_send;
    used = std::max(used, ++p.next_send);
    p.sends.emplace_hint(p.sends.end(), number, id);
}

void room_service::on_answered(session_id client, std::uint64_t serial, std::uint64_t number,
                               const reply& done, const cluster::answer& a, instant now)
{
    const turn current(*this, now);
    if (place* from = number ? index_.find(client, serial) : nullptr)
        from->sends.erase(number);
    done(a.code == errc::ok ? result<std::string>(a.body) : std::unexpected(a.code), now);
}

/// The owner has not seen an earlier send of this session: a link lost it. From there on, all are sent again.
void room_service::on_hole(room_calls::call_id id, session_id client, std::uint64_t wanted, instant now)
{
    ++holes_;
    place* p = index_.sender(client, id);
    if (!p) // left meanwhile: the earlier ones are not sent again
        return calls_.fail(id, errc::not_entered, now);
    if (now - p->resent < options_.calls.retry)
        return; // just done: their answers are on the way
    p->resent = now;
    for (auto sent = p->sends.lower_bound(wanted); sent != p->sends.end(); ++sent)
        calls_.resend(sent->second, now);
}

/// The next owner does not know what the former one has answered since this send was made.
void room_service::on_repeat(room_calls::call_id id, session_id client, std::string& body)
{
    const place* p = index_.sender(client, id);
    auto request = p ? protocol::unpack<protocol::client_request>(body) : std::unexpected(errc::not_entered);
    if (!request)
        return;
    request->low = p->low();
    request->answered = p->answered_before(request->number);
    body = protocol::pack(*request);
}

void room_service::on_tick(instant now, std::uint64_t unix_ms)
{
    const turn current(*this, now);
    ticked_ = now;
    ticked_unix_ms_ = unix_ms;
    calls_.on_tick(now);
    feed_.on_tick(now);
}

} // namespace citron::frontend
