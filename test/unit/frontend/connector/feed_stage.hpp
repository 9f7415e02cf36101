// A room as its connector follows it: events and an owner's words go in; what members hear and what the owner
// is asked comes out.
#pragma once

#include "frontend/connector/room_feed.hpp"
#include "test/unit/cluster/line.hpp"
#include "test/unit/frontend/ear.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend::test {

using protocol::head;

/// The room is "lobby". A message's body is its offset.
class feed_stage : public session_handler
{
public:
    explicit feed_stage(feed_options options = {});

    /// In term 1 and epoch "e" unless told otherwise.
    [[nodiscard]] static head at(std::uint64_t rev, std::uint64_t offset)
    {
        return {.term = 1, .rev = rev, .epoch = "e", .offset = offset};
    }

    // ---- members
    place& joining(const std::string& user);
    void admit(place& p, const head& position, std::vector<std::string> users = {"ann"});
    [[nodiscard]] bool can_join(const head& position) { return feed.can_join(lobby(), position); }
    /// Both at once: the first one makes its position the room's.
    place& member(const std::string& user, const head& position);

    // ---- what comes from the cluster
    void chat(const head& at);
    void add(const head& at, const std::string& user) { presence(at, protocol::event::add, user); }
    void leave(const head& at, const std::string& user) { presence(at, protocol::event::leave, user); }
    void heads(std::initializer_list<protocol::room_head> list) { feed.on_heads({list}, now()); }
    /// The owner tells by itself.
    void state(const protocol::sync_state& s) { feed.on_state("lobby", s, now()); }
    /// The owner answers what it was asked last; asked() has seen that.
    void answer(const protocol::sync_state& s) { answer(protocol::errc::ok, protocol::pack(s)); }
    void answer(protocol::errc code, std::string_view body = {});
    [[nodiscard]] static protocol::message message(std::uint64_t offset);
    void pass(milliseconds time); ///< in ticks of 50 ms

    // ---- what comes of it
    /// What the owner was asked since the last question: "1.10" = what came after rev 10 of term 1.
    [[nodiscard]] strings asked();
    [[nodiscard]] strings hears(place& p)
    {
        feed.show_runs();
        return hear(*p.client);
    }
    [[nodiscard]] room& lobby() { return *index.find("lobby"); }
    [[nodiscard]] instant now() const { return line.now; }

    void on_request(session&, const request&, instant) override {}
    void on_session_closed(session&, instant) override {}

    cluster::test::line line{protocol::server_kind::connector};
    cluster::rpc rpc{line.peer, line.counters};
    room_index index;
    room_calls calls{{}, rpc, line.counters};
    session_service sessions{{}, *this, line.counters};
    std::vector<session_id> evicted;
    room_feed feed;

private:
    void presence(const head& at, protocol::event what, const std::string& user);
    void broadcast(const head& at, protocol::event what, std::string user, std::string push);

    std::uint64_t last_asked_ = 0;
};

} // namespace citron::frontend::test
