// PURE. Calls to rooms' owners that are repeated until somebody answers: owners move, links break.
#pragma once

#include "common/cluster/rpc.hpp"
#include "common/protocol/counters.hpp"
#include "frontend/connector/page_turns.hpp"
#include "frontend/session.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend {

using protocol::errc;
using protocol::milliseconds;

struct room_call_options
{
    milliseconds try_for{3'000};           ///< so long without an answer, and it is tried again
    milliseconds retry{150};               ///< pause after a try that reached nobody
    std::size_t total_bytes = 256U << 20U; ///< of all unanswered calls; beyond it: overloaded
    std::size_t pages_at_once = 16;        ///< bulky calls on their way to one owner; more wait here
};

/// What is asked of whoever owns the room.
struct room_call
{
    std::string room;
    std::string_view route; ///< outlives the call: a constant
    std::string body;
    instant deadline;
    bool repeatable = true; ///< false: given up as `unavailable` where the outcome of a try is unknown
    bool bulky = false;     ///< its answer may be as large as a page of history: it waits for its turn
    session_id client = 0;  ///< on whose behalf; 0: nobody's
};

class room_calls
{
public:
    using call_id = page_turns::call_id;
    using callback = std::function<void(const cluster::answer&, instant)>;

    room_calls(room_call_options options, cluster::rpc& rpc, protocol::counters& counters);

    /// `done` is called once, never from within start(): with the owner's word, or `timeout` at the deadline.
    call_id start(room_call what, callback done, instant now);
    /// The callback will not be called.
    void cancel(call_id id);
    /// This client is gone: of its bulky calls those that still wait for their turn go to nobody any more.
    void drop_pages(session_id client) { pages_.drop(client); }
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
    void go(std::vector<std::string> owners, instant now);
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
        room_call what;
        callback done;
        instant retry_at{};
        bool tried = false, waiting = true; ///< the latter: to be asked again at retry_at
    };

    void attempt(call_id id, call& c, instant now);
    void ask(call_id id, call& c, cluster::rpc::callback answered, instant now);
    void ask_pages(instant now);
    [[nodiscard]] std::string owner_of(std::string_view room) const;
    void repack(call_id id, call& c);
    void on_answer(call_id id, const cluster::answer& a, instant now);
    void finish(call_id id, const cluster::answer& a, instant now);

    room_call_options options_;
    cluster::rpc& rpc_;
    page_turns pages_;
    std::vector<std::string> owners_;
    std::map<call_id, call> calls_;
    std::size_t bytes_ = 0; ///< of their bodies
    call_id next_ = 1;
    bool held_ = true;
    hole_callback told_hole_;
    repeat_callback told_repeat_;
    std::uint64_t &retries_, &timeouts_;
};

} // namespace citron::frontend
