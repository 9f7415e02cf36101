// PURE. Every body that crosses between two processes of the cluster: fields, route, reply.
//
// All are msgpack arrays in the order given here. A later version may append fields; nobody may reorder them.
#pragma once

#include "common/protocol/codec.hpp"
#include "common/protocol/envelope.hpp"
#include "common/protocol/types.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace citron::protocol {

// ---- who is alive ----

/// One life of one server process: a restarted process has the same id and another boot.
struct incarnation
{
    std::string id;
    std::uint64_t boot = 0;

    bool operator==(const incarnation&) const = default;
    auto operator<=>(const incarnation&) const = default;
    CITRON_FIELDS(id, boot)
};

/// A server as the view shows it. `nonce` names its present link: a new nonce means that frames may have been
/// lost.
struct server_info
{
    std::string id;
    std::uint8_t kind = 0; ///< server_kind
    std::uint64_t boot = 0;
    std::uint64_t nonce = 0;
    std::string host; ///< connectors: where clients must connect (public address)
    std::uint16_t port = 0;
    std::string store; ///< chat servers: id of their store; "memory" for the bounded ring
    bool draining = false;
    /// chat servers: their process on the host of their store, and when that was started (see process_name)
    std::uint64_t pid = 0, started = 0;
    bool tls = false; ///< gates, connectors: clients reach it by wss

    [[nodiscard]] server_kind type() const { return static_cast<server_kind>(kind); }
    [[nodiscard]] incarnation self() const { return {id, boot}; }
    bool operator==(const server_info&) const = default;
    CITRON_FIELDS(id, kind, boot, nonce, host, port, store, draining, pid, started, tls)
};

/// Body of kind::view, and part of welcome. The broker is its only author.
struct view
{
    std::uint64_t broker = 0;
    std::uint64_t number = 0;
    std::uint64_t generation = 0; ///< number of the view that last changed the chat servers or their links
    bool ready = false;           ///< false: a fresh broker still gathers; no room is routed
    std::vector<server_info> servers;
    std::vector<incarnation> dropped; ///< declared dead lately; one who finds itself here starts empty
    std::string store;                ///< chat servers with another one own no rooms

    [[nodiscard]] view_id id() const { return {broker, number}; }
    [[nodiscard]] const server_info* find(std::string_view server) const;
    bool operator==(const view&) const = default;
    CITRON_FIELDS(broker, number, generation, ready, servers, dropped, store)
};

/// It may own rooms: a chat server of the view's store that is not draining.
[[nodiscard]] bool may_own(const view& v, const server_info& server);
/// Ids of those that may, in id order.
[[nodiscard]] std::vector<std::string> owners(const view& v);

/// Body of kind::hello.
struct hello
{
    server_info self;
    view newest; ///< the newest view the sender knew; number 0: none
    std::uint64_t pid = 0;
    std::uint64_t floor = 0; ///< numbers of views that follow must be higher: its history knows this one
    CITRON_FIELDS(self, newest, pid, floor)
};

/// Body of kind::welcome. `fresh`: what this incarnation held was given to others; start empty.
struct welcome
{
    view now;
    bool fresh = false;
    CITRON_FIELDS(now, fresh)
};

/// Body of kind::refused.
struct refusal
{
    std::string reason; ///< "duplicate_id" | "stale" | "unknown" (say HELLO first) | "bad_hello" | "bad_from"
    CITRON_FIELDS(reason)
};

/// Body of kind::done and kind::settled.
struct generation_mark
{
    std::uint64_t generation = 0;
    CITRON_FIELDS(generation)
};

// ---- rooms ----

/// Where a room's two sequences stand. `epoch` names the sequence of offsets; "" = the room has none yet.
struct head
{
    std::uint64_t term = 0;   ///< raised by each takeover; clients never see it
    std::uint64_t rev = 0;    ///< broadcasts within the term: 1, 2, 3 ...
    std::string epoch;        ///< changes only when offsets could not be continued
    std::uint64_t offset = 0; ///< messages within the epoch: 1, 2, 3 ...

    bool operator==(const head&) const = default;
    CITRON_FIELDS(term, rev, epoch, offset)
};

