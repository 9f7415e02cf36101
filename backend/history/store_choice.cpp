#include "backend/history/store_choice.hpp"

#include "common/runtime/log.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace citron::backend {
namespace {

memory_options memory_options_of(const runtime::chat_config& conf)
{
    return {.room_messages = conf.history_messages,
            .room_bytes = conf.history_bytes,
            .total_bytes = conf.history_total};
}

durable_options durable_options_of(const runtime::config& conf)
{
    const auto folder = conf.run_dir / "data";
    std::error_code ignored; // if it is not there then, opening the file says so
    if (std::filesystem::create_directories(folder, ignored)) // what people said is nothing for other users
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ignored);
    const bool fsync = conf.chat.durability == runtime::durability::fsync;
    const auto age = std::chrono::milliseconds(conf.chat.history_age).count();
    return {.file = {.path = (folder / "history.db").string(),
                     .durability = fsync ? durability::fsync : durability::os,
                     .room_messages = conf.chat.history_messages,
                     .age_ms = static_cast<std::uint64_t>(age)}};
}

} // namespace

store_choice::store_choice(net::io_context& loop, const runtime::config& conf, protocol::counters& counters,
                           std::function<void()> after_completion,
                           std::function<void(std::uint64_t)> blocked_by)
{
    if (conf.chat.durability == runtime::durability::memory) {
        in_memory_ = std::make_unique<memory_store>(memory_options_of(conf.chat), counters);
        return;
    }
    auto options = durable_options_of(conf);
    options.blocked_by = std::move(blocked_by);
    on_disk_ =
        std::make_unique<durable_store>(loop, std::move(options), counters, std::move(after_completion));
    runtime::log::info("history.open store={}", on_disk_->id());
}

store& store_choice::get()
{
    return in_memory_ ? static_cast<store&>(*in_memory_) : *on_disk_;
}

bool store_choice::complete()
{
    if (!in_memory_ || in_memory_->idle())
        return false;
    in_memory_->complete();
    return true;
}

} // namespace citron::backend
