// Leads the workers through a plan, and looks at the servers meanwhile.
#pragma once

#include "test/bench/load/board.hpp"
#include "test/bench/load/outcome.hpp"
#include "test/bench/load/plan.hpp"
#include "test/bench/load/processes.hpp"

#include <sys/types.h>

#include <functional>
#include <vector>

namespace citron::bench {

class conductor
{
public:
    /// Maps the board and forks the workers. Throws std::runtime_error or std::system_error.
    explicit conductor(const plan& p);
    ~conductor(); ///< ends the workers
    conductor(const conductor&) = delete;
    conductor& operator=(const conductor&) = delete;

    /// Throws std::runtime_error when members cannot join, or a worker has died.
    [[nodiscard]] outcome run();

private:
    void run_hot(outcome& o, double seconds);
    void run_idle(outcome& o);
    void run_storm(outcome& o);
    void run_slow(outcome& o);
    void run_overload(outcome& o);

    void join(outcome& o, std::uint32_t present);
    void begin_step(double rate, double seconds, std::uint32_t talking);
    step_outcome step(double rate, double seconds, std::uint32_t talking);
    step_outcome collect(double rate, double seconds, std::uint32_t talking);
    [[nodiscard]] bool all_heard(std::uint32_t talking) const;
    [[nodiscard]] bool same_order(std::uint32_t talking) const;
    [[nodiscard]] std::uint64_t sum(tally_counter tally::*which) const;
    void command();
    void pause(
        double seconds, const std::function<bool()>& enough = [] { return false; });
    void look_after_workers() const;

    const plan& plan_;
    board* board_ = nullptr;
    std::size_t size_ = 0;
    std::vector<pid_t> workers_;
    std::uint64_t rss_most_ = 0;
};

} // namespace citron::bench
