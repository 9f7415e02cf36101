// What happened, for the eyes of whoever replays a seed. Silent unless asked for.
#pragma once

#include "test/sim/timeline.hpp"

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace citron::sim {

class journal
{
public:
    journal(const timeline& clock, bool on) : clock_(clock), start_(clock.now()), on_(on) {}

    [[nodiscard]] bool on() const { return on_; }
    [[nodiscard]] double seconds() const
    {
        return std::chrono::duration<double>(clock_.now() - start_).count();
    }

    /// `who` is the column to grep for.
    template <typename... Args>
    void line(std::string_view who, fmt::format_string<Args...> text, Args&&... args) const
    {
        if (on_)
            fmt::print("{:10.6f} {:<6} {}\n", seconds(), who, fmt::format(text, std::forward<Args>(args)...));
    }

private:
    const timeline& clock_;
    instant start_;
    bool on_;
};

} // namespace citron::sim
