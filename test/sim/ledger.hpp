// What all clients of a run have seen, and the promises that must hold at every moment of it.
#pragma once

#include "common/protocol/json.hpp"
#include "test/sim/journal.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace citron::sim {

using protocol::json;

/// What the faults of a run may excuse. Without an excuse the strict form of every promise holds.
struct excuses
{
    bool epochs = false; ///< a chat server may be lost with its memory: new epochs, and what it had is gone
    /// A session may lose its name while its connector is cut off; and who has reconnected meanwhile may be
    /// shown a whisper again, of which nobody but its dead owner knew that it had arrived.
    bool kicks = false;
    bool refusals = false;      ///< requests may end as unavailable or timeout
    bool lost_signals = false;  ///< signals may: nobody repeats them
    bool lost_whispers = false; ///< messages to one may: the addressee's connector may be dead
    /// Longest time to an answer, after the last fault; the request's own timeout if that is shorter.
    milliseconds answer_within{10'000};
};

/// Where a client stands in a room's sequence of messages.
struct position
{
    std::string epoch;
    std::uint64_t offset = 0;
    bool operator==(const position&) const = default;
};

/// One time that one session spent in one room, as its client saw it.
struct stay
{
    std::string user, rid;
    unsigned session = 0;        ///< counts the connections of this client
    position at;                 ///< last message seen, or where it began
    std::set<std::string> users; ///< from enter's answer, onAdd and onLeave
    std::set<std::string> past_epochs;
    std::map<std::string, unsigned> last_of; ///< per sender's session, number of the last message seen
    instant from;
    std::optional<instant> until = std::nullopt;
    const stay* next = nullptr; ///< to which it moved, unseen by others

    /// When others saw it end.
    [[nodiscard]] std::optional<instant> seen_until() const { return next ? next->seen_until() : until; }
};

class ledger
{
public:
    ledger(const journal& log, excuses allowed) : log_(log), allowed_(allowed) {}

    // ---- rooms
    stay& entered(std::string user, unsigned session, std::string rid, const json& answer, instant now);
    void left(stay& s, instant now) { s.until = now; }
    /// From a connector that was leaving, with the key: it is as if `before` had not ended, if it was quick.
    static void came_back(stay& before, const stay& s);
    void chat(stay& s, const json& push);
    void add(stay& s, const std::string& user);
    void leave(stay& s, const std::string& user, instant now);
    void reset(stay& s, const json& push);
    /// Messages of a history page or of a resume: in order, and the same as everybody saw.
    void page(const std::string& rid, const json& answer, std::string_view what);
    /// A resume after `since`: exactly what was missed.
    void resumed(const stay& s, const position& since, const json& answer);

    // ---- messages to all
    void said(const std::string& content) { said_.insert(content); }
    /// By its client, under the same cid: it may come after what was said later, but only once.
    void said_again(const std::string& content) { said_again_.insert(content); }
    /// Refused before anybody looked at it: nobody ever sees it. Also a message to one.
    void not_taken(const std::string& content) { not_taken_.insert(content); }
    void acknowledged(const std::string& content, const std::string& rid, const json& answer);

    // ---- messages to one, and signals
    void whispered(const std::string& content, const std::string& to, const std::string& rid, instant sent);
    void whisper_acknowledged(const std::string& content, instant now);
    void whisper_unknown(const std::string& content, instant now); ///< refused: there is nobody of that name
    /// `session`: of the user, who may have several, one after the other.
    void whisper_seen(const std::string& content, const std::string& user, const std::string& session,
                      instant now);
    void signal_seen(const stay& s, const std::string& data);

    void complain(std::string text);
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    [[nodiscard]] const excuses& allowed() const { return allowed_; }

    // ---- for the verdict
    struct room
    {
        std::map<std::string, std::map<std::uint64_t, std::string>> epochs; ///< -> offset -> content
        std::vector<std::pair<std::string, position>> acknowledged;         ///< content, where it was stored
    };
    /// An onLeave: of whom, and where; whom it was shown to, and when.
    struct farewell
    {
        std::string user, rid, seen_by;
        instant when;
    };
    struct whisper
    {
        std::string to, rid;
        instant sent;
        std::optional<instant> acknowledged = std::nullopt, unknown = std::nullopt;
        std::vector<std::string> seen_by = {};
    };
    [[nodiscard]] const std::map<std::string, room>& rooms() const { return rooms_; }
    [[nodiscard]] const std::map<std::string, whisper>& whispers() const { return whispers_; }
    [[nodiscard]] const std::deque<stay>& stays() const { return stays_; }
    [[nodiscard]] const std::vector<farewell>& farewells() const { return farewells_; }
    [[nodiscard]] std::size_t messages() const { return placed_.size(); }

private:
    void place(const std::string& rid, const position& at, const std::string& content);
    void check_sender(stay& s, const std::string& content);
    [[nodiscard]] static std::string name(const stay& s);

    const journal& log_;
    excuses allowed_;
    std::deque<stay> stays_;
    std::map<std::string, room> rooms_;
    std::set<std::string> said_, said_again_, not_taken_;
    std::map<std::string, std::pair<std::string, position>> placed_; ///< content -> room and place
    std::map<std::string, whisper> whispers_;
    std::vector<farewell> farewells_;
    std::set<std::pair<std::string, std::string>> signals_; ///< session, data
    std::vector<std::string> complaints_;
};

} // namespace citron::sim
