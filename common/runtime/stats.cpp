#include "common/runtime/stats.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <fstream>

namespace citron::runtime {
namespace {

std::uint64_t resident_bytes()
{
    std::ifstream statm("/proc/self/statm"); // pages: total, resident, ...
    std::uint64_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

stats::stats(std::string id, protocol::server_kind kind, const protocol::counters& counters)
    : id_(std::move(id)), kind_(kind), counters_(counters)
{
}

void stats::gauge(std::string name, std::function<std::uint64_t()> read)
{
    gauges_.insert_or_assign(std::move(name), std::move(read));
}

std::string stats::json() const
{
    using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
    nlohmann::ordered_json all{
        {"id", id_},
        {"kind", protocol::name_of(kind_)},
        {"pid", ::getpid()},
        {"uptime_ms", duration_cast<milliseconds>(steady_clock::now() - started_).count()},
        {"rss_bytes", resident_bytes()}};
    for (const auto& [name, read] : gauges_)
        all[name] = read();
    for (const auto& [name, value] : counters_.all())
        all[name] = value;
    return all.dump();
}

} // namespace citron::runtime
