// PURE. Calls to rooms' owners that are repeated until somebody answers: owners move, links break.
#pragma once

#include "common/cluster/rpc.hpp"
#include "common/protocol/counters.hpp"
#include "frontend/session.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace citron::frontend {

using protocol::errc;
using protocol::milliseconds;

struct room_call_options
{
    milliseconds try_for{3'000};           ///< deadline of one try
    milliseconds retry{150};               ///< pause after a try that reached nobody
    std::size_t total_bytes = 256U << 20U; ///< of all unanswered calls; beyond it: overloaded
};

class room_calls
{
public:
    using call_id = std::uint64_t;
    using callback = std::function<void(const cluster::answer&, instant)>;

    room_calls(room_call_options options, cluster::rpc& rpc, protocol::counters& counters);

    /// `done` is called once, never from within start(): with the owner's word, or `timeout` at the deadline.
    /// `repeatable` false: given up as `unavailable` where the outcome of a try is unknown. `route` outlives
    /// the call: a constant. `client`: on whose behalf, for on_hole; 0: nobody's.
    call_id start(std::string room, std::string_view route, std::string body, instant deadline,
                  bool repeatable, callback done, instant now, session_id client = 0);
    /// The callback will not be called.
    void cancel(call_id id);
    void resend(call_id id, instant now);
    /// Ends it now.
    void fail(call_id id, errc why, instant now);
    /// The owner wants send number `wanted` of `client` before this one. The call itself waits, and is
    /// repeated.
    using hole_callback =
        std::function<void(call_id id, session_id client, std::uint64_t wanted, instant now)>;
    void on_hole(hole_callback told) { told_hole_ = std::move(told); }
    /// Called before a call is repeated: what it says may have changed meanwhile.
    using repeat_callback = std::function<void(call_id id, session_id client, std::string& body)>;
    void on_repeat(repeat_callback told) { told_repeat_ = std::move(told); }
    /// Nobody can be asked: calls wait.
    void hold();
    /// We are enrolled with the present owners: everything unanswered is asked again, in the order it was
    /// started; but what is not repeatable only if it has certainly reached nobody.
    void go(instant now);
    void on_tick(instant now);
    [[nodiscard]] std::size_t size() const { return calls_.size(); }
    /// Another call of that size would be one too many: the caller should refuse it.
    [[nodiscard]] bool full(std::size_t body_bytes) const
    {
        return bytes_ + body_bytes > options_.total_bytes;
    }

private:
    struct call
    {
        std::string room;
        std::string_view route;
        std::string body;
        instant deadline, retry_at;
        bool repeatable;
        callback done;
        session_id client;
        bool tried = false, waiting = true;
    };

    void attempt(call_id id, call& c, instant now);
    void repack(call_id id, call& c);
    void on_answer(call_id id, const cluster::answer& a, instant now);
    void finish(call_id id, const cluster::answer& a, instant now);

    room_call_options options_;
    cluster::rpc& rpc_;
    std::map<call_id, call> calls_;
    std::size_t bytes_ = 0; ///< of their bodies
    call_id next_ = 1;
    bool held_ = true;
    hole_callback told_hole_;
    repeat_callback told_repeat_;
    std::uint64_t &retries_, &timeouts_;
};

} // namespace citron::frontend
