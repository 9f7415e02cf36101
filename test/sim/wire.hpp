// The sockets of one link: DEALER and ROUTER both ways, and for a connector the SUB's own stream from the
// XPUB.
#pragma once

#include "test/sim/pipe.hpp"
#include "test/sim/scene.hpp"

#include <string>

namespace citron::sim {

class peer_process;
class broker_process;

enum class loss
{
    noticed, ///< the connection breaks; the broker hears of it soon, the peer if its monitor does
    silent,  ///< frames vanish both ways and nobody is told
    topic,   ///< only the stream of broadcasts breaks
    passing  ///< of that stream a few frames are missing, and nothing breaks
};

/// The directions of a link, to be combined.
enum way : unsigned
{
    to_broker = 1,
    from_broker = 2,
    broadcasts = 4
};

/// Lives as long as the run: its events refer to it. A frame that it accepted may be lost with the tail when
/// it ends.
class wire
{
public:
    wire(scene& s, peer_process& peer, broker_process& broker, std::string identity, std::string topic);
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    /// The peer has made its sockets: the broker hears of it a little later, if it runs.
    void connect();
    [[nodiscard]] bool ready() const { return ready_; } ///< the peer's DEALER takes frames
    void send_up(std::string bytes) { up_.send(std::move(bytes)); }
    void send_down(std::string bytes) { down_.send(std::move(bytes)); }
    void publish(std::string frame) { published_.send(std::move(frame)); }
    [[nodiscard]] bool full() const { return down_.full(); } ///< the broker's ROUTER takes no more for it
    [[nodiscard]] bool topic_full() const { return published_.full(); }

    /// The peer closes its sockets. `linger`: everything that was sent still arrives.
    void close(bool linger);
    void broker_died();
    void lose(loss how);
    /// What goes these ways arrives after `end` only. Both ends' TCP keeps trying: nobody is told.
    void stall(unsigned ways, instant end);
    void scramble(unsigned percent) { published_.scramble(percent); }

    [[nodiscard]] const std::string& identity() const { return identity_; }
    [[nodiscard]] const std::string& topic() const { return topic_; } ///< empty: no SUB

private:
    void accept();
    void subscribe();
    void part_from_broker(instant when);
    void unsubscribe(instant when);
    void tell_peer(instant when);
    void at_broker(instant when, void (wire::*what)());
    void detach();
    void subscription_gone();

    scene& scene_;
    peer_process& peer_;
    broker_process& broker_;
    std::uint64_t peer_life_, broker_life_;
    std::string identity_, topic_;
    pipe up_, down_, published_;
    bool ready_ = false, closed_ = false, subscribed_ = false;
    bool broken_ = false; ///< the connection has ended without the peer's doing
};

} // namespace citron::sim
