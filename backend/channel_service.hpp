// PURE. The rooms of this server by name: opened, handed over, corrected by enroll lists, announced,
// released.
//
// ARCHITECTURE.md, "Rooms that move", is the specification of this file.
#pragma once

#include "backend/absences.hpp"
#include "backend/handovers.hpp"
#include "backend/history/store.hpp"
#include "backend/room.hpp"
#include "backend/whispers.hpp"
#include "common/cluster/peer.hpp"
#include "common/cluster/rpc.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace citron::backend {

struct channel_options
{
    bool several_sessions_per_user = false;
    milliseconds silence{2'000};   ///< so long after its last beat the broker declares a connector dead,
    milliseconds grace{5'000};     ///< and so long after it its members go
    milliseconds remember{60'000}; ///< the sends of members that went so, and an empty room who was replaced
    std::size_t most_members = channel::any_number; ///< of one room
    std::size_t most_rooms = channel::any_number; ///< beyond them no new one is made; one that comes is taken
    std::size_t history_page = 100;               ///< messages in one answer, whatever is asked for
    milliseconds heads_every{500};
    milliseconds active_for{5'000};        ///< heads of a room are announced so long after its last broadcast
    std::size_t waiting_bytes = 4U << 20U; ///< requests that wait for one room to open; over it: overloaded
    page_limit repair{500, 1U << 20U};     ///< messages in one state answer
    page_limit resume{500, 2U << 20U};     ///< a client that missed more gets the newest page instead
    milliseconds last_whispers{500};       ///< a room that goes waits so long for what it delivers
    whisper_options whispers;
    handover_options handovers;
    std::uint64_t seed = 1; ///< for epochs
};

class channel_service final : public channel_port
{
public:
    /// Serves one envelope in an open room.
    using server = std::function<void(channel&, const protocol::envelope&, instant)>;

    channel_service(channel_options options, cluster::peer& line, cluster::rpc& rpc, backend::store& history,
                    protocol::counters& counters, server serve);

    void on_up(bool fresh, instant now);
    void on_view(const protocol::view& v, instant now);
    void on_settled(std::uint64_t generation, instant now);
    void on_enroll(const protocol::envelope& e, instant now);
    void on_handover(const protocol::envelope& e, instant now);
    /// A call or notify for a room: served now, or when the room is open, or answered `moved`.
    void on_room_envelope(const protocol::envelope& e, instant now);
    void on_tick(instant now, std::uint64_t unix_ms);
    void end_turn(instant now);

    /// What a connector must know to catch up from `seen`, as the answer to a call (id not 0) or as a notify
    /// (id 0).
    void send_state(channel& c, const std::string& connector, const protocol::head& seen,
                    std::vector<protocol::session_id> evicted, std::uint64_t call_id);
    /// Answers a connector that misses something.
    void sync(channel& c, const caller& from, const protocol::sync& request)
    {
        send_state(c, from.server, request.seen, {}, from.id);
    }
    /// Answers a join; one that named a position gets the messages after it, or the newest page.
    void welcome(const caller& to, const std::string& rid, const protocol::add& request,
                 protocol::added answer);
    /// A session was told to move to another connector: its place is kept for the grace.
    void expect_back(channel& c, const protocol::member& who);
    /// The answer to chat.chatHandler.history.
    void history(const backend_session& from, std::uint64_t before, page_limit limit);

    [[nodiscard]] bool settled() const { return settled_; }
    /// Settled, and no room is on its way here or from here.
    [[nodiscard]] bool at_rest() const;
    [[nodiscard]] std::size_t size() const { return rooms_.size(); }
    [[nodiscard]] std::size_t members() const;

    // ---- channel_port
    void answer(const caller& to, std::string_view rid, errc code, std::string_view body) override;
    void publish(const std::vector<std::string>& connectors, const protocol::broadcast& b) override;
    void keep(append one) override { appends_.push_back(std::move(one)); }
    void deliver(const std::string& rid, const open_request& from, const protocol::member& to,
                 const std::string& name, std::string push) override;
    void evict(const std::string& rid, const protocol::member& who, std::string_view reason) override;
    void full(const std::string& /*rid*/) override { ++too_many_members_; }
    [[nodiscard]] bool connected(const protocol::member& who) const override;
    [[nodiscard]] bool enrolled(const std::string& connector) const override;
    [[nodiscard]] std::uint64_t unix_ms() const override;

private:
    static constexpr std::size_t most_in_body = protocol::max_envelope - 1024; ///< the rest is the head's
    using room_list = std::map<std::string, protocol::enrolled_room>;          ///< by rid

    /// What has come so far of a room that is being handed to us.
    struct arrival
    {
        std::uint64_t series = 0;
        std::uint32_t next = 0; ///< part
        room_baggage baggage;
    };

    void resume(const protocol::add& request, protocol::added answer, const caller& to,
                const std::string& rid);
    [[nodiscard]] bool mine(const std::string& rid) const;
    [[nodiscard]] bool here(const protocol::incarnation& connector) const;
    [[nodiscard]] bool here(const protocol::member& who) const { return here(who.life()); }
    [[nodiscard]] bool ready() const;
    [[nodiscard]] bool is_open(const std::string& rid);
    room* find(const std::string& rid);
    room& obtain(const std::string& rid);
    [[nodiscard]] bool refuse_new_room(const protocol::envelope& e);
    void wait(room& r, const protocol::envelope& e);

    // channel_service.cpp: rooms that are here
    void serve_waiting(room& r);
    void release(const std::string& rid);
    void announce_heads(instant now);
    void publish_heads(const std::string& connector, const protocol::heads& list);
    void flush_appends();
    void on_stored(const std::string& rid, std::uint64_t term, const append_outcome& outcome);
    void fence(room& r);

    // channel_absent.cpp: members whose connector is silent, or told them to move
    void note_absent();
    void note_absent(const room& r);
    void remove_absent();
    void remove_absent(room& r);
    void forget_former();
    void give_up_awaited();

    // room_opener.cpp: rooms that come
    void begin_opening();
    void begin_opening(room& r);
    void flush_openings();
    void opened(const std::string& rid, store::opened as);
    void not_opened(room& r);
    void outdated(room& r, std::uint64_t newest);
    void open_later(room& r);
    using call_filter = std::function<bool(const protocol::envelope&)>;
    void refuse_waiting(room& r, errc why, const call_filter& which = {});
    void remove_unlisted(room& r);
    void note_told_to_move(room& r);
    void refuse_orphans(room& r);
    void seat_members(room& r, std::map<std::string, std::vector<protocol::session_id>>& evicted);
    void correct(room& r, const std::string& connector, const protocol::enrolled_room& list);
    void remove_unlisted(room& r, const std::string& connector, const protocol::enrolled_room& list);
    void end_enroll(const std::string& connector, room_list list);

    // room_mover.cpp: rooms that go
    void begin_generation();
    void send_on(const protocol::envelope& e);
    void turn_away(room& r);
    void stay(room& r);
    [[nodiscard]] room_baggage pack_up(room& r);
    void hand_over(const std::string& rid, room_baggage baggage);
    void hand_over_stored();
    void begin_closing(room& r);
    void hurry_closing(instant now);
    void finish_closing();
    [[nodiscard]] errc take_part(const std::string& rid, const std::string& sender, protocol::handover part);
    void take_in(const std::string& rid, room_baggage baggage);

    channel_options options_;
    cluster::peer& line_;
    cluster::rpc& rpc_;
    backend::store& history_;
    server serve_;
    whispers whispers_;
    std::mt19937_64 random_;
    protocol::view view_;
    std::vector<std::string> owners_;
    std::pair<std::uint64_t, std::uint64_t>
        begun_; ///< broker and generation that we have answered, or are answering
    bool settled_ = false, done_ = false;
    instant now_{};
    instant headed_{};
    instant ticked_{};
    std::uint64_t ticked_unix_ms_ = 0;

    std::unordered_map<std::string, std::unique_ptr<room>> rooms_;
    handovers leaving_;
    std::map<std::string, std::uint64_t> enrolled_; ///< connector -> nonce of the link it enrolled on
    std::map<std::string, room_list> enrolling_;    ///< connector -> its list so far
    /// By rid and sender: of two owners in quick succession, both may have what the room took along.
    std::map<std::pair<std::string, std::string>, arrival> arriving_;
    absences absent_;
    /// A session that was told to move, and how long its place is kept.
    struct awaited
    {
        instant until;
        std::string rid;
        protocol::member who;
    };
    std::deque<awaited> awaited_; ///< in the order of their ends
    std::set<std::string> active_;
    std::map<std::string, instant> remembering_; ///< rooms that remember former members, and until when
    std::set<std::string> closing_;              ///< rooms of that state
    std::vector<backend::store::opening> openings_;
    std::uint64_t last_opening_ = 0;
    bool open_again_ = false;              ///< the store could not: with the next tick
    std::optional<instant> refused_since_; ///< the store has opened nothing by this generation, as it is old
    std::vector<append> appends_;
    std::uint64_t &opened_, &handed_, &taken_back_, &conflicts_, &moved_, &overloaded_, &evicted_,
        &reenrolled_, &fenced_, &unopened_, &ghosts_, &lost_epochs_, &broadcasts_, &unpublished_,
        &unanswerable_, &unsaid_, &too_many_rooms_, &too_many_members_;
};

} // namespace citron::backend
