#include "backend/history/durable_store.hpp"

#include "common/runtime/config.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <numeric>
#include <optional>
#include <utility>

namespace citron::backend {

namespace log = runtime::log;

namespace {

std::size_t size_of(const append& a)
{
    return sizeof(append) + a.rid.size() + a.chat.size() + a.sender.size() + a.cid.size();
}

std::size_t size_of(const std::vector<append>& batch)
{
    return std::transform_reduce(batch.begin(), batch.end(), std::size_t{0}, std::plus<>{},
                                 [](const append& a) { return size_of(a); });
}

/// What was meant by the configuration is opened; what may pass is waited for.
std::unique_ptr<committer> open_patiently(const durable_options& options,
                                          const std::function<void(history_news)>& deliver)
{
    constexpr std::chrono::milliseconds pause{200};
    const auto until = std::chrono::steady_clock::now() + options.start_patience;
    for (bool told = false;; std::this_thread::sleep_for(pause)) {
        try {
            return std::make_unique<committer>(options.file, deliver);
        } catch (const history_error& error) {
            if (!error.passing())
                throw runtime::config_error(error.what());
            if (std::chrono::steady_clock::now() >= until)
                throw;
            if (std::exchange(told, true))
                continue;
            log::warn("history.waits what={}", log::printable(error.what()));
            if (options.waits)
                options.waits();
        }
    }
}

} // namespace

/// The half on the loop: what is awaited, and what comes of it. What is on its way when the store goes holds
/// on to it, and finds it closed.
class durable_store::desk
{
public:
    desk(net::io_context& loop, protocol::counters& counters, std::function<void()> after,
         std::function<void(std::uint64_t)> blocked_by)
        : loop_(loop), after_(std::move(after)), blocked_by_(std::move(blocked_by)),
          stored_(counters.at("store.stored")), repeats_(counters.at("store.repeats")),
          refused_(counters.at("store.refused")), failed_(counters.at("store.failed")),
          commits_(counters.at("store.commits")), trimmed_(counters.at("store.trimmed")),
          log_restarts_(counters.at("store.log_restarts")), log_blocked_(counters.at("store.log_blocked"))
    {
    }

    [[nodiscard]] net::io_context& loop() { return loop_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] bool idle() const { return awaited_ == 0; }

    /// `done` as a completion that the loop waits for; `bytes` of appends wait with it.
    template <typename Done>
    auto await(Done done, std::size_t bytes = 0)
    {
        bytes_ += bytes;
        if (awaited_++ == 0)
            work_.emplace(loop_.get_executor());
        return [this, bytes, done = std::move(done)](auto result) { // `this`: called by arrive() alone
            bytes_ -= bytes;
            if (--awaited_ == 0)
                work_.reset();
            done(std::move(result));
        };
    }

    void arrive(const history_news& news)
    {
        if (closed_)
            return;
        count(news);
        if (!news.unavailable.empty())
            log::error("history.unavailable what={}", log::printable(news.unavailable));
        if (news.recovered)
            log::info("history.recovered");
        for (const auto pid : news.blocked_by)
            if (blocked_by_)
                runtime::guard("history", [&] { blocked_by_(pid); });
        for (const auto& completion : news.completions) {
            runtime::guard("history", completion);
            if (closed_) // by what it called
                return;
        }
        if (!news.completions.empty())
            runtime::guard("history", after_);
    }

    void close()
    {
        closed_ = true;
        work_.reset();
    }

private:
    void count(const history_news& news)
    {
        stored_ += news.stored;
        repeats_ += news.repeats;
        refused_ += news.refused;
        failed_ += news.failed;
        commits_ += news.commits;
        trimmed_ += news.trimmed;
        log_restarts_ += news.log_restarts;
        log_blocked_ += news.log_blocked;
    }

    net::io_context& loop_;
    std::function<void()> after_;
    std::function<void(std::uint64_t)> blocked_by_;
    std::uint64_t &stored_, &repeats_, &refused_, &failed_, &commits_, &trimmed_, &log_restarts_,
        &log_blocked_;
    std::size_t awaited_ = 0, bytes_ = 0;
    bool closed_ = false;
    std::optional<net::executor_work_guard<net::io_context::executor_type>>
        work_; ///< while anything is awaited
};

durable_store::durable_store(net::io_context& loop, const durable_options& options,
                             protocol::counters& counters, std::function<void()> after_completion)
    : desk_(std::make_shared<desk>(loop, counters, std::move(after_completion), options.blocked_by)),
      limit_(options.waiting_bytes)
{
    const auto deliver = [desk = desk_](history_news news) {
        net::post(desk->loop(), [desk, news = std::move(news)] { desk->arrive(news); });
    };
    committer_ = open_patiently(options, deliver);
    thread_ = std::jthread([this] { committer_->run(); });
}

durable_store::~durable_store()
{
    desk_->close();
    committer_->finish();
    thread_.join();
    if (!committer_->failure().empty())
        log::error("history.unavailable what={} at=end", log::printable(committer_->failure()));
}

bool durable_store::idle() const
{
    return desk_->idle();
}

void durable_store::submit(std::vector<append> batch, std::function<void(std::vector<append_outcome>)> done)
{
    const auto bytes = size_of(batch);
    if (bytes > limit_ || desk_->bytes() > limit_ - bytes) {
        committer_->post(
            [to = committer_.get(), count = batch.size(), done = desk_->await(std::move(done))]() mutable {
                to->refuse(count, std::move(done));
            });
        return;
    }
    committer_->post([to = committer_.get(), batch = std::move(batch),
                      done = desk_->await(std::move(done), bytes)]() mutable {
        to->submit(std::move(batch), std::move(done));
    });
}

void durable_store::take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done)
{
    committer_->post(
        [to = committer_.get(), rooms = std::move(rooms), done = desk_->await(std::move(done))]() mutable {
            to->take_over(std::move(rooms), std::move(done));
        });
}

void durable_store::read_before(std::string rid, std::uint64_t before, page_limit limit,
                                std::function<void(page)> done)
{
    committer_->post([to = committer_.get(), rid = std::move(rid), before, limit,
                      done = desk_->await(std::move(done))]() mutable {
        to->read_before(rid, before, limit, std::move(done));
    });
}

void durable_store::read_after(std::string rid, std::uint64_t after, page_limit limit,
                               std::function<void(page)> done)
{
    committer_->post([to = committer_.get(), rid = std::move(rid), after, limit,
                      done = desk_->await(std::move(done))]() mutable {
        to->read_after(rid, after, limit, std::move(done));
    });
}

} // namespace citron::backend
