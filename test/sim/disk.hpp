// The disk of the host that all chat servers of a run share: their history file, and what is wrong with it
// now.
#pragma once

#include "backend/history/database.hpp"
#include "test/sim/shared_store.hpp"
#include "test/sim/timeline.hpp"

namespace citron::sim {

class disk
{
public:
    explicit disk(const backend::database_options& options) : file_(options) {}

    /// No commit and no look at it ends before that.
    void stall(instant end) { slow_until_ = end; }
    /// Until then it is full, or the file cannot be opened at all.
    void fail(condition how, instant end)
    {
        failing_ = how;
        fails_until_ = end;
    }
    void heal() { slow_until_ = fails_until_ = {}; }

    [[nodiscard]] backend::database& file() { return file_; }
    [[nodiscard]] instant slow_until() const { return slow_until_; }
    [[nodiscard]] condition now(instant at) const { return at < fails_until_ ? failing_ : condition::sound; }

private:
    backend::database file_;
    instant slow_until_, fails_until_;
    condition failing_ = condition::sound;
};

} // namespace citron::sim
