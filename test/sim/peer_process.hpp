// A process with a line to the broker: carries out what its cluster::peer decides, as the link does with real
// sockets.
#pragma once

#include "common/cluster/peer.hpp"
#include "common/protocol/counters.hpp"
#include "test/sim/process.hpp"
#include "test/sim/wire.hpp"

#include <memory>
#include <optional>
#include <string>

namespace citron::sim {

class broker_process;

class peer_process : public process
{
public:
    peer_process(scene& s, std::string id, protocol::server_kind kind, broker_process& broker);

    void read(const wire& from, std::string_view bytes);
    void read_published(const wire& from, std::string_view frame);
    void wire_lost(const wire& which);

    /// Breaks the present link, if there is one.
    void lose_link(loss how);
    /// A partition: what goes these ways of the present link is late, and a new one is not made, for `time`.
    void cut_off(unsigned ways, duration time);
    [[nodiscard]] instant cut_off_until() const { return cut_off_until_; }
    /// Somebody sets this machine's wall clock.
    void set_clock(milliseconds by) { skew_ += by.count(); }
    /// All that this process has counted in its lives.
    [[nodiscard]] const protocol::counters& counters() const { return counters_; }
    [[nodiscard]] std::size_t waiting_frames(); ///< those that the socket has not taken

protected:
    [[nodiscard]] virtual cluster::peer& line() = 0;
    [[nodiscard]] cluster::peer_options peer_options();
    /// Milliseconds since 1970, as this machine sees it.
    [[nodiscard]] std::uint64_t wall_clock() const;

    void halt() override;
    void carry_out() override;
    void say_bye(); ///< queues bye, and kills the process when that has been sent

    protocol::counters counters_;

private:
    void open(std::uint64_t nonce);

    protocol::server_kind kind_;
    broker_process& broker_;
    std::int64_t skew_; ///< of this machine's wall clock, ms
    instant cut_off_until_;
    wire* wire_ = nullptr;
    bool leaving_ = false;
};

} // namespace citron::sim
