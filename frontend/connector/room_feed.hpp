// PURE. What members of our rooms are shown: every event once, in the room's order, holes repaired by the
// owner.
//
// Answers come by one stream and broadcasts by another, in any relative order; see ARCHITECTURE.md, "One
// order".
#pragma once

#include "common/protocol/contract.hpp"
#include "common/protocol/counters.hpp"
#include "frontend/connector/room_calls.hpp"
#include "frontend/connector/room_index.hpp"
#include "frontend/session_service.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend {

struct feed_options
{
    std::size_t held_bytes =
        8U << 20U; ///< events waiting behind a hole, per room; over it they are asked for again
    std::size_t recent_bytes = 8U << 20U;
    std::size_t run_bytes = 64U << 10U; ///< see room::run; longer ones are pushed at once
    milliseconds state_patience{300};   ///< a new owner's state is expected so long before we ask for it
    milliseconds ask_again{200};
    milliseconds ask_for{5'000};
};

class room_feed
{
public:
    /// Called with sessions whose name somebody else has taken.
    using evicted_callback =
        std::function<void(const std::string& rid, const std::vector<session_id>&, instant)>;

    room_feed(feed_options options, room_index& index, room_calls& calls, session_service& sessions,
              protocol::counters& counters, evicted_callback evicted);

    void on_broadcast(protocol::broadcast b, instant now);
    void on_heads(const protocol::heads& list, instant now);
    void on_state(const std::string& rid, const protocol::sync_state& state, instant now);
    /// False: too much has passed since the owner let a newcomer in at `at`; it must ask again.
    [[nodiscard]] bool can_join(const room& r, const protocol::head& at) const;
    /// The owner let `p` in: it becomes a member. Call after its answer was queued; shows it what came
    /// meanwhile. Precondition: can_join.
    void on_joined(place& p, const protocol::added& answer, instant now);
    void on_tick(instant now);
    /// Pushes the runs of all rooms: before outboxes are flushed.
    void show_runs();

private:
    using presence = std::vector<std::pair<std::string, protocol::frame>>; ///< user, push

    void accept(room& r, protocol::broadcast b, instant now);
    void hold(room& r, protocol::broadcast b);
    void replay(room& r, instant now);
    void show(room& r, const protocol::broadcast& b, instant now);
    void extend_run(room& r, std::string_view push, instant now);
    void show_run(room& r, instant now);
    /// With a newcomer at `at` the room begins for us: nobody here has been shown anything that matters.
    [[nodiscard]] static bool begins(const room& r, const protocol::head& at);
    static void move_to(room& r, const protocol::head& at);
    void remember(room& r, room::shown late, const protocol::head& whole);
    static void begin_recent(room& r, const protocol::head& from);
    void show_late(place& p, const room::shown& late, std::set<std::string>& users, instant now);
    void push_missed(room& r, const protocol::message& m, const protocol::head& whole, instant now);
    void push_reset(room& r, const protocol::head& at, std::uint64_t offset, instant now);
    [[nodiscard]] static presence changes_between(const std::string& rid, const std::set<std::string>& before,
                                                  const std::set<std::string>& after);
    void push_changes(place& p, const presence& changes, instant now);
    void repair_messages(room& r, const protocol::sync_state& state, instant now);
    void repair_roster(room& r, const protocol::sync_state& state, instant now);
    void ask(room& r, instant now);
    void ask_at(const room& r, instant when);

    feed_options options_;
    room_index& index_;
    room_calls& calls_;
    session_service& sessions_;
    evicted_callback evicted_;
    std::vector<std::string> running_;      ///< rooms with a run
    instant extended_{};                    ///< the last of these runs
    std::map<std::string, instant> asking_; ///< rooms to ask the owner about, and when
    std::uint64_t &shown_, &strays_, &repeats_, &holes_, &held_, &held_lost_, &repaired_, &resets_,
        &presence_repaired_;
};

} // namespace citron::frontend
