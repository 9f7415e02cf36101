// PURE. A message between two processes of the cluster: a small header, and a body nobody but the addressee
// reads.
#pragma once

#include "common/protocol/errc.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace citron::protocol {

/// The first element on the wire. A decoder accepts this version and the one before it (there is none yet).
inline constexpr std::uint8_t envelope_version = 1;

/// No envelope may be larger: the bound sockets of the broker refuse it, and a refused frame kills the link.
inline constexpr std::size_t max_envelope = 4 * 1024 * 1024;

/// Values are on the wire; append only. ARCHITECTURE.md tells who sends which, and when.
enum class kind : std::uint8_t
{
    hello = 0,      ///< peer -> broker: here I am, this is my incarnation
    welcome = 1,    ///< broker -> peer: you are in (body: contract welcome)
    refused = 2,    ///< broker -> peer: you are not (body: contract refusal); close this socket
    beat = 3,       ///< both ways, every 500 ms; also on every broadcast topic
    view = 4,       ///< broker -> peers: who is alive
    drain = 5,      ///< peer -> broker: give me no new work
    bye = 6,        ///< peer -> broker: I am gone for good
    done = 7,       ///< chat server -> broker: I hold nothing any more that is not mine in this generation
    settled = 8,    ///< broker -> chat servers: every chat server is done with this generation
    call = 9,       ///< a request: `to` a server, or `room` (then its owner); answered under the same id
    reply = 10,     ///< the answer: `code`, and a body when code is ok or hole
    notify = 11,    ///< as call, but nobody answers
    broadcast = 12, ///< chat server -> broker -> connectors of `to`, by topic (body: contract broadcast)
    enroll = 13,    ///< connector -> broker -> chat servers: all my rooms, split by owner
};
inline constexpr std::uint8_t last_kind = 13;

[[nodiscard]] std::string_view name_of(kind k);

/// Names a view: numbers grow, also across brokers (a fresh broker continues above what its peers report).
struct view_id
{
    std::uint64_t broker = 0; ///< the broker process' nonce
    std::uint64_t number = 0;

    bool operator==(const view_id&) const = default;
};

/// Server ids; as many as a room has connectors as a rule are kept without an allocation.
using addressees = boost::container::small_vector<std::string_view, 4>;

/// On the wire: one msgpack array [version, kind, from, to, room, id, view.broker, view.number, route, code,
/// body]. `to` is a text, or an array of texts when there is more than one addressee. Extra elements are
/// ignored. Every text is borrowed: from the bytes it was decoded from, or from who sends it.
struct envelope
{
    protocol::kind kind = protocol::kind::beat;
    std::string_view from;  ///< server id of the sender; the broker checks it against the socket's identity
    addressees to;          ///< empty: addressed by `room`, or the broker itself
    std::string_view room;  ///< the rid that this concerns; with an empty `to` it is the address
    std::uint64_t id = 0;   ///< pairs a reply with its call; unique in the caller's process. 0: none
    view_id view;           ///< the newest view that the sender knew
    std::string_view route; ///< "chat.chatHandler.send"; empty for control kinds
    errc code = errc::ok;   ///< replies only
    std::string_view body;  ///< nobody but the addressee reads it
};

[[nodiscard]] std::string encode(const envelope& e);

/// The result borrows from `bytes`. Wrong version, shape, kind or trailing bytes: bad_request.
[[nodiscard]] result<envelope> decode(std::string_view bytes);

/// A published frame is topic, then the encoded envelope. The topic is server id + NUL + nonce of the
/// connector's link, so a subscription of an earlier link of the same connector never counts for this one.
[[nodiscard]] std::string topic_of(std::string_view server, std::uint64_t nonce);

/// The envelope bytes of a published frame; nothing when there is no whole topic before them.
[[nodiscard]] result<std::string_view> strip_topic(std::string_view frame);

/// ROUTER identity of a link: server id + '#' + nonce in hex. A link never reuses one.
[[nodiscard]] std::string identity_of(std::string_view server, std::uint64_t nonce);

} // namespace citron::protocol
