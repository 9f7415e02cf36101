// PURE. A whole chat server "s1" and the cluster around it, as a transcript: what it hears, and what it says.
#pragma once

#include "backend/chat_server.hpp"
#include "backend/history/memory_store.hpp"
#include "test/sim/shared_store.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace citron::backend::test {

using lines = std::vector<std::string>;
using protocol::member;

/// "s1" is alone with the connectors c1 and c2; nothing is settled, nobody has enrolled.
class room_stage
{
public:
    /// `disk`: where its history is; nullptr: in its memory.
    explicit room_stage(channel_options options = {}, database* disk = nullptr);

    // ---- what the broker says
    void connector_comes(const std::string& id);
    void chat_server_comes(const std::string& id);
    void goes(const std::string& id);           ///< is declared dead
    void loses_its_link(const std::string& id); ///< is not in the view, and not declared dead
    void drains(const std::string& id);         ///< is marked as draining
    void comes_back(const std::string& id);     ///< the same life on a new link
    void settle();
    void settle(std::uint64_t generation);
    void lose_line();
    /// A new line after the pause. `fresh`: the broker had declared us dead.
    void new_line(bool fresh);

    // ---- what connectors say
    /// The whole list of a connector: these members in the room `rid`, or nobody anywhere.
    void enroll(const std::string& connector, const std::vector<member>& members = {},
                const protocol::head& seen = {}, const std::vector<protocol::session_id>& joining = {});
    void enroll_part(const std::string& connector, const protocol::enroll& part);
    [[nodiscard]] protocol::enroll_entry entry(const std::string& room, const std::vector<member>& members,
                                               const protocol::head& seen = {}) const;
    /// Settled, and every connector has nobody anywhere.
    void serve();
    /// Calls get the ids 1, 2, 3 ...
    void call(const std::string& from, std::string_view route, const std::string& body);
    void notify(const std::string& from, std::string_view route, const std::string& body);
    void enter(const member& who) { enter({.who = who}); }
    void enter(const protocol::add& request);
    void kick(const member& who);
    void sync(const std::string& connector, const protocol::head& seen);
    void ask(const member& who, std::string_view route, const std::string& json, std::uint64_t number = 0,
             std::uint64_t low = 0);
    /// A numbered send to all.
    void send(const member& who, std::uint64_t number, const std::string& text, std::uint64_t low = 0);
    /// The answer to a call that it made.
    void reply(std::uint64_t call, errc code, const std::string& from = "c1");

    // ---- what other chat servers say
    /// One part of a room that comes; in the present generation unless the part names another.
    void hand_over(protocol::handover part, const std::string& from = "s2");
    /// The answer to every part that it sent since the last time.
    void answer_parts(errc code = errc::ok, const std::string& from = "s2");
    void hear(const protocol::envelope& e);

    // ---- time, and the turns of its loop
    void pass(milliseconds time);             ///< in ticks of 100 ms
    void turn();                              ///< what was gathered is stored, and what comes of that
    void end_turn() { server.end_turn(now); } ///< handed to the store, which has not done it yet

    /// What it has sent by the end of this turn, since the last question: one line per frame, beats and
    /// hellos left out. Epochs read e1, e2 ... in the order in which they appear:
    ///   c1: #3 ok {"users":["ann"]}             the answer to call 3
    ///   c1,c2: lobby 1.3 e1@1 {...}             a broadcast: term, rev, epoch, offset, the push
    ///   c1: lobby at 1.0 e1@0, lost, [ann]      where the room stands, after an enroll or a sync
    ///   lobby: last 1.2 e1@1, ann bob           one part of a room that is handed over
    ///   s2: part ok                             the answer to one that comes
    /// Terms lie in a generation: "3" is the third of the first one, "2/3" of the second one.
    lines says();
    std::string epoch(std::size_t number) const; ///< of name "e1", "e2" ...: as it really reads
    /// In a term of the first generation.
    [[nodiscard]] protocol::head at(std::uint64_t term, std::uint64_t rev, std::uint64_t offset) const;
    static std::uint64_t term(std::uint64_t generation, std::uint64_t number);
    /// Ids of the calls that it made, as says() showed them.
    std::vector<std::uint64_t> calls;

    static member who(std::string user, std::string connector, protocol::session_id session,
                      std::string key = {});
    [[nodiscard]] std::uint64_t generation() const { return view.generation; }
    std::uint64_t count(std::string_view name) { return counters.at(name); }
    /// A room that s1 keeps, or loses, when s2 comes.
    static std::string room_of(std::string_view owner);

    std::string rid = "lobby";  ///< the room that all of this is about
    std::uint64_t clock = 1000; ///< wall clock
    instant now{std::chrono::hours(1)};
    protocol::counters counters;
    protocol::view view;
    memory_store store; ///< if there is no disk
    std::unique_ptr<sim::shared_store> on_disk;
    chat_server server;

private:
    void show(bool owners_changed);
    void welcome(bool fresh);
    protocol::server_info& server_named(const std::string& id);
    std::string named(const std::string& epoch);
    std::string text_of(const protocol::head& at);
    std::string text_of(const protocol::envelope& e);
    std::string text_of_reply(const protocol::envelope& e);
    std::string text_of_notify(const protocol::envelope& e);
    std::string text_of_call(const protocol::envelope& e);
    std::string text_of(const protocol::handover& part);
    std::string text_of(const protocol::sync_state& s);
    std::string renamed(std::string text);

    std::uint64_t next_call_ = 1, nonces_ = 100;
    std::map<std::uint64_t, std::string> asked_; ///< call -> route
    std::vector<std::uint64_t> parts_;           ///< calls that it made to hand rooms over
    std::vector<std::string> epochs_;
};

} // namespace citron::backend::test
