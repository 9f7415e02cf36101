// PURE. What one run of the generator does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace citron::bench {

/// Rooms x members chatting at a rate; what differs is what is raised, watched or broken meanwhile.
enum class workload
{
    hot,      ///< one room; the rate is raised until the room is late
    steady,   ///< one large room at a fixed rate
    rooms,    ///< many small rooms at a fixed rate
    quiet,    ///< few rooms, few messages: latency
    idle,     ///< many connections that say nothing: memory and heartbeats
    storm,    ///< many connections come at once, while one room chats
    slow,     ///< one large room of whom some stop reading
    overload, ///< three times the rate that the hot room sustains, then a little
};

struct plan
{
    workload what = workload::steady;
    std::string dialect = "pomelo";
    std::vector<std::string> at; ///< host:port; pomelo: of the gate
    std::vector<int> pids;       ///< of the servers, for their CPU and memory
    std::uint32_t rooms = 1, members = 1000;
    std::uint32_t senders = 10; ///< of each room, in turn
    double rate = 50;           ///< messages per second in all; 0: nobody sends
    double seconds = 10;
    std::uint32_t payload = 128; ///< bytes of a message's content
    std::uint32_t workers = 2;   ///< generator processes
    std::uint32_t slow = 10;     ///< members who stop reading (workload slow)
    bool since = false;          ///< members enter as those do who come back (pomelo, as citron speaks it)

    [[nodiscard]] std::uint32_t connections() const { return rooms * members; }
};

/// As the table of test/bench/RESULTS.md has it.
[[nodiscard]] inline plan default_plan(workload what)
{
    plan p{.what = what};
    switch (what) {
    case workload::hot:
    case workload::overload:
        return p.members = 200, p.rate = 1000, p.seconds = what == workload::hot ? 4 : 20, p;
    case workload::steady:
        return p;
    case workload::rooms:
        return p.rooms = 100, p.members = 10, p.rate = 2000, p;
    case workload::quiet:
        return p.rooms = 10, p.members = 10, p.rate = 100, p;
    case workload::idle:
        return p.rooms = 1000, p.members = 10, p.rate = 0, p.seconds = 30, p;
    case workload::storm:
        return p.rooms = 1000, p.members = 10, p.rate = 20, p;
    case workload::slow:
        return p.payload = 8192, p.seconds = 20, p;
    }
    return p;
}

inline constexpr std::string_view workload_names[] = {"hot",  "steady", "rooms", "quiet",
                                                      "idle", "storm",  "slow",  "overload"};

} // namespace citron::bench
