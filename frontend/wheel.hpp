// PURE. Deadlines of all sessions in one ring of slots: O(1) to add, and O(1) per session when a slot comes
// due.
#pragma once

#include "common/protocol/types.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace citron::frontend {

/// A session that hears data does not move: whoever takes it out when it comes due looks at its true deadline
/// and adds it again. So data costs nothing here, and an idle session one visit per idle time.
class wheel
{
public:
    /// `longest`: how far ahead a deadline usually lies; one beyond it comes due early, and is added again.
    wheel(protocol::milliseconds longest, protocol::milliseconds step);

    void add(protocol::session_id id, protocol::instant due, protocol::instant now);
    /// Those whose slot has passed; each at most a step late. They are out of the wheel.
    [[nodiscard]] std::vector<protocol::session_id> take_due(protocol::instant now);

private:
    [[nodiscard]] std::int64_t tick_of(protocol::instant at) const { return at.time_since_epoch() / step_; }

    protocol::milliseconds step_;
    std::vector<std::vector<protocol::session_id>> slots_;
    std::int64_t passed_ = 0; ///< every slot up to this tick is empty
    bool started_ = false;
};

} // namespace citron::frontend
