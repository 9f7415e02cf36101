#include "frontend/session_service.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace citron::frontend {
namespace {

using protocol::package_type;

constexpr milliseconds wheel_step{100};
constexpr milliseconds stall{500}; ///< our own loop stood still that long: clients could not be heard

protocol::frame kick_frame(std::string_view reason, milliseconds retry_after = milliseconds(0))
{
    const auto body = std::string(R"({"reason":")").append(reason).append(retry_json(retry_after));
    return websocket_frame(encode_package(package_type::kick, body));
}

} // namespace

session_service::tally::tally(protocol::counters& counters)
    : opened(counters.at("session.opened")), refused(counters.at("session.refused")),
      closed(counters.at("session.closed")), requests(counters.at("session.requests")),
      ignored(counters.at("session.ignored")), protocol_errors(counters.at("session.protocol_errors")),
      unroutable(counters.at("session.no_such_route")), overloaded(counters.at("session.overloaded")),
      too_large(counters.at("session.too_large")), rate_limited(counters.at("session.rate_limited")),
      crowded_frames(counters.at("limit.packages_per_frame")),
      late_handshakes(counters.at("limit.handshake")), outbox_total(counters.at("limit.outbox_total")),
      answers(counters.at("session.answers")), pushes(counters.at("session.pushes"))
{
}

session_service::session_service(session_options options, session_handler& handler,
                                 protocol::counters& counters)
    : options_(std::move(options)), handler_(handler), counters_(counters), count_(counters),
      gate_(options_.limits, options_.max_sessions, counters), advice_(options_.random),
      handshake_(options_.heartbeat, options_.dictionary),
      heartbeat_(websocket_frame(encode_package(package_type::heartbeat, {}))),
      wheel_(std::max(options_.idle, options_.handshake_deadline), wheel_step)
{
}

// ---- from the shell

session* session_service::open(instant now)
{
    if (sessions_.size() >= options_.max_sessions) {
        ++count_.refused;
        return nullptr;
    }
    ++count_.opened;
    const auto id = ++last_id_;
    auto& s = *(sessions_[id] = std::make_unique<session>(id, options_.outbox_bytes, memory_));
    s.opened = s.heard = now;
    schedule(s, now);
    return &s;
}

bool session_service::locate(session& s, const protocol::ip_address& from, instant now)
{
    const bool admitted = gate_.admit(s, from, now);
    count_.refused += admitted ? 0 : 1;
    return admitted;
}

// A client that is not read for so long must not count as silent.
milliseconds session_service::on_bytes(session& s, std::size_t count, instant now)
{
    return std::min(gate_.hear(s, count, now), options_.idle / 2);
}

void session_service::on_message(session_id id, std::string_view payload, instant now)
{
    session* s = find(id);
    if (!s || s->state == phase::closing)
        return;
    s->heard = now;
    std::size_t packages = 0;
    // The session outlives this loop whatever handlers do: only on_gone forgets it.
    do {
        if (++packages > options_.limits.packages_per_frame) {
            ++count_.crowded_frames;
            return kick(*s, "abuse", now);
        }
        const auto taken =
            payload.empty() ? std::unexpected(protocol::errc::bad_request) : protocol::take_package(payload);
        if (!taken) {
            ++count_.protocol_errors;
            return kick(*s, "protocol", now);
        }
        on_package(*s, *taken, now);
    } while (!payload.empty() && s->state != phase::closing);
}

void session_service::on_control(session_id id, std::string bytes, instant now)
{
    session* s = find(id);
    if (!s || s->state == phase::closing) // we have sent our close frame: nothing follows it
        return;
    const auto code = close_code(bytes);
    const protocol::frame f(std::move(bytes));
    if (code == 0)
        return push(*s, f, now);
    end(*s, {f}, now);
}

void session_service::on_mistake(session_id id, std::uint16_t code, instant now)
{
    session* s = find(id);
    if (!s || s->state == phase::closing)
        return;
    ++count_.protocol_errors;
    end(*s, {kick_frame("protocol"), close_frame(code)}, now);
}

void session_service::on_gone(session_id id, instant now)
{
    session* s = find(id);
    if (!s)
        return;
    end(*s, {}, now);
    if (s->dirty) { // near the end of the list, if not at it: ending has put it there
        const auto last = std::find(dirty_.rbegin(), dirty_.rend(), s);
        if (last != dirty_.rend())
            dirty_.erase(std::next(last).base());
    }
    gate_.forget(*s);
    sessions_.erase(id);
}

