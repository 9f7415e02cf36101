// A user with a real Pomelo client: dials, enters rooms, talks, leaves, comes back; and tells the ledger what
// it sees.
#pragma once

#include "common/protocol/package.hpp"
#include "test/sim/connector_process.hpp"
#include "test/sim/ledger.hpp"
#include "test/sim/scene.hpp"
#include "test/sim/socket.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace citron::sim {

/// What clients of a run do, and how often.
struct habits
{
    std::vector<std::string> rooms;                       ///< that there are
    std::vector<std::string> users;                       ///< whom one may whisper to
    std::string contested;                                ///< a name that two clients want; empty: none
    duration pause{600'000};                              ///< longest time between two doings of one client
    unsigned leaving = 8;                                 ///< per cent of doings: disconnects
    unsigned vanishing = 15;                              ///< per cent of disconnects: without a word
    unsigned moving = 12;                                 ///< per cent of doings: enter, join or leave
    std::function<connector_process*()> choose_connector; ///< null: none is there
};

class client final : public socket_user
{
public:
    /// `label` tells clients apart whose users have the same name.
    client(scene& s, ledger& book, const habits& ways, std::string user, std::string label);
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void wake();      ///< begins to live: does something now and then
    void calm_down(); ///< from now on only sees to it that it is connected and in a room
    void
    probe(); ///< asks about its rooms a last time and does nothing more; the answers must agree at the end

    // ---- from sockets
    void connected(socket& s) override;
    void read(socket& s, const std::string& bytes) override;
    void disconnected(socket& s) override;
    [[nodiscard]] std::string home() const override { return label_; }

    [[nodiscard]] const std::string& user() const { return user_; }
    /// Open stays of a working connection, by room.
    [[nodiscard]] const std::map<std::string, stay*>& stays() const { return stays_; }
    [[nodiscard]] bool entering(const std::string& rid) const; ///< has asked to be let in, or had just now
    [[nodiscard]] socket* line() { return socket_; }
    [[nodiscard]] const frontend_process* server() const { return socket_ ? &socket_->server() : nullptr; }
    /// The answers to `users` of the last probe; empty while they are missing.
    [[nodiscard]] const std::map<std::string, std::set<std::string>>& rosters() const { return rosters_; }
    /// Requests that should have been answered long ago.
    void check_overdue();
    [[nodiscard]] std::size_t unanswered() const { return asked_.size(); }
    [[nodiscard]] std::string who() const { return label_ + "/" + std::to_string(session_); }

private:
    enum class act
    {
        enter,
        join,
        leave,
        send,
        whisper,
        signal,
        users,
        history
    };
    [[nodiscard]] static std::string_view name_of(act what);
    struct said
    {
        std::string content, target; ///< target: "*" or a user
        std::uint64_t when = 0;      ///< offset of the room when its answer came
    };
    struct question
    {
        act what = act::enter;
        std::string rid;
        std::string content; ///< sends
        std::string target;  ///< and to whom: "*" or a user
        std::optional<position> since;
        std::uint32_t id = 0;
        instant sent;
        duration frozen{0};           ///< how long the connector and the line had stood still by then
        const stay* inside = nullptr; ///< the stay in rid in which it was asked
        bool same_key = false;        ///< enter: with the resumeKey of the last connection
        bool own_name = false;        ///< enter: and whoever holds the name in rid holds it by that key
        bool again = false;           ///< a message that it has said before, under the same cid
        bool complained = false;

        [[nodiscard]] bool enters() const { return what == act::enter || what == act::join; }
    };

    void doing();
    void arm();
    void do_in_room();
    void move();
    void dial();
    void go_back();
    void go(ending how);
    void drop(socket& s);
    void ask(std::string_view route, question q, const std::string& body);
    void enter(const std::string& rid, act how);
    void leave(const std::string& rid);
    void send(const std::string& rid, const std::string& target);
    void say(const std::string& rid, const said& message, bool again = false);
    void say_once_more(const std::string& rid, const said& message);
    void say_again(const std::string& rid);
    void repeat(const std::string& rid);
    void doubt(const question& q);
    void signal(const std::string& rid);
    void look(const std::string& rid, act what);
    void heartbeat(unsigned session);
    [[nodiscard]] bool hears_nothing() const;
    void give_up();

    void on_package(const protocol::package& p);
    void on_message(const protocol::client_message& m);
    void on_kick(std::string_view body);
    void on_push(std::string_view route, const json& body);
    void on_reply(const question& q, const json& body);
    void on_answer(const question& q, const json& body);
    void on_refusal(const question& q, const std::string& reason);
    void on_too_fast(const question& q);
    void on_entered(const question& q, const json& body);
    void end_stay(const std::string& rid, instant when);
    void end_stay(const std::string& rid) { end_stay(rid, scene_.clock.now()); }
    [[nodiscard]] duration stood_still() const;
    void remember(const question& q);
    void on_stored(const question& q, const json& body);
    void check_name(const question& q);
    void check_timeout(const question& q);
    [[nodiscard]] bool overdue(const question& q) const;
    [[nodiscard]] std::string next_content();
    [[nodiscard]] bool moving() const;

    scene& scene_;
    dice chance_;
    ledger& book_;
    const habits& ways_;
    std::string user_, label_;
    bool calm_ = false, still_ = false, working_ = false;
    std::deque<socket> sockets_; ///< every one ever made
    socket* socket_ = nullptr;
    instant heard_;        ///< the server, or dialled it
    std::string received_; ///< bytes that are not a whole WebSocket frame yet
    unsigned session_ = 0, said_ = 0;
    std::uint32_t next_id_ = 1;
    std::map<std::uint32_t, question> asked_;
    std::map<std::string, stay*> stays_;
    std::deque<std::string> back_to_;           ///< rooms where it was when its server told it to move
    std::map<std::string, stay*> moved_;        ///< and the stays that ended so
    std::map<std::string, position> last_seen_; ///< by room, of the last stay that has ended
    std::map<std::string, std::set<std::string>> rosters_;
    std::string resume_key_;
    bool names_its_messages_; ///< gives each a cid, and says it again as long as it does not know its fate
    std::map<std::string, std::vector<said>> doubtful_; ///< such messages, by room
    std::map<std::string, std::vector<said>> stored_;   ///< by room: those whose place it knows
    std::map<std::uint32_t, std::pair<const stay*, instant>>
        acknowledged_; ///< sends of this connection: in which stay, and when
    std::map<std::string, std::string>
        keys_; ///< by room: the secret of the resumeKey that it was certainly there with last
    std::map<std::string, instant> cut_short_; ///< by room: when a connection ended that was to be let in
    std::set<std::string> late_; ///< rooms that a connection which vanished may get into yet, by an older key
    std::map<std::string, instant> orphaned_; ///< by room: when its connector died while it was there
};

} // namespace citron::sim
