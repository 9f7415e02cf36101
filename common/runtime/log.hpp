// One line per event, "event.name key=value ...", to stderr and run_dir/logs/<id>.log, written by a thread of
// its own.
//
// A burst beyond the queue drops the oldest lines: the loop never waits for a disk.
#pragma once

#include "common/runtime/printable.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace citron::runtime::log {

enum class level : int
{
    debug = 1,
    info = 2,
    warn = 3,
    error = 4
};

/// "debug", "info", "warn", "error", as in --log-level.
[[nodiscard]] level level_of(std::string_view name);

/// From now on lines also go to run_dir/logs/<id>.log (the folder is made). Throws config_error when that
/// cannot be. Before the first call, lines go to stderr only.
void start(const std::string& id, const std::filesystem::path& run_dir, level lowest = level::info);

/// Everything said so far is written, and the thread is gone; later lines go to stderr.
void stop();

[[nodiscard]] bool enabled(level l);
void write(level l, fmt::string_view format, fmt::format_args arguments);

/// Texts from users or peers go through printable().
template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args)
{
    if (enabled(level::debug))
        write(level::debug, format, fmt::make_format_args(args...));
}

template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args)
{
    if (enabled(level::info))
        write(level::info, format, fmt::make_format_args(args...));
}

template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args)
{
    if (enabled(level::warn))
        write(level::warn, format, fmt::make_format_args(args...));
}

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args)
{
    if (enabled(level::error))
        write(level::error, format, fmt::make_format_args(args...));
}

} // namespace citron::runtime::log
