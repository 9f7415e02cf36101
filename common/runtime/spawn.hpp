// The only co_spawn: a coroutine with a name, and a last resort for what it throws.
#pragma once

#include "common/runtime/log.hpp"
#include "common/runtime/net.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>

namespace citron::runtime {

/// Runs `work` on `executor`. Whatever leaves it is logged as an error of `name`: that task ends, the process
/// lives on.
template <typename Executor>
void spawn(const Executor& executor, std::string name, net::awaitable<void> work)
{
    auto last_resort = [name = std::move(name)](std::exception_ptr failure) {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            log::error("task.failed name={} what={}", name, log::printable(error.what()));
        }
    };
    net::co_spawn(executor, std::move(work), std::move(last_resort));
}

} // namespace citron::runtime
