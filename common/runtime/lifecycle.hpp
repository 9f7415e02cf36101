// From SIGTERM to the end: stop once, in bounded time; an impatient second signal ends at once. SIGHUP: read
// the files again.
#pragma once

#include "common/protocol/types.hpp"
#include "common/runtime/net.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string_view>

namespace citron::runtime {

/// Says why on stderr and in the log, and ends the process with status 2: a mistake of whoever started it.
[[noreturn]] void give_up(std::string_view line);

class lifecycle
{
public:
    /// The first SIGTERM or SIGINT (or begin()) calls `on_stop` on the loop, once; the server then drains and
    /// calls done(). If that has not happened after `limit`, the process ends with status 1. A second signal
    /// of the same kind ends it as if unhandled (the first Ctrl-C reaches us and our supervisor, whose
    /// SIGTERM is no second one). Each SIGHUP calls `on_reload` on the loop, which reads again what may
    /// change while the server runs; what it throws is logged. Without one SIGHUP does nothing, so that it
    /// may be sent to all servers alike. SIGPIPE is ignored from here on.
    lifecycle(net::io_context& loop, protocol::milliseconds limit, std::function<void()> on_stop,
              std::function<void()> on_reload = {});

    /// As a signal would.
    void begin();
    [[nodiscard]] bool stopping() const { return stopping_; }
    /// All is drained: nothing of ours keeps the loop running any more.
    void done();

private:
    net::awaitable<void> watch_signals();
    net::awaitable<void> watch_limit();
    void reload();

    net::io_context& loop_;
    protocol::milliseconds limit_;
    std::function<void()> on_stop_, on_reload_;
    net::signal_set signals_;
    net::steady_timer timer_;
    bool stopping_ = false, done_ = false;
};

} // namespace citron::runtime
