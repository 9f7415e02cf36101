// PURE. A switchboard and the peers around it, as a transcript: who says what, and what each then hears.
#pragma once

#include "broker/switchboard.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::broker::test {

/// One server process and its present socket.
struct actor
{
    protocol::server_info self;
    protocol::view known; ///< the newest view it has heard
    std::string topic() const { return protocol::topic_of(self.id, self.nonce); }
    std::string identity() const { return protocol::identity_of(self.id, self.nonce); }
};

class stage
{
public:
    explicit stage(registry_options options = {});

    actor make(std::string id, protocol::server_kind kind, std::uint64_t boot = 1);
    /// A server that is in: hello, and a connector's subscription; what it heard so far is forgotten.
    actor enter(std::string id, protocol::server_kind kind);
    actor chat(std::string id) { return enter(std::move(id), protocol::server_kind::chat); }
    actor connector(std::string id) { return enter(std::move(id), protocol::server_kind::connector); }
    actor gate(std::string id) { return enter(std::move(id), protocol::server_kind::gate); }

    void hello(actor& who);
    void reopen(actor& who); ///< a new socket of the same life, and hello
    void subscribe(const actor& who, bool on = true);
    /// Fills in `from` and the view that `who` knows.
    void say(const actor& who, protocol::envelope e);
    void say(const actor& who, protocol::kind k) { say(who, {.kind = k}); }
    void done(const actor& who, std::uint64_t generation);
    void raw(std::string_view identity, std::string bytes)
    {
        board.on_frame(identity, std::move(bytes), now, role);
    }

    /// Time passes in ticks of 100 ms; those who `beat` do so every 500 ms.
    void pass(protocol::milliseconds time, const std::vector<const actor*>& beating = {});
    /// One pause without any tick: our own loop stands still.
    void stand_still(protocol::milliseconds time);

    /// What arrived at the socket of `who` since the last question, one item per frame, beats left out:
    /// "welcome 3.2 c1,s1; view 4.4 c1,s1,s2; refused unknown; call 7 from c1; reply 7 unavailable; settled
    /// 4". A view reads number.generation and who is in it ("-": nobody), "!" before it while the broker
    /// gathers.
    std::string hears(actor& who);
    /// The same for its topic, beats too.
    std::string hears_on_topic(const actor& who);
    /// Bodies of what hears() left out of its words, oldest first; read before hears().
    std::vector<std::string> frames(const actor& who);

    std::uint64_t count(std::string_view name) { return counters.at(name); }
    std::string now_alive() const; ///< as in a view

    std::optional<std::string_view> role = {}; ///< whose key the sockets show that speak from now on
    instant now{std::chrono::hours(1)};
    protocol::counters counters;
    switchboard board;

private:
    void collect();

    std::uint64_t nonces_ = 100;
    std::map<std::string, std::vector<std::string>> inbox_; ///< by identity or topic
};

} // namespace citron::broker::test
