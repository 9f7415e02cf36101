#include "backend/history/committer.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace citron::backend {
namespace {

using protocol::errc;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds reopen_every{500};
constexpr milliseconds hurried_patience{50};
constexpr milliseconds trim_every{1'000};
constexpr milliseconds restart_patience{200}; // nobody writes meanwhile
constexpr milliseconds restart_pause{1'000}, longest_restart_pause{16'000};
constexpr std::uint64_t trim_after = 256; // messages stored
constexpr std::size_t trim_budget = 512;  // messages: a few milliseconds, and more than trim_after

std::uint64_t now_ms()
{
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(since).count());
}

} // namespace

bool history_news::empty() const
{
    return stored + repeats + refused + failed + commits + trimmed + log_restarts + log_blocked == 0 &&
           unavailable.empty() && !recovered && blocked_by.empty() && completions.empty();
}

committer::committer(const database_options& options, std::function<void(history_news)> deliver)
    : holder_(options.path), options_(options), deliver_(std::move(deliver))
{
    options_.blocked = [this] { tell_who_blocks(); };
    file_ = std::make_unique<database>(options_);
    id_ = file_->id();
    generation_ = file_->generation();
    options_.create = false; // a file that went away is not replaced by an empty one
    net::post(context_, [this] { trim_later(); });
}

void committer::finish()
{
    net::post(context_, [this] {
        finishing_ = true;
        commit_waiting();
        deliver();
        timer_.cancel();
        work_.reset();
    });
}

// ---- what may fail

/// False: it could not be done. `how` may fail; `work` returns what it has shown to be possible.
template <typename Work>
bool committer::attempt(access how, Work work)
{
    try {
        open_again();
        file_->set_patience(patience());
        worked(work(*file_));
        restart_log_soon();
        return true;
    } catch (const history_error& error) {
        failed(how, error);
        return false;
    }
}

void committer::open_again()
{
    if (file_)
        return;
    const auto now = steady_clock::now();
    if (now < next_try_)
        throw history_error(history_error::reason::other, options_.path + ": is closed after an error");
    next_try_ = now + reopen_every;
    auto options = options_;
    options.patience = patience();
    auto file = std::make_unique<database>(options);
    if (file->id() != id_) // its terms say nothing about our rooms
        throw history_error(history_error::reason::other, options_.path + ": is another history now");
    file_ = std::move(file);
}

/// Whatever waits behind a lock that we have waited for in vain would wait as long, one after the other.
milliseconds committer::patience() const
{
    return hurried_ ? std::min(hurried_patience, options_.patience) : options_.patience;
}

void committer::failed(access how, const history_error& error)
{
    if (!writes_fail_ && !reads_fail_)
        news_.unavailable = error.what();
    (how == access::write ? writes_fail_ : reads_fail_) = true;
    if (how == access::write)
        failure_ = error.what();
    if (error.why != history_error::reason::busy) {
        file_.reset();
        return;
    }
    if (std::exchange(hurried_, true)) // too short for the file to say it
        tell_who_blocks();
}

/// Who can write can read too, but not the other way round.
void committer::worked(access how)
{
    const bool before = writes_fail_ || reads_fail_;
    reads_fail_ = false;
    if (how == access::write) {
        writes_fail_ = hurried_ = false;
        failure_.clear();
    }
    if (!before || writes_fail_)
        return;
    news_.recovered = news_.unavailable.empty(); // else nobody has heard of it yet
    news_.unavailable.clear();
}

// ---- storing

void committer::submit(std::vector<append> batch, submit_done done)
{
    waiting_.push_back({std::move(batch), std::move(done)});
    if (std::exchange(commit_posted_, true))
        return;
    net::post(context_, [this] { // behind everything that has come while the last commit ran
        commit_posted_ = false;
        commit_waiting();
        deliver();
    });
}

void committer::commit_waiting()
{
    if (waiting_.empty())
        return;
    auto group = std::exchange(waiting_, {});
    std::vector<append> all;
    for (auto& one : group)
        std::ranges::move(one.batch, std::back_inserter(all));
    std::vector<append_outcome> outcomes;
    const auto store = [&](database& file) {
        outcomes = file.commit(all, steady_clock::now());
        return access::write;
    };
    if (attempt(access::write, store))
        ++news_.commits;
    else
        outcomes.assign(all.size(), {.code = errc::unavailable});
    complete(std::move(group), outcomes);
    if (untrimmed_ >= trim_after && !std::exchange(trim_posted_, true))
        net::post(context_, [this] { trim(); });
}

