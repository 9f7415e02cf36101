// The store that chat.json asks for: on disk, or in memory.
#pragma once

#include "backend/history/durable_store.hpp"
#include "backend/history/memory_store.hpp"
#include "common/protocol/counters.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/net.hpp"

#include <functional>
#include <memory>

namespace citron::backend {

class store_choice
{
public:
    /// `after_completion`, `blocked_by`: see durable_store. Throws as durable_store when data/history.db of
    /// the run folder cannot be opened or made.
    store_choice(net::io_context& loop, const runtime::config& conf, protocol::counters& counters,
                 std::function<void()> after_completion, std::function<void(std::uint64_t)> blocked_by);

    [[nodiscard]] store& get();
    /// Carries out what was asked, if the store does that in the loop; false: there was nothing to do, or
    /// another thread does it.
    bool complete();

private:
    std::unique_ptr<memory_store> in_memory_;
    std::unique_ptr<durable_store> on_disk_; ///< one of the two
};

} // namespace citron::backend
