// PURE. All clients of this process: the Pomelo protocol state machine, heartbeats, answers, pushes, kicks.
//
// The shell (listener, websocket) feeds in WebSocket messages and flushes the outboxes of the sessions that
// are dirty; a handler (gate, connector) serves the requests.
#pragma once

#include "common/protocol/counters.hpp"
#include "common/protocol/errc.hpp"
#include "common/protocol/frame.hpp"
#include "common/protocol/package.hpp"
#include "common/runtime/limits.hpp"
#include "frontend/gatekeeper.hpp"
#include "frontend/handshake.hpp"
#include "frontend/retry_advice.hpp"
#include "frontend/session.hpp"
#include "frontend/websocket_frame.hpp"
#include "frontend/wheel.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace citron::frontend {

/// A client's request or notify, decoded up to its body.
struct request
{
    std::uint32_t id = 0;   ///< 0: a notify; nobody waits for an answer
    std::string_view route; ///< never empty; compressed routes are already spelled out
    std::string_view body;  ///< the client's JSON; borrowed for the duration of the call
};

/// What a frontend does with its clients. Called from within session_service::on_*.
class session_handler
{
public:
    virtual ~session_handler() = default;
    /// Answer now or later with respond / refuse. Unknown routes are the handler's to refuse.
    virtual void on_request(session& s, const request& r, instant now) = 0;
    /// Exactly once per session that was opened, whoever ended it; `s` dies when its socket is gone.
    virtual void on_session_closed(session& s, instant now) = 0;
    /// Outboxes are about to be flushed: what was gathered for many sessions must be pushed now.
    virtual void on_flush() {}
};

