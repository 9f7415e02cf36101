// A whole connector without sockets: clients speak WebSocket messages, the broker speaks frames, and both are
// heard in words.
#pragma once

#include "frontend/connector/connector.hpp"
#include "test/unit/frontend/ear.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend::test {

using protocol::errc;
using protocol::head;

/// The connector is "c1"; rooms belong to the chat server "s1".
class stage
{
public:
    static constexpr std::uint64_t boot = 77; ///< of the connector

    explicit stage(connector_options options = {});

    /// In term 1 and epoch "e".
    [[nodiscard]] static head at(std::uint64_t rev, std::uint64_t offset)
    {
        return {.term = 1, .rev = rev, .epoch = "e", .offset = offset};
    }

    // ---- the broker
    void link(); ///< a new socket; its hello is not answered yet
    void welcome(const protocol::view& v);
    void tell(const protocol::view& v); ///< a later view
    void up();                          ///< link, and the welcome to view(1)
    void lose() { server.line().on_lost(now); }
    void fill_line(); ///< nothing more can be queued until sends() has taken what waits
    /// The connector with its present link, and s1.
    [[nodiscard]] protocol::view view(std::uint64_t generation) const;

    // ---- clients
    session& connect(); ///< whose handshake is over
    void ask(const session& s, std::uint32_t id, std::string_view route, std::string_view body);
    /// One who has entered "lobby" at (10, 5) unless told otherwise; its answer has been heard.
    session& member(const std::string& user, const std::string& rid = "lobby");
    void enter(session& s, const std::string& user, const std::string& rid, const head& position = at(10, 5));
    void join(session& s, const std::string& rid, const head& position = at(10, 5));
    [[nodiscard]] strings hears(session& s)
    {
        server.on_flush();
        return hear(s);
    }

    // ---- what the cluster is told
    /// Everything that left since the last question, beats and hellos left out, one item per frame:
    ///   add lobby ann#1             session 1 wants in, as ann; "since e/5" behind it when it resumes
    ///   kick lobby ann#1            has left
    ///   kick lobby ann#1 moving     was told to move
    ///   send lobby ann#1 2/1 {...}  a client's request: its number, and the first one not answered
    ///   users lobby ann#1 {...}     one without a number
    ///   sync lobby 1.10             what came after rev 10 of term 1?
    ///   enroll 2 first last lobby@1.10 ann#1/1 joining 2   a part of the list: a room's members and next;
    ///                                                      a room that comes in two entries is there twice
    ///   sends reply 7 ok
    strings sends();
    /// The owner answers the newest call whose words begin with `what`; sends() has seen that.
    void answer(std::string_view what, errc code, std::string_view body = {}, const std::string& from = "s1");
    void admit(std::string_view what, const head& position, std::vector<std::string> users = {"ann"});
    /// The member as the newest frame whose words begin with `what` names it.
    [[nodiscard]] protocol::member who(std::string_view what) const;

    // ---- what the cluster tells
    void publish(const std::string& rid, const head& at); ///< a message; its body is its offset
    void publish(std::string_view route, std::string_view body);
    void call(std::uint64_t id, std::string_view route, std::string_view body,
              const std::string& rid = "lobby");
    void notify(std::string_view route, std::string_view body, const std::string& rid = "lobby");

    void pass(milliseconds time); ///< in ticks of 50 ms, while the broker beats
    /// The wall clock, which runs like `now` but shows something else.
    [[nodiscard]] std::uint64_t unix_ms() const
    {
        return unix_offset + static_cast<std::uint64_t>(now.time_since_epoch() / milliseconds(1));
    }

    /// The resumeKey of a client which has presented `secret` on a connection opened just now.
    [[nodiscard]] std::string given(std::string_view secret) const
    {
        return resume_key{.secret = std::string(secret), .stamp = unix_ms()}.text();
    }

    instant now{std::chrono::hours(1)};
    std::uint64_t unix_offset = 1'700'000'000'000;
    protocol::counters counters;
    std::uint64_t answered_before = 0; ///< client_request::answered of the last send that went out
    connector server;

private:
    struct sent
    {
        std::string words;
        std::string room;
        std::uint64_t id = 0;
        protocol::member who;
    };

    void hear_frame(protocol::envelope e);
    [[nodiscard]] sent read(const protocol::envelope& e);
    [[nodiscard]] const sent& newest(std::string_view what) const;

    std::uint64_t nonce_ = 0;
    std::vector<sent> sent_;
};

/// `so_many` rooms per connection.
[[nodiscard]] connector_options with_rooms(std::size_t so_many);

} // namespace citron::frontend::test
