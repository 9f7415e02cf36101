// PURE. Who is alive: server id, incarnation, link, last sign of life; and the view that says so to
// everybody.
#pragma once

#include "broker/departed.hpp"
#include "broker/gathering.hpp"
#include "broker/home_store.hpp"
#include "common/protocol/contract.hpp"
#include "common/protocol/counters.hpp"
#include "common/protocol/frame.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace citron::broker {

struct registry_options
{
    std::uint64_t nonce = 1;           ///< of this broker process; never 0
    std::string id = "broker";         ///< its server id; "broker" names it too
    std::vector<std::string> expected; ///< ids that conf names: a fresh broker waits for them
    /// What conf says that they are: nothing else is taken in by such an id.
    std::map<std::string, protocol::server_kind, std::less<>> kinds;
    milliseconds beat{500};     ///< how often we say that we live
    milliseconds silence{2000}; ///< so long without a frame is death
    milliseconds stall{500};    ///< our own loop stood still that long: everybody gets fresh time
    milliseconds gather{1500};  ///< so long after the first hello a fresh broker waits for the missing
    /// Silence that is death while this server's `done` is missing. A beat, a link that breaks, the pause
    /// before the next one and its hello take up to 1,100 ms: whoever only lost his link is waited for.
    milliseconds holder_silence{1500};
    milliseconds store_patience{30'000}; ///< see home_store
    milliseconds remember{600'000};      ///< how long the dead are listed
    std::size_t remember_max = 1000;
};

/// A server that said hello and has not died since.
struct registered
{
    protocol::server_info info;
    // Both are shared with everything that is on its way there.
    protocol::frame identity; ///< ROUTER identity of its present link; "" = cut off, it must say hello again
    protocol::frame topic;    ///< connectors: what it must subscribe to
    instant heard;
    bool subscribed = false;
    bool returning = false; ///< was declared dead; in the view only once it has shown that it knows
    std::uint64_t done = 0; ///< newest generation that it reported done

    /// In the view. A connector only with its subscription: what is published to it earlier would be lost.
    [[nodiscard]] bool in_view() const;
    /// A published frame reaches it.
    [[nodiscard]] bool hears_topic() const { return subscribed && identity.size() > 0; }
};

class registry
{
public:
    registry(registry_options options, protocol::counters& counters, instant now);

    /// What became of a hello.
    struct admission
    {
        const registered* peer = nullptr; ///< null: refused
        bool fresh = false;               ///< its incarnation had been declared dead
        std::string_view refusal;         ///< "duplicate_id" | "stale" | "bad_hello" | "reserved_id"
    };
    [[nodiscard]] admission admit(std::string_view identity, const protocol::hello& hello, instant now);

    /// The peer of this socket, or null.
    [[nodiscard]] const registered* by_identity(std::string_view identity) const;
    /// A newer link of the same server has replaced this socket.
    [[nodiscard]] bool retired(std::string_view identity) const;

    // What a registered socket says. Precondition: by_identity(identity).
    /// Any frame, from one who knew the view `known`.
    void hear(std::string_view identity, const protocol::view_id& known, instant now);
    void drain(std::string_view identity, instant now);
    void leave(std::string_view identity, instant now); ///< bye: forgotten after this
    /// It has handed over what is not its own in `generation`.
    void done(std::string_view identity, std::uint64_t generation);

    /// A connector could subscribe to this.
    [[nodiscard]] static bool is_topic(std::string_view topic);
    /// False, and counted, when this is no topic.
    bool subscribe(std::string_view topic, bool subscribed, instant now);
    /// This link, or that of the connector with this topic, has lost something: it must say hello again.
    void cut(std::string_view identity, instant now);
    void cut_topic(std::string_view topic, instant now);
    void tick(instant now);

    [[nodiscard]] const protocol::view& view() const { return view_; }
    [[nodiscard]] const registered* find(std::string_view id) const;
    [[nodiscard]] const std::map<std::string, registered, std::less<>>& all() const { return peers_; }
    /// The owner of the room; null while this broker gathers and when there is none.
    [[nodiscard]] const registered* owner_of(std::string_view room) const;
    /// Ids of the servers that own rooms, sorted; empty while this broker gathers.
    [[nodiscard]] const std::vector<std::string>& owners() const { return owners_; }
    /// Every chat server is done with this generation; 0: none yet.
    [[nodiscard]] std::uint64_t settled() const { return settled_; }
    [[nodiscard]] const registry_options& options() const { return options_; }

    /// Sockets and topics whose link has ended (dead, replaced, cut): nothing parked for them is worth
    /// keeping.
    [[nodiscard]] std::vector<std::string> take_ended() { return std::exchange(ended_, {}); }
    /// Lines for the log: "peer.in id=chat-1 ...".
    [[nodiscard]] std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

private:
    using table = std::map<std::string, registered, std::less<>>;

    /// Why a hello cannot be taken in; empty: it can.
    [[nodiscard]] std::string_view objection(std::string_view identity, const protocol::hello& hello,
                                             instant now) const;
    /// Takes note of the view that a hello reports. True when the sender has been declared dead meanwhile.
    [[nodiscard]] bool learn(const protocol::hello& hello, instant now);
    /// The view number that a peer reports, as far as it can be.
    [[nodiscard]] std::uint64_t believed(std::uint64_t number) const;
    void send_back_the_dead();
    void link(registered& peer, std::string_view identity, const protocol::server_info& self, bool fresh,
              instant now);
    void end_link(registered& who);
    void bury(table::iterator who, std::string_view why, instant now);
    [[nodiscard]] bool overdue(const registered& who, instant now) const;
    /// Everybody waits for this server's `done`.
    [[nodiscard]] bool holds_up(const registered& who) const;
    void refresh(instant now);
    void adopt(protocol::view next);
    void note_strangers(const protocol::view& next);
    void settle();

    registry_options options_;
    table peers_;
    std::map<std::string, registered*, std::less<>> links_; ///< by identity; points into peers_
    std::deque<std::string> retired_;                       ///< identities of replaced links, oldest first
    std::deque<std::string> topics_;                        ///< subscribed now, oldest first
    departed departed_;
    gathering gathering_;
    home_store home_;
    protocol::view view_;
    std::vector<std::string> owners_;
    std::uint64_t settled_ = 0;
    instant ticked_;
    std::vector<std::string> ended_, notes_;
    std::uint64_t &deaths_, &views_, &generations_, &settlings_, &stalls_, &cuts_, &bad_topics_;
};

} // namespace citron::broker