struct session_options
{
    milliseconds heartbeat{10'000};             ///< told to clients in the handshake, in seconds
    milliseconds idle{20'000};                  ///< closed after so long without any data
    milliseconds handshake_deadline{20'000};    ///< from the accept to the handshake ack
    std::size_t max_message = 1U << 20U;        ///< body bytes of one client message
    std::size_t outbox_bytes = 8U << 20U;       ///< of one session
    std::size_t outbox_total_bytes = 1U << 30U; ///< of all, as outbox_memory counts
    std::size_t max_sessions = 18'000;
    std::size_t in_flight = 1024; ///< requests of one session not answered yet
    std::size_t in_flight_bytes = 4U << 20U;
    runtime::limits_config limits;         ///< but for its handshake, which is handshake_deadline here
    std::function<std::uint64_t()> random; ///< spreads those who come back; without it nobody is told when
    std::vector<std::string>
        dictionary; ///< client routes that may be compressed; numbered from 1 in sorted order
};

class session_service
{
public:
    session_service(session_options options, session_handler& handler, protocol::counters& counters);

    // ---- from the shell
    /// A WebSocket was accepted. nullptr: too many sessions (close it). The pointer lives until on_gone.
    [[nodiscard]] session* open(instant now);
    /// Where its client is, as soon as that is known; once. False: too many connections from there; turn it
    /// away, and tell on_gone.
    [[nodiscard]] bool locate(session& s, const protocol::ip_address& from, instant now);
    /// So many bytes have come from its client: for so long no more should be read, by "bytesPerSecond".
    [[nodiscard]] milliseconds on_bytes(session& s, std::size_t count, instant now);
    /// One WebSocket message: one or several packages. Malformed ones end the session with kick
    /// {"reason":"protocol"}.
    void on_message(session_id id, std::string_view payload, instant now);
    /// What the WebSocket layer itself has to say (upgrade answer, pong, close): queued in its order among
    /// our frames. A close frame ends the session.
    void on_control(session_id id, std::string bytes, instant now);
    /// The client has broken the WebSocket protocol: ends the session with kick {"reason":"protocol"} and a
    /// close frame with `code`.
    void on_mistake(session_id id, std::uint16_t code, instant now);
    /// The socket has closed, or the shell closed it after flushing a closing session. Forgets the session.
    void on_gone(session_id id, instant now);
    /// Every 100 ms or so: heartbeats and deadlines, by one wheel; and what all outboxes hold.
    void on_tick(instant now);
    /// Calls flush(session&) once for each session with something in its outbox, or newly closing. It may
    /// forget that session, but no other. False: there was none.
    template <typename Flush>
    bool flush_dirty(Flush&& flush)
    {
        handler_.on_flush();
        dirty_.swap(flushing_);
        for (session* s : flushing_) {
            s->dirty = false;
            flush(*s);
        }
        const bool some = !flushing_.empty();
        flushing_.clear();
        return some;
    }

    // ---- for handlers
    [[nodiscard]] session* find(session_id id);
    /// Answers request `id` (nothing is sent for id 0) and releases its place in flight.
    void respond(session& s, std::uint32_t id, std::string_view json, std::size_t request_bytes, instant now);
    /// {"code":500,"reason":...}, plus "error":true for duplicate_user. What a client must have known to be
    /// wrong counts as abuse; who abuses too often is kicked.
    void refuse(session& s, std::uint32_t id, protocol::errc why, std::size_t request_bytes, instant now);
    /// The session acts for `user` from now on: its limits are shared with that user's other sessions here.
    void identify(session& s, const std::string& user) { gate_.identify(s, user); }
    /// Appends a whole WebSocket frame (see websocket_frame); a full outbox ends the session as
    /// slow_consumer.
    void push(session& s, const protocol::frame& websocket_frame, instant now);
    /// Tells why (kick package {"reason"}), then closes; on_session_closed is called at once, and only once.
    void kick(session& s, std::string_view reason, instant now);
    /// Kicks with "drain": this server is ending, and the client should go to another one, at some moment
    /// within `spread`.
    void send_away(session& s, instant now, milliseconds spread = milliseconds(0));
    /// When somebody should come back who is not let in.
    [[nodiscard]] std::chrono::seconds retry_at_the_door() const { return advice_.at_the_door(); }
    /// Calls visit(session&) for each that has not ended. It may kick, but not open or forget a session.
    template <typename Visit>
    void visit(Visit&& visit)
    {
        for (auto& [id, s] : sessions_)
            if (s->state != phase::closing)
                visit(*s);
    }
    [[nodiscard]] std::size_t size() const { return sessions_.size(); }
    /// Of all outboxes; what several share counts once.
    [[nodiscard]] std::size_t queued_bytes() const { return memory_.bytes(); }

private:
    struct tally
    {
        explicit tally(protocol::counters& counters);
        std::uint64_t &opened, &refused, &closed, &requests, &ignored, &protocol_errors, &unroutable,
            &overloaded, &too_large, &rate_limited, &crowded_frames, &late_handshakes, &outbox_total,
            &answers, &pushes;
    };

    void on_package(session& s, const protocol::package& p, instant now);
    void on_handshake(session& s, std::string_view body, instant now);
    void on_ack(session& s, instant now);
    void on_data(session& s, std::string_view body, instant now);
    void serve(session& s, const request& r, instant now);
    [[nodiscard]] protocol::errc judge(const session& s, const request& r);
    void turn_down(session& s, std::uint32_t id, protocol::errc why, milliseconds wait, instant now);
    void blame(session& s, instant now);

    void kick(session& s, std::string_view reason, milliseconds spread, instant now);
    void answer(session& s, std::uint32_t id, std::string_view json, instant now);
    void end(session& s, std::initializer_list<protocol::frame> last_words, instant now);
    void relieve(instant now);
    void schedule(session& s, instant now);
    [[nodiscard]] instant deadline(const session& s) const;
    void mark_dirty(session& s);

    session_options options_;
    session_handler& handler_;
    protocol::counters& counters_;
    tally count_;
    gatekeeper gate_;
    retry_advice advice_;
    handshake handshake_;
    protocol::frame heartbeat_;
    wheel wheel_;
    outbox_memory memory_;
    std::unordered_map<session_id, std::unique_ptr<session>> sessions_;
    std::vector<session*> dirty_, flushing_; ///< both keep their memory
    session_id last_id_ = 0;
    instant ticked_{}; ///< last on_tick
    instant fresh_{};  ///< our own loop stood still until then: no silence before it counts
};

/// {"code":500,"reason":...}, plus "error":true for duplicate_user: what a client reads of an errc.
/// `retry_after`: told in ms, unless 0.
[[nodiscard]] std::string refusal_json(protocol::errc why, milliseconds retry_after = milliseconds(0));

} // namespace citron::frontend
