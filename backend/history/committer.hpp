// The half of durable_store that works in its thread: the file, group commit, reopening, retention.
#pragma once

#include "backend/history/database.hpp"
#include "backend/history/lock_holder.hpp"
#include "common/runtime/net.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace citron::backend {

/// What happened in the thread, for the loop to count, say and complete, in this order.
struct history_news
{
    std::uint64_t stored = 0, repeats = 0, refused = 0, failed = 0; ///< appends
    std::uint64_t commits = 0, trimmed = 0;
    std::uint64_t log_restarts = 0, log_blocked = 0; ///< of a long log; when that could not be
    std::string unavailable;                         ///< from now on it does not work; why
    bool recovered = false;                          ///< it works again
    std::vector<std::uint64_t> blocked_by; ///< pids: for a while these have kept the file, or its log, locked
    std::vector<std::function<void()>> completions;

    [[nodiscard]] bool empty() const;
};

/// All of it runs in one thread, that of run(), but the constructor, post() and finish().
class committer
{
public:
    /// Opens the file; throws history_error. `deliver` is called in the thread of run().
    committer(const database_options& options, std::function<void(history_news)> deliver);

    [[nodiscard]] const std::string& id() const { return id_; }
    /// By which rooms had been opened when this was made.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    /// Until all that was posted before finish() is done.
    void run() { context_.run(); }
    /// From any thread: `task` is one of the members below, called in the order of posting.
    template <typename Task>
    void post(Task task)
    {
        net::post(context_, std::move(task));
    }
    /// From any thread, last. What was submitted is committed.
    void finish();
    /// After run(): why the last commit failed, empty if it did not.
    [[nodiscard]] const std::string& failure() const { return failure_; }

    using submit_done = std::function<void(std::vector<append_outcome>)>;
    using opened_done = std::function<void(std::vector<store::opened>)>;
    using page_done = std::function<void(page)>;

    /// What is submitted while a commit runs is committed at once after it, together.
    void submit(std::vector<append> batch, submit_done done);
    /// As a submit of so many that failed: one more would be too much. What was submitted before is answered
    /// first.
    void refuse(std::size_t appends, submit_done done);
    void take_over(std::vector<store::opening> rooms, opened_done done);
    void read_before(const std::string& rid, std::uint64_t before, page_limit limit, page_done done);
    void read_after(const std::string& rid, std::uint64_t after, page_limit limit, page_done done);

private:
    struct submission
    {
        std::vector<append> batch;
        submit_done done;
    };
    enum class access
    {
        read,
        write
    };

    template <typename Work>
    bool attempt(access how, Work work);
    void open_again();
    [[nodiscard]] std::chrono::milliseconds patience() const;
    void failed(access how, const history_error& error);
    void worked(access how);
    void commit_waiting();
    void complete(std::vector<submission> group, const std::vector<append_outcome>& outcomes);
    void read(page_done done, const std::function<page(database&)>& work);
    void trim();
    void trim_later();
    void deliver();
    void tell_who_blocks();
    void restart_log_soon();
    void restart_log();

    lock_holder holder_;
    database_options options_;
    std::function<void(history_news)> deliver_;
    std::unique_ptr<database> file_; ///< none: it failed, and is opened again by the next task that may
    std::string id_;
    std::uint64_t generation_ = 0;
    std::chrono::steady_clock::time_point next_try_{};
    std::vector<submission> waiting_;
    bool commit_posted_ = false, trim_posted_ = false, restart_posted_ = false, finishing_ = false;
    bool writes_fail_ = false, reads_fail_ = false;
    bool hurried_ = false; ///< locked for longer than our patience, and not written to since
    std::chrono::steady_clock::time_point next_restart_{};
    std::chrono::milliseconds restart_pause_{};
    std::uint64_t untrimmed_ = 0; ///< messages stored since the last trim()
    std::string failure_;
    history_news news_;
    net::io_context context_{1};
    net::executor_work_guard<net::io_context::executor_type> work_{context_.get_executor()};
    net::steady_timer timer_{context_};
};

} // namespace citron::backend
