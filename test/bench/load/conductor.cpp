#include "test/bench/load/conductor.hpp"

#include "test/bench/load/worker.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <system_error>

namespace citron::bench {
namespace {

constexpr double drain_seconds = 10; ///< what was sent may arrive so late; then it is lost
constexpr double lead_seconds = 0.2; ///< all workers have obeyed before the first message is due
constexpr double settle_seconds = 3; ///< after a storm of joins, before memory and CPU are judged

int work(const plan& p, std::uint32_t index, board& shared)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        worker(p, index, shared).run();
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "citron-bench: %s\n", error.what());
        return 1;
    }
}

std::map<int, std::uint64_t> cpu_between(const std::map<int, usage>& before,
                                         const std::map<int, usage>& after)
{
    std::map<int, std::uint64_t> us;
    for (const auto& [pid, u] : after)
        us[pid] = (u.cpu_ns - std::min(u.cpu_ns, before.at(pid).cpu_ns)) / 1000;
    return us;
}

std::uint64_t ns(double seconds)
{
    return static_cast<std::uint64_t>(seconds * 1e9);
}

} // namespace

conductor::conductor(const plan& p) : plan_(p), size_(sizeof(board) + sizeof(heard) * p.workers * p.rooms)
{
    void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::system_error(errno, std::generic_category(), "mmap");
    board_ = new (memory) board;
    board_->digests = reinterpret_cast<heard*>(static_cast<char*>(memory) + sizeof(board));
    std::uninitialized_default_construct_n(board_->digests, std::size_t{p.workers} * p.rooms);
    for (std::uint32_t i = 0; i < p.workers; ++i) {
        const auto child = fork();
        if (child == 0)
            _exit(work(p, i, *board_));
        if (child < 0)
            throw std::system_error(errno, std::generic_category(), "fork");
        workers_.push_back(child);
    }
}

conductor::~conductor()
{
    board_->leave = true;
    for (const auto pid : workers_)
        waitpid(pid, nullptr, 0);
    munmap(board_, size_);
}

outcome conductor::run()
{
    outcome o;
    switch (plan_.what) {
    case workload::hot:
        join(o, plan_.connections()), run_hot(o, plan_.seconds);
        break;
    case workload::idle:
        run_idle(o);
        break;
    case workload::storm:
        run_storm(o);
        break;
    case workload::slow:
        join(o, plan_.connections()), run_slow(o);
        break;
    case workload::overload:
        join(o, plan_.connections()), run_overload(o);
        break;
    default:
        join(o, plan_.connections());
        o.steps.push_back(step(plan_.rate, plan_.seconds, plan_.rooms));
    }
    return o;
}

// ---- workloads

/// Half as much again until it is too much, then between the last two. The best one stands for the run.
void conductor::run_hot(outcome& o, double seconds)
{
    constexpr int refinements = 4;
    double good = 0, bad = 0;
    (void)step(plan_.rate / 2, 2, 1); // warms up
    const auto attempt = [&](double rate) {
        o.steps.push_back(step(rate, seconds, 1));
        std::fputs(describe(plan_, {.steps = {o.steps.back()}}).c_str(), stderr);
        const bool ok = o.steps.back().sustained();
        if (ok) {
            good = rate;
            o.figure = o.steps.size() - 1;
        } else {
            bad = rate;
        }
    };
    for (double rate = plan_.rate; bad == 0; rate *= 1.5)
        attempt(rate);
    while (good == 0 && bad > 1)
        attempt(bad / 2), good = o.steps.back().sustained() ? good : 0;
    for (int n = 0; n < refinements && sum(&tally::closed) == 0; ++n)
        attempt(std::sqrt(good * bad));
}

void conductor::run_idle(outcome& o)
{
    const auto empty = usage_of(plan_.pids);
    join(o, plan_.connections());
    pause(settle_seconds);
    const auto full = usage_of(plan_.pids);
    const auto connections = static_cast<double>(o.joined);
    o.rss_kib_per_connection =
        (static_cast<double>(rss_kib(full)) - static_cast<double>(rss_kib(empty))) / connections;
    o.steps.push_back(step(0, plan_.seconds, 0));
    o.cpu_us_per_connection_second =
        static_cast<double>(o.steps[0].server_cpu_us()) / connections / plan_.seconds;
}

/// Room 0 chats, while all others come.
void conductor::run_storm(outcome& o)
{
    join(o, plan_.members);
    board_->present = plan_.connections();
    const auto before = usage_of(plan_.pids);
    const auto start = now_ns();
    begin_step(plan_.rate, 3600, 1);
    const auto others = plan_.connections() - plan_.members;
    pause(120,
          [&] { return sum(&tally::joined) + sum(&tally::join_refused) + sum(&tally::closed) >= others; });
    o.joined = sum(&tally::joined);
    o.join_refused = sum(&tally::join_refused) + sum(&tally::closed);
    o.join_seconds = static_cast<double>(now_ns() - start) / 1e9;
    board_->end_ns = now_ns();
    pause(drain_seconds, [&] { return all_heard(1); });
    o.steps.push_back(collect(plan_.rate, o.join_seconds, 1));
    o.steps[0].cpu_us = cpu_between(before, usage_of(plan_.pids));
}

