// PURE. Counts what members hear: each message once, in its sender's order, the same order for all of a room,
// and how long after it was due.
#pragma once

#include "test/bench/load/board.hpp"
#include "test/bench/load/dialect.hpp"
#include "test/bench/load/marker.hpp"

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace citron::bench {

enum class stage : std::uint8_t
{
    away,
    connecting,
    upgrading,
    joining,
    in,
    gone
};

/// One member of one room.
struct member : talk
{
    stage at = stage::away;
    bool stalled = false; ///< does not read, on purpose
    std::uint32_t room_index = 0;
    std::uint32_t seat = 0;              ///< 0, 1 ... within the room
    std::uint32_t said = 0;              ///< seq of the last own message
    std::uint64_t digest = 0;            ///< of all that was heard, in order
    std::vector<std::uint32_t> last_seq; ///< by sender
    struct open_send
    {
        std::uint32_t id = 0, step = 0;
        std::uint64_t due_ns = 0;
    };
    std::deque<open_send> unanswered;
};

class referee final : public listener
{
public:
    explicit referee(tally& count) : count_(count) {}

    /// Of all that follows.
    void at(std::uint64_t now_ns) { now_ = now_ns; }
    void begin_step(std::uint32_t step) { step_ = step; }

    void on_joined(talk& t) override;
    void on_join_refused(talk& t, std::string_view reason) override;
    void on_delivery(talk& t, std::string_view body) override;
    void on_answer(talk& t, std::uint32_t id, bool accepted, std::string_view reason) override;
    void on_kick(talk& t, std::string_view reason) override;
    /// The next content that `m` says, due at `due_ns`.
    [[nodiscard]] std::string next_content(member& m, std::uint64_t due_ns, std::size_t size) const;
    void on_sent(member& m, std::uint32_t id, std::uint64_t due_ns, bool will_be_answered);

private:
    [[nodiscard]] std::uint64_t us_since(std::uint64_t due_ns) const;

    tally& count_;
    marker_finder markers_;
    std::uint64_t now_ = 0;
    std::uint32_t step_ = 0;
};

} // namespace citron::bench