/// A session in a room, as its owner keeps it and as a connector enrolls it.
struct member
{
    std::string user;
    std::string connector;  ///< server id
    std::uint64_t boot = 0; ///< of that connector: the same session number in another life is somebody else
    session_id session = 0;
    std::string key;          ///< hash of the resumeKey, hex
    std::uint64_t joined = 0; ///< ms since 1970 by the owner's clock: the order of `users`
    std::uint64_t next = 1;   ///< owner: number of the next send; add, enroll: the first one not answered yet
    std::uint64_t sent =
        0; ///< add, enroll: number of the last send; up to it a former owner may have stored it
    std::uint64_t stay = 0;   ///< higher each time the session enters the room: a late kick ends only its own
    std::uint64_t opened = 0; ///< ms since 1970, connector's clock
    std::uint64_t stamp = 0;  ///< higher than that of the connection that was given the resumeKey it presents

    [[nodiscard]] bool same_session(const member& other) const
    {
        return session == other.session && boot == other.boot && connector == other.connector;
    }
    /// Of two connections with one key the later one counts. That one knew the other's answer tells it, and
    /// clocks where neither did.
    [[nodiscard]] bool came_before(const member& other) const
    {
        return stamp != other.stamp ? stamp < other.stamp : opened < other.opened;
    }
    [[nodiscard]] incarnation life() const { return {connector, boot}; }
    bool operator==(const member&) const = default;
    CITRON_FIELDS(user, connector, boot, session, key, joined, next, sent, stay, opened, stamp)
};

/// A stored message. `push` is the onChat body as JSON, ready to be framed or put into an array.
struct message
{
    std::uint64_t offset = 0;
    std::uint64_t time = 0; ///< ms since 1970
    blob push;
    std::string name = {}; ///< memory history: append::cid, which must travel with it
    bool operator==(const message&) const = default;
    CITRON_FIELDS(offset, time, push, name)
};

/// "[...]": their onChat bodies, which are JSON already and are not parsed again.
[[nodiscard]] std::string json_array(const std::vector<message>& messages);

/// One room of an enroll list, for the owner. `joining` are sessions whose join is not answered yet:
/// no proof of membership, but no proof of absence either.
struct enrolled_room
{
    head seen; ///< what the connector has shown to its members
    std::vector<member> members;
    std::vector<session_id> joining;
    CITRON_FIELDS(seen, members, joining)
};

struct enroll_entry
{
    std::string rid;
    blob room; ///< enrolled_room, packed; the broker does not open it. A large room comes in several entries
    CITRON_FIELDS(rid, room)
};

/// Body of kind::enroll. The parts of one list, the last one marked, are the whole truth about that
/// connector. Every chat server gets the last part, also when none of its rooms is in it.
struct enroll
{
    std::uint64_t generation = 0;
    bool first = false;
    bool last = false;
    std::vector<enroll_entry> rooms;
    CITRON_FIELDS(generation, first, last, rooms)
};

enum class event : std::uint8_t
{
    chat = 0,
    add = 1,
    leave = 2,
    signal = 3,
    heads = 4
};

/// Body of kind::broadcast: what happened in one room, and the bytes its members get.
/// event::heads carries no push; `heads` tells where rooms stand (all from one owner).
struct broadcast
{
    std::string rid;
    head at; ///< after this event: rev counts it, and offset too if it is a message
    std::uint8_t what = 0;
    std::string user; ///< add, leave: the name
    blob push;        ///< a whole Pomelo package: the same bytes for every member
    CITRON_FIELDS(rid, at, what, user, push)
};

struct room_head
{
    std::string rid;
    head at;
    CITRON_FIELDS(rid, at)
};

/// Body of a broadcast with route channel_heads.
struct heads
{
    std::vector<room_head> rooms;
    CITRON_FIELDS(rooms)
};

/// Everything a connector needs to bring its view of a room up to `at`: the answer to `sync`, and what an
/// owner tells after an enroll.
struct sync_state
{
    head at;
    bool roster_known = false;       ///< false: `users` says nothing (the connector had the same rev)
    std::vector<std::string> users;  ///< in join order
    std::vector<message> messages;   ///< after the offset that the connector named, without holes
    bool more = false;               ///< messages end before at.offset: ask again
    bool lost = false;               ///< what lies before messages (or before `at`) cannot be had any more
    std::vector<session_id> evicted; ///< your sessions whose name somebody else has taken meanwhile
    CITRON_FIELDS(at, roster_known, users, messages, more, lost, evicted)
};

