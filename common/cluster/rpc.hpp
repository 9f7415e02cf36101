// PURE. Calls in flight: an id, a deadline, and what to do with the answer.
#pragma once

#include "common/cluster/peer.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace citron::cluster {

/// Who speaks in an answer.
enum class speaker : std::uint8_t
{
    addressee, ///< has dealt with the call
    broker,    ///< or we ourselves: the call has reached nobody
    nobody,    ///< silence: the call may have been dealt with, or not
};

/// The answer to a call. `body` is borrowed for the duration of the callback.
struct answer
{
    protocol::errc code = protocol::errc::ok;
    std::string_view body;
    speaker who = speaker::nobody;
};

class rpc
{
public:
    using callback = std::function<void(const answer&, instant)>;

    rpc(peer& line, protocol::counters& counters);

    /// To a server by id; `room` says what it is about. `done` is called exactly once, never from within
    /// call(): with the answer, with `timeout` at the deadline, or with `unavailable` when the line is gone
    /// or refuses the frame.
    void call_server(std::string_view server, std::string_view room, std::string_view route,
                     std::string_view body, instant deadline, callback done);
    /// To whoever owns the room.
    void call_room(std::string_view room, std::string_view route, std::string_view body, instant deadline,
                   callback done);
    /// Nobody answers. False when the line is gone or full.
    bool notify_server(std::string_view server, std::string_view room, std::string_view route,
                       std::string_view body);
    bool notify_room(std::string_view room, std::string_view route, std::string_view body);
    /// Answers a call that came in.
    bool reply(std::string_view caller, std::uint64_t id, std::string_view room, protocol::errc code,
               std::string_view body);

    void on_reply(const protocol::envelope& e, instant now);
    void on_down(instant now); ///< every call in flight ends as `unavailable`, oldest first
    void on_tick(instant now); ///< ends those past their deadline, and those that could not be sent

private:
    struct pending
    {
        callback done;
        instant deadline;
    };
    void call(protocol::envelope e, instant deadline, callback done);
    void finish(std::uint64_t id, const answer& a, instant now);

    peer& line_;
    std::uint64_t next_; ///< ids differ between the lives of a server: a late reply must not meet a new call
    std::map<std::uint64_t, pending> pending_; ///< oldest first
    instant earliest_ = instant::max();        ///< no deadline is before it
    std::uint64_t &timeouts_, &late_;
};

} // namespace citron::cluster
