// What /proc says of the servers: CPU time in nanoseconds, resident memory.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace citron::bench {

struct usage
{
    std::uint64_t cpu_ns = 0; ///< all living threads, by the scheduler's own count
    std::uint64_t rss_kib = 0;
};

/// By pid; a process that is gone counts as zero.
[[nodiscard]] std::map<int, usage> usage_of(const std::vector<int>& pids);
[[nodiscard]] std::uint64_t rss_kib(const std::map<int, usage>& all);

} // namespace citron::bench