/// First all read, then some do not. The second step stands for the run.
void conductor::run_slow(outcome& o)
{
    o.rss_kib_before = rss_kib(usage_of(plan_.pids));
    o.steps.push_back(step(plan_.rate, plan_.seconds, plan_.rooms));
    board_->stalled = plan_.slow;
    o.steps.push_back(step(plan_.rate, plan_.seconds, plan_.rooms));
    board_->stalled = 0;
    o.steps.push_back(
        step(plan_.rate, 3, plan_.rooms)); // those who stopped read again, and see that they are out
    o.figure = 1;
    o.rss_kib_most = rss_most_;
}

/// What the room sustains, three times that, and, 2 s later, a tenth of it.
void conductor::run_overload(outcome& o)
{
    outcome ramp;
    run_hot(ramp, 4);
    const auto rate = ramp.steps[ramp.figure].rate;
    o.rss_kib_before = rss_kib(usage_of(plan_.pids));
    o.steps.push_back(step(rate / 10, 5, 1));
    rss_most_ = 0;
    o.steps.push_back(step(3 * rate, plan_.seconds, 1));
    o.steps.push_back(step(rate / 10, 5, 1));
    o.figure = 1;
    o.rss_kib_most = rss_most_;
}

// ---- what workloads are made of

void conductor::join(outcome& o, std::uint32_t present)
{
    constexpr double patience = 120;
    board_->present = present;
    const auto start = now_ns();
    command();
    pause(patience,
          [&] { return sum(&tally::joined) + sum(&tally::join_refused) + sum(&tally::closed) >= present; });
    o.joined = sum(&tally::joined);
    o.join_refused = sum(&tally::join_refused);
    o.join_seconds = static_cast<double>(now_ns() - start) / 1e9;
    if (o.joined < present)
        throw std::runtime_error("only " + std::to_string(o.joined) + " of " + std::to_string(present) +
                                 " members could join");
}

void conductor::begin_step(double rate, double seconds, std::uint32_t talking)
{
    board_->step++;
    board_->rate = rate;
    board_->talking = talking;
    board_->start_ns = now_ns() + ns(lead_seconds);
    board_->end_ns = board_->start_ns + ns(seconds);
    command();
}

step_outcome conductor::step(double rate, double seconds, std::uint32_t talking)
{
    begin_step(rate, seconds, talking);
    const auto before = usage_of(plan_.pids);
    const auto own = usage_of(workers_);
    pause(lead_seconds + seconds);
    pause(drain_seconds, [&] { return all_heard(talking); });
    auto s = collect(rate, seconds, talking);
    s.cpu_us = cpu_between(before, usage_of(plan_.pids));
    for (const auto& [pid, us] : cpu_between(own, usage_of(workers_)))
        s.generator_cpu_seconds += static_cast<double>(us) / 1e6;
    return s;
}

/// Of the step that ends with this.
step_outcome conductor::collect(double rate, double seconds, std::uint32_t talking)
{
    step_outcome s{.rate = rate, .seconds = seconds};
    for (std::uint32_t i = 0; i < plan_.workers; ++i)
        s.add(board_->workers[i].count);
    s.expected = s.accepted * (plan_.members - board_->stalled);
    board_->rate = 0;
    command(); // the workers say what they have heard
    s.same_order = same_order(talking);
    return s;
}

bool conductor::all_heard(std::uint32_t talking) const
{
    const auto answered = sum(&tally::accepted) + sum(&tally::refused_overloaded) +
                          sum(&tally::refused_unavailable) + sum(&tally::refused_other);
    return talking == 0 ||
           (answered >= sum(&tally::sent) &&
            sum(&tally::delivered) >= sum(&tally::accepted) * (plan_.members - board_->stalled));
}

bool conductor::same_order(std::uint32_t talking) const
{
    for (std::uint32_t room = 0; room < talking; ++room) {
        const auto& first = board_->digests[room];
        for (std::uint32_t i = 0; i < std::min(plan_.workers, plan_.members); ++i) {
            const auto& h = board_->digests[std::size_t{i} * plan_.rooms + room];
            if (!h.agree || h.digest != first.digest)
                return false;
        }
    }
    return true;
}

std::uint64_t conductor::sum(tally_counter tally::*which) const
{
    std::uint64_t n = 0;
    for (std::uint32_t i = 0; i < plan_.workers; ++i)
        n += (board_->workers[i].count.*which).get();
    return n;
}

/// Returns when all workers have obeyed.
void conductor::command()
{
    const auto wanted = board_->command.load() + 1;
    board_->command.store(wanted, std::memory_order_release);
    pause(30, [&] {
        return std::all_of(board_->workers.begin(), board_->workers.begin() + plan_.workers,
                           [&](const auto& w) { return w.obeyed.load(std::memory_order_acquire) == wanted; });
    });
}

void conductor::pause(double seconds, const std::function<bool()>& enough)
{
    constexpr useconds_t glance_us = 2000;
    constexpr std::uint64_t memory_glance = 250; // glances
    const auto end = now_ns() + ns(seconds);
    for (std::uint64_t n = 0; now_ns() < end && !enough(); ++n) {
        usleep(glance_us);
        look_after_workers();
        if (n % memory_glance == 0)
            rss_most_ = std::max(rss_most_, rss_kib(usage_of(plan_.pids)));
    }
}

void conductor::look_after_workers() const
{
    for (const auto pid : workers_)
        if (waitpid(pid, nullptr, WNOHANG) != 0)
            throw std::runtime_error("a worker has ended");
}

} // namespace citron::bench
