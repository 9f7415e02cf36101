#include "common/runtime/log.hpp"

#include "common/runtime/config.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <iterator>
#include <memory>
#include <system_error>

namespace citron::runtime::log {
namespace {

constexpr std::size_t queued_lines = 1024; // 400 bytes each, used or not
constexpr std::size_t file_bytes = 64U << 20U;
constexpr std::size_t old_files = 3;

spdlog::level::level_enum native(level l)
{
    return static_cast<spdlog::level::level_enum>(l);
}

static_assert(static_cast<int>(level::debug) == SPDLOG_LEVEL_DEBUG &&
              static_cast<int>(level::error) == SPDLOG_LEVEL_ERROR);

/// Before start() and after stop(): straight to stderr (spdlog's own default is stdout, which is not ours to
/// use).
std::shared_ptr<spdlog::logger> plain_logger()
{
    auto logger =
        std::make_shared<spdlog::logger>("citron", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %L %v");
    return logger;
}

/// The process' logger. The only state of its kind: a log line must be possible anywhere.
std::shared_ptr<spdlog::logger>& current()
{
    static std::shared_ptr<spdlog::logger> logger = plain_logger();
    return logger;
}

} // namespace

level level_of(std::string_view name)
{
    static constexpr std::array<std::string_view, 5> names{"", "debug", "info", "warn", "error"};
    for (std::size_t i = 1; i < names.size(); ++i)
        if (names[i] == name)
            return static_cast<level>(i);
    throw config_error("--log-level: must be debug, info, warn or error");
}

void start(const std::string& id, const std::filesystem::path& run_dir, level lowest)
{
    const auto folder = run_dir / "logs";
    const auto path = folder / (id + ".log");
    try {
        std::filesystem::create_directories(folder);
        spdlog::init_thread_pool(queued_lines, 1);
        const std::array<spdlog::sink_ptr, 2> sinks{
            std::make_shared<spdlog::sinks::stderr_sink_mt>(),
            std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path.string(), file_bytes, old_files)};
        auto logger =
            std::make_shared<spdlog::async_logger>(id, sinks.begin(), sinks.end(), spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %L %n %v");
        logger->set_level(native(lowest));
        logger->flush_on(native(level::debug)); // by the log thread: a killed process leaves a whole log
        current() = std::move(logger);
    } catch (const std::exception& error) {
        throw config_error(path.string() + ": cannot be written: " + error.what());
    }
}

void stop()
{
    const auto last = std::exchange(current(), plain_logger()); // outlives the log thread, which ends now
    spdlog::shutdown();
}

bool enabled(level l)
{
    return current()->should_log(native(l));
}

void write(level l, fmt::string_view format, fmt::format_args arguments)
{
    fmt::memory_buffer line;
    fmt::vformat_to(std::back_inserter(line), format, arguments);
    current()->log(native(l), spdlog::string_view_t(line.data(), line.size()));
}

} // namespace citron::runtime::log
