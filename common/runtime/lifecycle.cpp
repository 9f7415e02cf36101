#include "common/runtime/lifecycle.hpp"

#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>

namespace citron::runtime {

void give_up(std::string_view line)
{
    log::error("{}", log::printable(line));
    log::stop();
    std::_Exit(2);
}

lifecycle::lifecycle(net::io_context& loop, protocol::milliseconds limit, std::function<void()> on_stop,
                     std::function<void()> on_reload)
    : loop_(loop), limit_(limit), on_stop_(std::move(on_stop)), on_reload_(std::move(on_reload)),
      signals_(loop, SIGTERM, SIGINT, SIGHUP), timer_(loop)
{
    std::signal(SIGPIPE, SIG_IGN);
    spawn(loop_.get_executor(), "signals", watch_signals());
}

net::awaitable<void> lifecycle::watch_signals()
{
    while (!done_) {
        boost::system::error_code failed;
        const int number = co_await signals_.async_wait(net::redirect_error(net::use_awaitable, failed));
        if (failed)
            co_return;
        if (number == SIGHUP) {
            reload();
            continue;
        }
        log::info("process.stopping signal={}", number);
        signals_.remove(number); // its second one gets the default action, even when this loop is stuck
        begin();
    }
}

void lifecycle::reload()
{
    log::info("process.reloading");
    if (on_reload_)
        guard("reload", on_reload_);
}

void lifecycle::begin()
{
    if (std::exchange(stopping_, true))
        return;
    spawn(loop_.get_executor(), "stop limit", watch_limit());
    on_stop_();
}

net::awaitable<void> lifecycle::watch_limit()
{
    if (done_)
        co_return;
    boost::system::error_code failed;
    timer_.expires_after(limit_);
    co_await timer_.async_wait(net::redirect_error(net::use_awaitable, failed));
    if (done_)
        co_return;
    log::error("process.stop_timed_out limit_ms={}", limit_.count());
    log::stop();
    std::_Exit(1);
}

void lifecycle::done()
{
    done_ = true;
    signals_.cancel();
    timer_.cancel();
}

} // namespace citron::runtime
