// PURE. Which of our sessions are in which room, what each has been shown, and how far each room has come.
#pragma once

#include "common/protocol/contract.hpp"
#include "common/protocol/frame.hpp"
#include "frontend/connector/room_calls.hpp"
#include "frontend/session.hpp"

#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace citron::frontend {

struct room;

/// One session in one room. There are as many as there are clients: what is mostly empty here is a list,
/// which then holds no memory.
struct place
{
    session* client = nullptr;
    room* in = nullptr;
    std::string user;
    bool joining = true;                                ///< the owner has not answered yet
    protocol::head position;                            ///< nothing at or below it is shown
    std::uint64_t joined = 0;                           ///< ms since 1970, as the owner said
    std::uint64_t serial = 0;                           ///< later joins of this process have higher ones
    std::uint64_t next_send = 1;                        ///< number of the next send; grows by one each
    std::map<std::uint64_t, room_calls::call_id> sends; ///< by number: not answered yet
    instant resent{}; ///< when sends were last repeated because the owner wanted an earlier one
    room_calls::call_id join_call = 0;
    struct whisper
    {
        std::string from;
        std::uint64_t number = 0;
        instant shown;
    };
    std::list<whisper> whispers; ///< lately shown, newest last

    /// The first send without an answer: every lower number has one.
    [[nodiscard]] std::uint64_t low() const { return sends.empty() ? next_send : sends.begin()->first; }
    /// From this number on and below `number` all have one.
    [[nodiscard]] std::uint64_t answered_before(std::uint64_t number) const
    {
        const auto next = sends.lower_bound(number);
        return next == sends.begin() ? low() : std::prev(next)->first + 1;
    }
    /// What is to be done with this message, see contract deliver. It is remembered if it is to be shown.
    enum class whisper_fate
    {
        show,
        repeat, ///< it was shown before
        later   ///< too many lately: which of them were shown could not be told any more
    };
    [[nodiscard]] whisper_fate note_whisper(std::string_view from, std::uint64_t number, instant now);
};

/// What an event does to the list of who is there.
struct roster_change
{
    protocol::event what = protocol::event::chat;
    std::string user;

    void apply(std::set<std::string>& users) const
    {
        if (what == protocol::event::add)
            users.insert(user);
        else if (what == protocol::event::leave)
            users.erase(user);
    }
    /// It is about this user's coming or going. Nobody is told of himself: who was given up with his
    /// connector is back before he could know.
    [[nodiscard]] bool is_of(std::string_view name) const
    {
        return (what == protocol::event::add || what == protocol::event::leave) && user == name;
    }
};

struct room
{
    /// What members have been shown, for those whose join is not answered yet.
    struct shown
    {
        enum class kind : std::uint8_t
        {
            event,   ///< as broadcast: whoever stands before `at` needs it
            message, ///< one that was missed and came without its rev: its offset says who needs it
            roster   ///< who was there at `at`, in place of the onAdd and onLeave that were missed
        };
        protocol::head at;
        kind what = kind::event;
        protocol::frame frame;       ///< event, message
        roster_change change;        ///< event
        std::set<std::string> users; ///< roster
    };

    std::string rid;
    bool known = false;           ///< `seen` and `roster` say something
    protocol::head seen;          ///< the last event shown to members, without holes before it
    std::set<std::string> roster; ///< names as of `seen`
    std::vector<place*> members;  ///< joined places of this connector
    std::vector<place*> joining;  ///< places whose join is not answered
    /// Members whose position is beyond `seen`: who was there when they joined.
    std::map<const place*, std::set<std::string>> ahead;
    std::list<protocol::broadcast>
        held; ///< events that cannot be shown yet: a hole before them, or nothing known
    std::size_t held_bytes = 0;
    std::list<shown> recent; ///< everything shown after `recent_from`, while joins are not answered
    std::size_t recent_bytes = 0;
    protocol::head recent_from;
    /// Events that every member is to be shown, as WebSocket frames in a row. What comes in one turn is
    /// appended to outboxes as one frame, and copied to each socket in one piece.
    std::string run;
    bool syncing = false; ///< the owner is being asked what we missed
    /// Where a repair that comes in parts leads: messages after `seen` may have been shown by it already.
    protocol::head repaired_to;

    /// `recent` begins anew here.
    void forget_recent();
};

/// What one session was whispered in rooms that it has left lately: should it come back, repeats are known.
class left_whispers
{
public:
    void keep(place& p);    ///< of a place that ends
    void restore(place& p); ///< to a new one

private:
    std::list<std::pair<std::string, std::list<place::whisper>>> rooms_; ///< at most eight, newest last
};

/// True when `a` comes before `b` in the room's order of events.
[[nodiscard]] inline bool before(const protocol::head& a, const protocol::head& b)
{
    return a.term != b.term ? a.term < b.term : a.rev < b.rev;
}

class room_index
{
public:
    /// Makes the room if need be. Precondition: the session has no place there.
    place& add(session& client, const std::string& rid, std::string user);
    /// Ends a place, and the room when nobody is left in it. The reference dies.
    void remove(place& p);
    /// Turns a joining place into a member.
    void admit(place& p);

    [[nodiscard]] room* find(const std::string& rid);
    [[nodiscard]] place* find(session_id client, std::string_view rid) const;
    /// The place with this serial.
    [[nodiscard]] place* find(session_id client, std::uint64_t serial) const;
    /// The place of this client whose send, not answered yet, is this call; nullptr: none.
    [[nodiscard]] place* sender(session_id client, room_calls::call_id send) const;
    /// The place that a request of this client is about: its only one where it is a member, or that of the
    /// `rid` in the body. not_entered: it is no member there; bad_request: it is in several, and names none.
    [[nodiscard]] protocol::result<place*> meant(session_id client, std::string_view body) const;
    /// Places of one session, in the order they were added.
    [[nodiscard]] std::span<const std::unique_ptr<place>> places(session_id client) const;
    [[nodiscard]] std::map<std::string, std::unique_ptr<room>>& rooms() { return rooms_; }
    [[nodiscard]] const std::map<std::string, std::unique_ptr<room>>& rooms() const { return rooms_; }
    /// An upper bound of what an enroll list says of all places, in bytes.
    [[nodiscard]] std::size_t told_bytes() const { return told_bytes_; }

private:
    static std::size_t told_bytes(const place& p);

    std::map<std::string, std::unique_ptr<room>> rooms_;
    std::unordered_map<session_id, std::vector<std::unique_ptr<place>>> places_;
    std::uint64_t serial_ = 0;
    std::size_t told_bytes_ = 0;
};

} // namespace citron::frontend
