// What a process tells about itself: its counters, and gauges read at the moment of asking.
#pragma once

#include "common/protocol/counters.hpp"
#include "common/protocol/types.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace citron::runtime {

/// The answer to the call `sys.statsRemote.read`.
class stats
{
public:
    /// `counters` must outlive this.
    stats(std::string id, protocol::server_kind kind, const protocol::counters& counters);

    /// A number that is not counted but read, such as "sessions.open". `read` must stay callable.
    void gauge(std::string name, std::function<std::uint64_t()> read);

    /// One flat JSON object: id, kind, pid, uptime_ms, rss_bytes, every gauge and every counter.
    [[nodiscard]] std::string json() const;

private:
    std::string id_;
    protocol::server_kind kind_;
    const protocol::counters& counters_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::map<std::string, std::function<std::uint64_t()>> gauges_;
};

} // namespace citron::runtime
