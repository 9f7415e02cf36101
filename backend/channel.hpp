// PURE. An open room: its members, its order, and what each of them is told.
//
// Decides only; what leaves the room goes through channel_port. Two sequences: offsets count stored messages,
// revs count broadcasts (messages, onAdd, onLeave, signals) within one ownership of the room.
#pragma once

#include "backend/backend_session.hpp"
#include "backend/history/store.hpp"
#include "common/protocol/contract.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace citron::backend {

/// The way out of a room.
class channel_port
{
public:
    virtual ~channel_port() = default;
    virtual void answer(const caller& to, std::string_view rid, errc code, std::string_view body) = 0;
    /// To the members that sit on these connectors.
    virtual void publish(const std::vector<std::string>& connectors, const protocol::broadcast& b) = 0;
    /// Completes through channel::on_stored, in order.
    virtual void keep(append one) = 0;
    /// Puts `push` into one session's outbox, once; completes through channel::whispered. `name`: the client
    /// and its own name for it, empty: it gave none.
    virtual void deliver(const std::string& rid, const open_request& from, const protocol::member& to,
                         const std::string& name, std::string push) = 0;
    /// Tells a connector that this session's place was taken.
    virtual void evict(const std::string& rid, const protocol::member& who, std::string_view reason) = 0;
    /// A newcomer was refused: there are as many members as may be.
    virtual void full(const std::string& rid) = 0;
    /// False: its connector is known to have died.
    [[nodiscard]] virtual bool connected(const protocol::member& who) const = 0;
    /// False: what it says of its sessions in this generation is still on its way.
    [[nodiscard]] virtual bool enrolled(const std::string& connector) const = 0;
    [[nodiscard]] virtual std::uint64_t unix_ms() const = 0;
};

/// A session in the room, and its numbered sends that may be asked for again.
struct seat
{
    struct send
    {
        std::uint64_t number = 0;
        caller reply_to;
        std::optional<std::pair<errc, std::string>> answer; ///< empty: not stored or delivered yet
    };
    protocol::member who;  ///< who.next: the number that comes next
    std::list<send> sends; ///< mostly empty; holds no memory then
    bool away = false;     ///< was told to move to another connector, and is not back yet
};

using send_list = std::list<seat::send>;

class channel
{
public:
    static constexpr std::size_t any_number = static_cast<std::size_t>(-1);

    /// `most_members`: beyond them newcomers are refused; those who come with the room, or come back, are
    /// not.
    channel(std::string rid, channel_port& port, bool several_sessions_per_user,
            std::size_t most_members = any_number);

    // ---- for handlers and remotes
    /// A session enters. Refused as duplicate_user or overloaded, or answered with `added` (after onAdd to
    /// the others).
    [[nodiscard]] protocol::result<protocol::added> enter(protocol::member who);
    /// A session leaves; false when it is not here (any more), or has come back since.
    bool leave(const protocol::member& who);
    /// As leave, for one whose connector has been silent for too long: should it come back, its numbered
    /// sends are known still.
    bool expire(const protocol::member& who);
    /// Its connector has ended it, and told it to come back by another one. It stays a member, but its name
    /// yields: to its key unseen, to anybody else as that of one who has left. False: as leave.
    bool send_away(const protocol::member& who);
    /// Stores the message, then answers {offset, epoch, time}, then broadcasts it - unless it was stored
    /// before, under the same cid or number. `chat` lacks offset, epoch, time.
    void publish(const backend_session& from, json_writer chat);
    /// To every session of `user`: no offset, no history; answered {time} once it is in an outbox. One with a
    /// cid is answered when the store has that, and shown only if the store did not have it before.
    void whisper(const backend_session& from, const std::string& user, json_writer chat);
    /// Broadcasts without storing, and answers {}.
    void signal(const backend_session& from, json_writer push);
    /// Ends a request: remembers the answer of a numbered one, and sends it.
    void finish(const backend_session& from, errc code, std::string_view body = {})
    {
        finish(from.who, from.number, from.reply_to, code, body);
    }
    /// Names in join order, `self` last.
    [[nodiscard]] std::vector<std::string> users(const std::string& self = {}) const;

