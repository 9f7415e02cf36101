// PURE. Our side of the line to the broker: hello, beats, views, silence, and when to open a new socket.
//
// The shell (link) owns the sockets: it feeds in what arrives and the time, and carries out what this
// decides.
#pragma once

#include "common/protocol/contract.hpp"
#include "common/protocol/counters.hpp"
#include "common/protocol/envelope.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace citron::cluster {

using protocol::instant;
using protocol::milliseconds;

/// What a server does with what its peer hears. Called from within peer's on_* functions.
class peer_listener
{
public:
    virtual ~peer_listener() = default;
    /// The broker took us in. `fresh`: it had declared this incarnation dead; whatever we held is lost. A
    /// view follows.
    virtual void on_up(bool fresh, instant now) = 0;
    /// The line is gone: whatever was not answered may or may not have arrived.
    virtual void on_down(instant now) = 0;
    virtual void on_view(const protocol::view& v, instant now) = 0;
    virtual void on_settled(std::uint64_t /*generation*/, instant /*now*/) {}
    /// call, reply, notify, enroll.
    virtual void on_envelope(const protocol::envelope& e, instant now) = 0;
    /// From our broadcast topic; connectors only.
    virtual void on_broadcast(const protocol::envelope& /*e*/, instant /*now*/) {}
};

struct peer_options
{
    protocol::server_info self; ///< `nonce` is filled in per socket
    milliseconds beat{500};     ///< how often we say that we live
    milliseconds silence{2000}; ///< so long without a frame, and the line is dead
    milliseconds stall{500};    ///< our own loop stood still that long: everybody gets fresh time
    milliseconds reopen_min{100}, reopen_max{500}; ///< random pause before a new socket
    milliseconds duplicate_patience{5000};         ///< so long refused as a duplicate id, and we give up
    std::size_t queue_bytes = 64U << 20U;          ///< outgoing frames that the socket has not taken yet
    std::uint64_t seed = 1;                        ///< for the random pause and the nonces
    std::uint64_t pid = 0;
};

class peer
{
public:
    peer(peer_options options, peer_listener& listener, protocol::counters& counters, instant now);

    // ---- what the shell tells us
    void on_frame(std::string_view bytes, instant now);     ///< from the DEALER
    void on_published(std::string_view frame, instant now); ///< from the SUB, topic included
    void on_lost(instant now);                              ///< the sockets are known to be dead
    void on_tick(instant now); ///< about every 100 ms, after reading all that waits

    // ---- what the shell must do
    /// Set when new sockets must be opened now (closing the old ones): the nonce of the new link. Call once
    /// per turn.
    [[nodiscard]] std::optional<std::uint64_t> take_open(instant now);
    /// Set when the sockets must be closed now; nothing in the outgoing queue is worth sending any more.
    [[nodiscard]] bool take_close() { return std::exchange(close_, false); }
    /// The next frame to send; stays in front until pop_outgoing.
    [[nodiscard]] const std::string* outgoing() const
    {
        return outgoing_.empty() ? nullptr : &outgoing_.front();
    }
    void pop_outgoing();
    /// Another living process holds our id, and has for duplicate_patience: end with a clear line.
    [[nodiscard]] bool refused_for_good() const { return given_up_; }
    /// Why the broker has refused the present line (or the last one, while it is closed); "": it has not.
    [[nodiscard]] const std::string& refusal() const { return refusal_; }

    // ---- what the server uses
    /// Fills in `from` and `view` and queues. False, and counted, when there is no line, the envelope is
    /// larger than max_envelope, or the queue is full.
    [[nodiscard]] bool send(protocol::envelope e);
    [[nodiscard]] bool up() const { return state_ == state::up; }
    [[nodiscard]] const protocol::view& view() const { return view_; }
    [[nodiscard]] const protocol::server_info& self() const { return options_.self; }
    void set_address(std::string host,
                     std::uint16_t port); ///< before the first open: the port the system gave us
    /// The next hello asks the broker to number its views above this.
    void number_above(std::uint64_t number) { floor_ = std::max(floor_, number); }
    /// Something that had to be said could not be sent: at the next tick the line counts as lost, and what
    /// follows a new one says everything again. Nothing to do when the line is down already.
    void renew() { renew_ = state_ == state::up; }
    /// Tell the broker: no new work (drain), or gone for good (bye).
    void drain(instant now);
    void bye(instant now);

private:
    enum class state
    {
        closed,
        greeting,
        up
    };

    [[nodiscard]] bool queue(protocol::envelope& e, std::size_t most);
    void queue_control(protocol::kind k, std::string_view body = {});
    void say_hello();
    void lose(instant now);
    void on_welcome(const protocol::envelope& e, instant now);
    void on_refused(const protocol::envelope& e, instant now);
    void take_view(const protocol::view& v, instant now);
    [[nodiscard]] bool expects_publications() const;

    peer_options options_;
    peer_listener& listener_;
    std::mt19937_64 random_;
    state state_ = state::closed;
    bool close_ = false, given_up_ = false, renew_ = false;
    instant open_at_, heard_, published_, beaten_, ticked_;
    std::optional<instant> refused_since_;
    std::string refusal_;
    protocol::view view_;
    std::uint64_t floor_ = 0;
    std::deque<std::string> outgoing_;
    std::size_t queued_ = 0;
    std::uint64_t &lost_, &opened_, &refused_, &unsent_, &undecodable_;
};

} // namespace citron::cluster