void session_service::on_tick(instant now)
{
    if (ticked_ != instant{} && now - ticked_ > stall)
        fresh_ = now;
    ticked_ = now;
    gate_.on_tick(now);
    for (const auto id : wheel_.take_due(now)) {
        session* s = find(id);
        if (!s || s->state == phase::closing)
            continue;
        if (deadline(*s) > now) {
            schedule(*s, now);
            continue;
        }
        count_.late_handshakes += s->state == phase::working ? 0 : 1;
        kick(*s, "heartbeat", now);
    }
    relieve(now);
}

// ---- the client protocol

void session_service::on_package(session& s, const protocol::package& p, instant now)
{
    if (p.type == package_type::kick) { // servers kick
        ++count_.protocol_errors;
        return kick(s, "protocol", now);
    }
    if (p.type == package_type::handshake && s.state == phase::inited)
        return on_handshake(s, p.body, now);
    if (p.type == package_type::handshake_ack && s.state == phase::wait_ack)
        return on_ack(s, now);
    if (p.type == package_type::heartbeat && s.state == phase::working)
        return push(s, heartbeat_, now);
    if (p.type == package_type::data && s.state == phase::working)
        return on_data(s, p.body, now);
    ++count_.ignored; // does not fit the state: Pomelo drops it too
    blame(s, now);
}

void session_service::on_handshake(session& s, std::string_view body, instant now)
{
    const auto welcome = handshake_.answer(body);
    if (!welcome) {
        ++count_.protocol_errors;
        return end(s, {handshake_.refusal(), close_frame(close_normal)}, now);
    }
    s.state = phase::wait_ack;
    push(s, *welcome, now);
}

// Pomelo's server starts the heartbeats; from then on it answers the client's.
void session_service::on_ack(session& s, instant now)
{
    s.state = phase::working;
    push(s, heartbeat_, now);
}

// ---- for handlers

session* session_service::find(session_id id)
{
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second.get();
}

void session_service::push(session& s, const protocol::frame& websocket_frame, instant now)
{
    if (s.state == phase::closing)
        return;
    ++count_.pushes;
    if (!s.out.append(websocket_frame))
        return kick(s, "slow_consumer", now);
    mark_dirty(s);
}

void session_service::kick(session& s, std::string_view reason, instant now)
{
    kick(s, reason, milliseconds(0), now);
}

void session_service::kick(session& s, std::string_view reason, milliseconds spread, instant now)
{
    if (s.state == phase::closing)
        return;
    ++counters_.at(std::string("session.kicked.").append(reason));
    end(s, {kick_frame(reason, advice_.after_kick(reason, spread)), close_frame(close_normal)}, now);
}

void session_service::send_away(session& s, instant now, milliseconds spread)
{
    s.moving = true;
    kick(s, "drain", spread, now);
}

// ---- helpers

void session_service::end(session& s, std::initializer_list<protocol::frame> last_words, instant now)
{
    if (s.state == phase::closing)
        return;
    for (const auto& f : last_words)
        s.out.append_last(f);
    s.state = phase::closing;
    mark_dirty(s);
    ++count_.closed;
    handler_.on_session_closed(s, now);
}

/// Beyond the memory of all outboxes whoever has most to read is ended, with its reason as the next thing to
/// read, until the rest fits. Those who are ending anyway come first.
void session_service::relieve(instant now)
{
    if (memory_.bytes() <= options_.outbox_total_bytes)
        return;
    std::vector<session*> all;
    all.reserve(sessions_.size());
    for (const auto& [id, s] : sessions_)
        all.push_back(s.get());
    std::ranges::sort(all, std::greater(), [](const session* s) {
        return std::pair(s->state == phase::closing, s->out.weight());
    });
    for (session* s : all) {
        if (memory_.bytes() <= options_.outbox_total_bytes)
            return;
        s->out.drop_waiting();
        if (s->state == phase::closing)
            continue;
        ++count_.outbox_total;
        kick(*s, "slow_consumer", now);
    }
}

// Looked at again after one idle time at the latest: the deadline gets shorter when the handshake is done.
void session_service::schedule(session& s, instant now)
{
    wheel_.add(s.id, std::min(deadline(s), now + options_.idle), now);
}

instant session_service::deadline(const session& s) const
{
    if (s.state == phase::working)
        return std::max(s.heard, fresh_) + options_.idle;
    return std::max(s.opened, fresh_) + options_.handshake_deadline;
}

void session_service::mark_dirty(session& s)
{
    if (!std::exchange(s.dirty, true))
        dirty_.push_back(&s);
}

} // namespace citron::frontend