    // ---- for the channel service
    enum class admission
    {
        next,
        repeat,
        hole,
        past
    };
    /// Is this the send to accept now? next: it is, and its number is taken. repeat: the first answer was or
    /// will be sent again. hole: who.next is wanted. past: it belongs to a former stay, or the sender has its
    /// answer. Precondition: `from` is find(request.who).
    [[nodiscard]] admission admit(seat& from, const protocol::client_request& request,
                                  const caller& reply_to);
    /// moved: another owner has the room now; the send counts as never made.
    void on_stored(const append_outcome& outcome);
    /// One delivery of a whisper has ended.
    void whispered(const open_request& from, errc code);
    /// `time`: of the last message, as far as known; no later one gets an earlier time.
    void open(protocol::head at, std::uint64_t time = 0)
    {
        at_ = std::move(at);
        last_time_ = std::max(last_time_, time);
    }
    [[nodiscard]] std::uint64_t last_time() const { return last_time_; }
    /// Takes a seat without telling anybody: for members that come with a room. False: the name is taken.
    bool seat_silently(protocol::member who, send_list sends, bool away = false);
    /// Those who lost their seats to others in seat_silently.
    [[nodiscard]] std::vector<protocol::member> take_displaced() { return std::exchange(displaced_, {}); }
    /// Sessions whose place others have taken lately, by key_of(member), oldest first: should a connector
    /// come back with one of them, it is ended.
    [[nodiscard]] const std::list<std::string>& replaced() const { return replaced_; }
    [[nodiscard]] bool was_replaced(const protocol::member& who) const;
    void note_replaced(std::string key);
    /// A member that its connector still has, and we have not: onAdd again. False: somebody else has the
    /// name, or has taken this session's place and left.
    bool reenroll(protocol::member who);
    void sort_by_join();
    [[nodiscard]] seat* find(const session_ref& who);
    /// What its connector knows better: the first send without an answer, and which stay this is.
    void update(const protocol::member& who);
    [[nodiscard]] const std::list<seat>& seats() const { return seats_; }
    [[nodiscard]] const std::vector<std::string>& connectors() const { return connectors_; }
    [[nodiscard]] const protocol::head& at() const { return at_; }
    [[nodiscard]] const std::string& rid() const { return rid_; }
    [[nodiscard]] bool empty() const { return seats_.empty(); }
    /// Numbered sends of sessions that are not here (any more): by key_of(member).
    void remember(std::string key, send_list sends);
    [[nodiscard]] const std::map<std::string, send_list>& remembered() const { return former_; }
    /// What remember() was given; an empty room, the second time, also who was replaced.
    void forget_former();
    /// Something of sessions that their connectors may come back with: an empty room is kept for it.
    [[nodiscard]] bool remembers() const { return !former_.empty() || !replaced_.empty(); }
    /// Accepted, not answered yet: a room that moves waits for these.
    [[nodiscard]] bool busy() const { return !storing_.empty() || !whispering_.empty(); }

private:
    struct storing
    {
        append::kind what;
        open_request from;
        std::string chat;  ///< message: as in append
        std::string route; ///< what the sender called its request, if anything
    };
    /// A message to one user, who may have several sessions: one that takes it is enough.
    struct whispered_to
    {
        open_request from;
        std::string user, name, push; ///< as in channel_port::deliver
        std::uint64_t time = 0;
        std::string route;
        std::size_t left = 0; ///< deliveries that have not ended
        errc outcome = errc::no_such_user;
    };
    using whisper_list = std::map<std::pair<session_name, std::uint64_t>, whispered_to>;
    using whisper_place = whisper_list::iterator;
    using place = std::list<seat>::iterator;

    [[nodiscard]] place by_session(const session_ref& who);
    [[nodiscard]] place by_user(const std::string& user);
    [[nodiscard]] place by_user(const std::string& user, const std::string& key);
    void remove(place gone);
    /// Somebody who may hear what is said to it.
    [[nodiscard]] bool connected(const seat& s) const { return !s.away && port_.connected(s.who); }
    [[nodiscard]] send_list* sends_of(const session_ref& who);
    void finish(const session_ref& who, std::uint64_t number, const caller& reply_to, errc code,
                std::string_view body);
    void finish(const open_request& from, errc code, std::string_view body = {})
    {
        finish(from.who, from.number, from.reply_to, code, body);
    }
    void count_connectors();
    static void restore(seat& s, send_list sends);
    place insert(protocol::member who, place before);
    place insert_and_tell(protocol::member who, place before);
    /// Makes room for this name if its holder's connection is gone; false when it is taken.
    [[nodiscard]] bool yields(const protocol::member& who);
    void announce(protocol::event what, const std::string& user, std::string_view route, json_writer push,
                  const std::vector<std::string>& to);
    void presence(protocol::event what, const std::string& user, const std::vector<std::string>& to);
    [[nodiscard]] protocol::added welcome(const seat& s) const;
    [[nodiscard]] std::uint64_t next_time();
    void take_back(const open_request& from);
    void on_message_stored(const storing& done, const append_outcome& outcome);
    void keep_name(const whispered_to& w, append::kind what);
    void on_name_stored(const storing& done, const append_outcome& outcome);
    void deliver(whisper_place w);
    void end_whisper(whisper_place w, errc code);

    std::string rid_;
    channel_port& port_;
    bool several_;
    std::size_t most_members_;
    protocol::head at_; ///< what has been broadcast
    std::uint64_t last_time_ = 0;
    std::list<seat> seats_;                                           ///< in join order
    std::unordered_map<session_ref, place, session_hash> by_session_; ///< the names are the seats' own
    std::unordered_multimap<std::string, place> by_user_;
    std::map<std::string, std::size_t> per_connector_;
    std::vector<std::string> connectors_; ///< the keys of per_connector_
    std::list<storing> storing_;
    std::map<std::string, send_list> former_;
    std::vector<protocol::member> displaced_;
    std::list<std::string> replaced_;
    bool replaced_long_ago_ = false; ///< the next forget_former of an empty room forgets them
    whisper_list whispering_;        ///< by sender and number
};

} // namespace citron::backend