void committer::complete(std::vector<submission> group, const std::vector<append_outcome>& outcomes)
{
    auto next = outcomes.begin();
    for (auto& one : group) {
        const auto end = next + static_cast<std::ptrdiff_t>(one.batch.size());
        news_.completions.emplace_back(
            [done = std::move(one.done), mine = std::vector(next, end)]() mutable { done(std::move(mine)); });
        next = end;
    }
    for (const auto& outcome : outcomes) {
        news_.stored += outcome.stored() ? 1 : 0;
        untrimmed_ += outcome.stored() ? 1 : 0;
        news_.repeats += outcome.repeat ? 1 : 0;
        news_.refused += outcome.code == errc::moved ? 1 : 0;
        news_.failed += outcome.code == errc::unavailable ? 1 : 0;
    }
}

void committer::refuse(std::size_t appends, submit_done done)
{
    commit_waiting();
    news_.failed += appends;
    news_.completions.emplace_back([done = std::move(done), appends]() mutable {
        done(std::vector<append_outcome>(appends, {.code = errc::unavailable}));
    });
    deliver();
}

void committer::take_over(std::vector<store::opening> rooms, opened_done done)
{
    commit_waiting();
    std::vector<store::opened> opened;
    attempt(access::write, [&](database& file) {
        opened = file.take_over(rooms);
        return access::write;
    });
    news_.completions.emplace_back(
        [done = std::move(done), opened = std::move(opened)]() mutable { done(std::move(opened)); });
    deliver();
}

// ---- reading

void committer::read(page_done done, const std::function<page(database&)>& work)
{
    commit_waiting();
    page p;
    const auto look = [&](database& file) {
        p = work(file);
        return access::read;
    };
    if (!attempt(access::read, look))
        p = {.failed = true};
    news_.completions.emplace_back(
        [done = std::move(done), p = std::move(p)]() mutable { done(std::move(p)); });
    deliver();
}

void committer::read_before(const std::string& rid, std::uint64_t before, page_limit limit, page_done done)
{
    read(std::move(done), [&](database& file) { return file.read_before(rid, before, limit); });
}

void committer::read_after(const std::string& rid, std::uint64_t after, page_limit limit, page_done done)
{
    read(std::move(done), [&](database& file) { return file.read_after(rid, after, limit); });
}

// ---- retention

void committer::trim()
{
    trim_posted_ = false;
    if (finishing_)
        return;
    untrimmed_ = 0;
    std::size_t deleted = 0;
    attempt(access::write, [&](database& file) {
        deleted = file.trim(now_ms(), trim_budget);
        return deleted != 0 ? access::write : access::read; // nothing to do: a full disk shows no earlier
    });
    news_.trimmed += deleted;
    deliver();
    if (deleted == trim_budget && !std::exchange(trim_posted_, true)) // there is more; others first
        net::post(context_, [this] { trim(); });
}

void committer::trim_later()
{
    if (finishing_)
        return;
    timer_.expires_after(trim_every);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled || finishing_)
            return;
        trim();
        trim_later();
    });
}

// ---- the log

void committer::restart_log_soon()
{
    if (file_->log_is_long() && steady_clock::now() >= next_restart_ && !std::exchange(restart_posted_, true))
        net::post(context_, [this] { restart_log(); }); // who waits for this commit hears of it first
}

/// Each time that it fails it has kept the others from writing for nothing: so it comes ever more seldom.
void committer::restart_log()
{
    restart_posted_ = false;
    if (finishing_ || !file_)
        return;
    if (file_->restart_log(restart_patience)) {
        ++news_.log_restarts;
        restart_pause_ = {};
    } else {
        ++news_.log_blocked;
        restart_pause_ = std::clamp(2 * restart_pause_, restart_pause, longest_restart_pause);
        next_restart_ = steady_clock::now() + restart_pause_;
        std::ranges::copy(holder_.find_readers(), std::back_inserter(news_.blocked_by));
    }
    deliver();
}

// ---- news

/// In the middle of a commit that waits.
void committer::tell_who_blocks()
{
    if (const auto pid = holder_.find(); pid != 0)
        news_.blocked_by.push_back(static_cast<std::uint64_t>(pid));
    deliver();
}

void committer::deliver()
{
    if (!news_.empty())
        deliver_(std::exchange(news_, {}));
}

} // namespace citron::backend