/// old owner -> room, call: one part of a room that changes hands; reply empty. A series of parts is whole,
/// or it counts for nothing and another one follows (reply hole: begin anew).
struct handover
{
    static constexpr std::string_view route = "chat.channelRemote.handover";
    std::uint64_t generation = 0; ///< in which the room moves
    std::uint64_t series = 0;     ///< with the sender and the generation it names the series
    std::uint32_t part = 0;       ///< 0, 1, 2 ...
    bool last = false;
    head at;                ///< last part only
    std::uint64_t time = 0; ///< last part only: of the last message
    std::vector<member> members;
    std::vector<message> messages;
    /// An answer that may be asked for again.
    struct answered
    {
        std::string sender; ///< its session as text, as in deliver
        std::uint64_t number = 0;
        std::uint8_t code = 0; ///< errc
        blob body;
        CITRON_FIELDS(sender, number, code, body)
    };
    std::vector<answered> answers;
    /// A connector of members that fell silent, and how long they stay.
    struct absence
    {
        incarnation connector;
        std::uint64_t left_ms = 0;
        CITRON_FIELDS(connector, left_ms)
    };
    std::vector<absence> absent; ///< last part only
    /// Sessions as text, as in deliver, that were told to move and are not back yet.
    std::vector<std::string> away;
    /// Last part only: sessions as text whose place somebody has taken lately. Their connectors may not know
    /// it yet.
    std::vector<std::string> replaced;
    CITRON_FIELDS(generation, series, part, last, at, time, members, messages, answers, absent, away,
                  replaced)
};

// ---- calls ----

/// connector -> owner. A repeat by the same session gets the same answer.
struct add
{
    static constexpr std::string_view route = "chat.chatRemote.add";
    member who;
    bool resume = false; ///< the client named a position
    std::string since_epoch;
    std::uint64_t since_offset = 0;
    CITRON_FIELDS(who, resume, since_epoch, since_offset)
};

struct added
{
    head at; ///< the joiner's position: nothing at or below it is shown
    std::uint64_t joined = 0;
    std::vector<std::string> users; ///< in join order, the joiner last
    bool recovered = false;
    std::vector<message> messages; ///< with `resume` only
    CITRON_FIELDS(at, joined, users, recovered, messages)
};

/// connector -> owner, notify: this session has left, or its connection is gone. Idempotent.
struct kick
{
    static constexpr std::string_view route = "chat.chatRemote.kick";
    member who;
    bool moving = false; ///< we have told it to move to another connector: its place is kept for a while
    CITRON_FIELDS(who, moving)
};

/// connector -> owner: tell me what I missed since `seen`. Answered by sync_state.
struct sync
{
    static constexpr std::string_view route = "chat.channelRemote.sync";
    head seen;
    CITRON_FIELDS(seen)
};

/// owner -> connector, notify, after an enroll: body sync_state.
inline constexpr std::string_view channel_state = "connector.channelRemote.state";
/// owner -> connectors, broadcast: body heads.
inline constexpr std::string_view channel_heads = "connector.channelRemote.heads";
/// owner -> connectors, broadcast: body broadcast.
inline constexpr std::string_view channel_push = "connector.channelRemote.push";

/// A client's request, forwarded: body of a call with the client's own route.
struct client_request
{
    member who;               ///< its name and its session; the owner knows the rest
    std::uint64_t number = 0; ///< of a send: rises by one in each stay, never used twice. 0: not numbered
    std::uint64_t low = 0;    ///< every number below this one has been answered: its answer may be forgotten
    std::uint64_t answered = 0; ///< as has every one from this on and below `number`, if not by this owner
    blob body;                  ///< the client's JSON, untouched
    CITRON_FIELDS(who, number, low, answered, body)
};
// Reply to client_request: the JSON for the client, raw. Code hole: body = pack(uint64 wanted number).

/// owner -> connector of the addressee: put this into that session's outbox, once. Reply: empty, or
/// no_such_user. The room is in the envelope.
struct deliver
{
    static constexpr std::string_view route = "connector.channelRemote.deliver";
    std::uint64_t boot = 0; ///< the connector's life that the session belongs to
    session_id session = 0;
    std::string from;         ///< sender's session as text: with `number` it names the message
    std::uint64_t number = 0; ///< 0: `from` is the client and its own name for the message
    blob push;
    CITRON_FIELDS(boot, session, from, number, push)
};

/// owner -> connector, notify: end this session, somebody with its resumeKey or name has its place in the
/// envelope's room now (reason "replaced" or "name_taken").
struct evict
{
    static constexpr std::string_view route = "connector.channelRemote.evict";
    std::uint64_t boot = 0; ///< as in deliver
    session_id session = 0;
    std::string reason;
    CITRON_FIELDS(boot, session, reason)
};

/// tool -> any server: reply is a JSON object of counters and gauges.
inline constexpr std::string_view stats_route = "sys.statsRemote.read";

} // namespace citron::protocol
