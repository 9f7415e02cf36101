// PURE. Our sessions and their rooms: entering, leaving, sending, and telling new owners who is here.
#pragma once

#include "common/cluster/peer.hpp"
#include "common/cluster/rpc.hpp"
#include "common/protocol/client_routes.hpp"
#include "frontend/connector/entry.hpp"
#include "frontend/connector/room_calls.hpp"
#include "frontend/connector/room_feed.hpp"
#include "frontend/connector/room_index.hpp"
#include "frontend/session_service.hpp"

#include <functional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace citron::frontend {

struct room_options
{
    std::size_t rooms_per_connection = 100;
    /// Of all places, as room_index::told_bytes: a new owner must be told of them within the line's
    /// peer_options::queue_bytes.
    std::size_t told_bytes = 48U << 20U;
    milliseconds request_timeout{10'000};
    room_call_options calls;
    feed_options feed;
    std::function<std::uint64_t()> random; ///< for resume keys; unpredictable in production
};

/// The JSON for the client, or why not. Called exactly once.
using reply = std::function<void(protocol::result<std::string>, instant)>;

class room_service
{
public:
    room_service(room_options options, cluster::peer& line, cluster::rpc& rpc, session_service& sessions,
                 protocol::counters& counters);

    // ---- for handlers
    /// Asks the room's owner to let the session in. When it has, the session leaves the rooms it entered
    /// before; when it is refused, everything stays as it was.
    void enter(session& s, const entry& wanted, reply done, instant now);
    /// One more room, under the name that the session entered with last; not_entered before, forbidden with
    /// the token of another.
    void join(session& s, entry wanted, reply done, instant now);
    /// The answer: {}, or not_entered when the session is not in that room.
    [[nodiscard]] protocol::result<std::string> leave(session& s, const std::string& rid, instant now);
    /// Hands a client's request to the owner of its room, if the session's token lets it.
    void forward(session& s, const protocol::client_route& route, std::string_view body, reply done,
                 instant now);

    // ---- for the connector
    void on_down(instant now);
    void on_view(const protocol::view& v, instant now);
    void on_broadcast(const protocol::envelope& e, instant now);
    void on_reply(const protocol::envelope& e, instant now);
    /// Calls and notifies of owners: state, deliver, evict. False: no such route.
    bool on_remote(const protocol::envelope& e, instant now);
    void on_session_closed(session& s, instant now);
    /// Outboxes are about to be flushed.
    void on_flush()
    {
        const turn current(*this, ticked_); // a member whose outbox is full ends
        feed_.show_runs();
    }
    /// `unix_ms`: the wall clock.
    void on_tick(instant now, std::uint64_t unix_ms);

    [[nodiscard]] const room_index& index() const { return index_; }
    [[nodiscard]] std::size_t waiting() const { return calls_.size(); }

private:
    enum class others
    {
        leave,
        keep
    };
    struct identity
    {
        std::string user, key_hash;
        resume_key key;
        std::uint64_t next_send = 1; ///< beyond every number that a send of this session had, in any room
        std::uint64_t opened = 0;    ///< ms since 1970
        left_whispers whispers;
    };

    /// While one is alive, sessions that end keep their places: whoever walks over members may go on.
    class turn
    {
    public:
        turn(room_service& service, instant now) : service_(service), now_(now) { ++service_.depth_; }
        ~turn()
        {
            if (--service_.depth_ == 0)
                service_.bury(now_);
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;

    private:
        room_service& service_;
        instant now_;
    };

    [[nodiscard]] protocol::member member_of(const place& p) const;
    [[nodiscard]] bool crowded(const session& s, std::size_t most);
    void identify(identity& who, const resume_key& presented);
    void ask_in(session& s, const entry& wanted, others rest, reply done, instant now);
    void ask_owner(place& p, const entry& wanted, others rest, reply done, instant deadline, instant now);
    [[nodiscard]] std::uint64_t unix_ms(instant at) const;
    void on_entered(session_id id, const entry& wanted, std::uint64_t serial, others rest, const reply& done,
                    instant deadline, const cluster::answer& a, instant now);
    void leave(place& p, bool moving = false);
    void leave_earlier(session_id id, std::uint64_t serial, instant now);
    void on_answered(session_id client, std::uint64_t serial, std::uint64_t number, const reply& done,
                     const cluster::answer& a, instant now);
    /// What the token of the place's client says to that; ok without a token.
    [[nodiscard]] protocol::errc may(const place& p, protocol::right needed, instant now);
    void on_hole(room_calls::call_id id, session_id client, std::uint64_t wanted, instant now);
    void on_repeat(room_calls::call_id id, session_id client, std::string& body);
    void on_deliver(const protocol::envelope& e, instant now);
    void on_evict(const protocol::envelope& e, instant now);
    void evict(std::string_view rid, session_id id, std::string_view reason, instant now);
    void enroll(const protocol::view& v);
    void bury(instant now);

    room_options options_;
    cluster::peer& line_;
    cluster::rpc& rpc_;
    session_service& sessions_;
    room_index index_;
    room_calls calls_;
    room_feed feed_;
    std::unordered_map<session_id, identity> identities_;
    std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>
        enrolled_; ///< broker, generation, nonce of our link
    instant ticked_{};
    std::uint64_t ticked_unix_ms_ = 0;
    std::vector<session*> closed_;
    int depth_ = 0;
    std::uint64_t &entered_, &join_again_, &left_, &enrollments_, &delivered_, &redelivered_, &evicted_,
        &undecodable_, &holes_, &not_allowed_, &crowded_, &connector_crowded_;
};

} // namespace citron::frontend
