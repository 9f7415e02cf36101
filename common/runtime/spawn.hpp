// The only co_spawn: a coroutine with a name, and a last resort for what it throws.
#pragma once

#include "common/runtime/log.hpp"
#include "common/runtime/net.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace citron::runtime {

/// Calls `work`; what it throws is logged as an error of `name`. For callbacks that must not end their
/// caller.
template <typename Work>
void guard(std::string_view name, Work&& work)
{
    try {
        work();
    } catch (const std::exception& error) {
        log::error("{} failed: {}", name, log::printable(error.what()));
    }
}

/// Runs `work` on `executor`. Whatever leaves it is logged as an error of `name`: that task ends, the process
/// lives on.
template <typename Executor>
void spawn(const Executor& executor, std::string name, net::awaitable<void> work)
{
    auto last_resort = [name = std::move(name)](const std::exception_ptr& failure) {
        if (failure)
            guard(name, [&] { std::rethrow_exception(failure); });
    };
    net::co_spawn(executor, std::move(work), std::move(last_resort));
}

} // namespace citron::runtime
