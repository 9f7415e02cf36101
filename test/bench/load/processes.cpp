#include "test/bench/load/processes.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace citron::bench {
namespace {

namespace fs = std::filesystem;

/// The first field of schedstat is the time on a CPU, in nanoseconds.
std::uint64_t cpu_ns(const fs::path& process)
{
    std::uint64_t sum = 0;
    std::error_code gone;
    for (const auto& thread : fs::directory_iterator(process / "task", gone)) {
        std::uint64_t ns = 0;
        std::ifstream(thread.path() / "schedstat") >> ns;
        sum += ns;
    }
    return sum;
}

std::uint64_t resident_kib(const fs::path& process)
{
    std::ifstream status(process / "status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::stoull(line.substr(6));
    return 0;
}

} // namespace

std::map<int, usage> usage_of(const std::vector<int>& pids)
{
    std::map<int, usage> all;
    for (const int pid : pids) {
        const auto process = fs::path("/proc") / std::to_string(pid);
        all[pid] = {cpu_ns(process), resident_kib(process)};
    }
    return all;
}

std::uint64_t rss_kib(const std::map<int, usage>& all)
{
    std::uint64_t sum = 0;
    for (const auto& [pid, u] : all)
        sum += u.rss_kib;
    return sum;
}

} // namespace citron::bench
