// The I/O shell of peer: its sockets to the broker, the clock, and the ticks. Decides nothing.
#pragma once

#include "common/cluster/endpoints.hpp"
#include "common/cluster/key_files.hpp"
#include "common/cluster/peer.hpp"
#include "common/cluster/zmq_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::cluster {

/// Called on the loop. Both may send through peer; it is pumped afterwards.
struct link_hooks
{
    /// Every 100 ms, after everything that waited was read and after peer.on_tick.
    std::function<void(instant)> on_tick = [](instant) {};
    /// At the end of every turn that read frames, ticked, or was asked for by flush(): carry out what was
    /// decided.
    std::function<void(instant)> after_turn = [](instant) {};
    /// Another living server holds our id: the line to end with. Default: runtime::give_up.
    std::function<void(const std::string& line)> on_refused = {};
};

/// Asked before each line is opened: keys may have been changed meanwhile. May throw runtime::config_error.
using key_source = std::function<link_keys()>;

class link
{
public:
    /// `ways`: at least one, best first. `keys`: none where the broker asks for none. All references must
    /// outlive this.
    link(net::io_context& loop, zmq_context& context, peer& line, std::vector<link_endpoints> ways,
         link_hooks hooks, key_source keys = {});
    ~link(); ///< stop()
    link(const link&) = delete;
    link& operator=(const link&) = delete;

    /// Opens the line, and goes on opening it whenever it is lost. Throws runtime::config_error for a bad
    /// endpoint or key.
    void start();
    /// Sends what waits (a bye, say), as far as the socket takes it, and closes. No hook is called any more.
    void stop();
    /// A turn soon. For whoever changed PURE state outside a hook: a client's message, a timer, a stored
    /// batch.
    void flush();

    /// The process' monotonic clock: what PURE classes get as `now`.
    [[nodiscard]] static instant now() { return std::chrono::steady_clock::now(); }

private:
    net::awaitable<void> tick(std::shared_ptr<bool> alive);
    void catch_up();
    void on_tick();
    void on_hint(std::string_view why);
    void turn();
    void choose_way();
    void read_keys();
    void show_keys(zmq_stream& socket);
    void open(std::uint64_t nonce);
    void lose();
    void close_sockets();
    void pump();

    net::io_context& loop_;
    zmq_context& context_;
    peer& peer_;
    std::vector<link_endpoints> ways_;
    link_endpoints endpoints_; ///< the way that was tried last
    link_hooks hooks_;
    key_source key_source_;
    std::optional<link_keys> keys_; ///< the last ones that could be read
    std::size_t tried_ = 0;         ///< of keys_->broker: the next one whenever a line does not come up
    unsigned ended_early_ = 0;      ///< lines in a row that ended within the handshake
    std::string hint_;              ///< why this line has ended, where the socket knew
    net::steady_timer timer_;
    std::shared_ptr<bool> alive_; ///< false after stop(): for the ticking coroutine and posted turns
    std::unique_ptr<zmq_stream> dealer_, sub_;
    bool turn_posted_ = false;
    bool was_up_ = false, said_lost_ = false, said_hint_ = false;
};

} // namespace citron::cluster
