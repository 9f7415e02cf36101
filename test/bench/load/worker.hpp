// One process of the generator: an epoll loop with its share of the members.
#pragma once

#include "test/bench/load/board.hpp"
#include "test/bench/load/dialect.hpp"
#include "test/bench/load/entries.hpp"
#include "test/bench/load/plan.hpp"
#include "test/bench/load/referee.hpp"
#include "test/bench/load/stream.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace citron::bench {

/// CLOCK_MONOTONIC: the same for all processes of the machine.
[[nodiscard]] std::uint64_t now_ns();

class worker
{
public:
    /// Asks the gate where its members belong. Throws std::runtime_error.
    worker(const plan& p, std::uint32_t index, board& shared);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    void run(); ///< until the board says leave

private:
    struct client : member
    {
        stream bytes;
        bool waits_to_write = false;
        std::string in; ///< an incomplete frame
        entry where;
    };

    void obey();
    void stall();
    void report_digests();
    [[nodiscard]] client& of(std::uint32_t global) { return clients_[global / plan_.workers]; }
    [[nodiscard]] bool mine(std::uint32_t global) const { return global % plan_.workers == index_; }

    void connect_more();
    void connect(client& c);
    void say_due(std::uint64_t now);
    [[nodiscard]] std::uint64_t due_time(std::uint64_t message) const;
    [[nodiscard]] bool is_due(std::uint64_t message, std::uint64_t now) const;
    void say_message(std::uint64_t message, std::uint64_t now);
    void say(client& c, std::uint64_t due);
    void beat_due(std::uint64_t now);
    [[nodiscard]] std::uint64_t sleep_until(std::uint64_t now) const;
    void wait(std::uint64_t ns);

    void on_event(client& c, std::uint32_t events);
    void read(client& c);
    void hear(client& c, std::string_view bytes);
    [[nodiscard]] bool hear_upgrade(client& c, std::string_view& bytes);
    void flush(client& c);
    void watch(client& c);
    void lose(client& c);

    const plan& plan_;
    std::uint32_t index_;
    board& board_;
    tally& count_;
    referee referee_;
    std::unique_ptr<dialect> dialect_;
    std::vector<client> clients_;
    std::vector<char> buffer_;
    int epoll_;
    std::uint32_t obeyed_ = 0;
    std::size_t next_to_connect_ = 0, connecting_ = 0;
    std::vector<client*> speakers_;                       ///< whose words wait for the end of the turn
    std::uint64_t next_message_ = 0;                      ///< of this step, counted over all workers
    std::deque<std::pair<std::uint64_t, client*>> beats_; ///< in order: all beat equally often
};

} // namespace citron::bench
