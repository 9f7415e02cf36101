// History on disk: a thread of its own writes and reads the file, so that the loop never waits for a disk.
#pragma once

#include "backend/history/committer.hpp"
#include "backend/history/database.hpp"
#include "backend/history/store.hpp"
#include "common/protocol/counters.hpp"
#include "common/runtime/net.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace citron::backend {

struct durable_options
{
    database_options file;
    std::size_t waiting_bytes =
        64U << 20U; ///< of appends not yet answered; what goes beyond is `unavailable`
    /// Called on the loop each 500 ms that another process, of this pid, keeps the file locked, then each
    /// time that it is found locked still, and when it may be one that keeps a long log from being begun
    /// anew.
    std::function<void(std::uint64_t pid)> blocked_by;
    /// How long to try to open the file while it is locked, or its disk full or failing.
    std::chrono::milliseconds start_patience{10'000};
    std::function<void()> waits; ///< called within the constructor, once, when it begins to do so
};

/// Completions come on `loop`, in the order asked. While the file cannot be used, appends are `unavailable`,
/// take_over gives nothing, and pages have `failed`; it is opened anew until that helps. Belongs to the
/// thread of the loop, which must outlive it.
class durable_store final : public store
{
public:
    /// Opens or makes the file. Throws runtime::config_error, or history_error when what keeps it from that
    /// may pass and has not within start_patience. `after_completion` is called on the loop after
    /// each group of completions. `counters`: store.*, touched on the loop only.
    durable_store(net::io_context& loop, const durable_options& options, protocol::counters& counters,
                  std::function<void()> after_completion);
    /// What was submitted is committed; nobody is told any more.
    ~durable_store() override;
    durable_store(const durable_store&) = delete;
    durable_store& operator=(const durable_store&) = delete;

    [[nodiscard]] std::string id() const override { return committer_->id(); }
    [[nodiscard]] std::uint64_t generation() const override { return committer_->generation(); }
    void submit(std::vector<append> batch, std::function<void(std::vector<append_outcome>)> done) override;
    void take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done) override;
    void read_before(std::string rid, std::uint64_t before, page_limit limit,
                     std::function<void(page)> done) override;
    void read_after(std::string rid, std::uint64_t after, page_limit limit,
                    std::function<void(page)> done) override;
    [[nodiscard]] bool local() const override { return false; }
    [[nodiscard]] content extract(std::string_view /*rid*/) override { return {}; }
    void adopt(std::string_view /*rid*/, content /*c*/) override {}
    [[nodiscard]] std::vector<std::string> rooms() const override { return {}; }

    /// Everything that was asked has been completed.
    [[nodiscard]] bool idle() const;

private:
    class desk;

    std::shared_ptr<desk> desk_;
    std::size_t limit_;
    std::unique_ptr<committer> committer_;
    std::jthread thread_;
};

} // namespace citron::backend
