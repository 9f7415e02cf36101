// PURE. A rate limit that keeps one point in time: when everything taken will have been made up for (GCRA).
#pragma once

#include "common/protocol/types.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace citron::frontend {

/// `amount` in every `per`, and `burst`'s worth of it at once after a pause. 0: no limit.
struct rate
{
    std::size_t amount = 0;
    protocol::milliseconds burst{2'000};
    protocol::milliseconds per{1'000};

    [[nodiscard]] bool off() const { return amount == 0; }
    /// How long it takes to make up for so much: up to 2^31 by the second, up to 2^20 by the hour.
    [[nodiscard]] std::chrono::nanoseconds span_of(std::size_t so_much) const
    {
        return std::chrono::nanoseconds(per) * so_much / amount;
    }
};

/// Starts full. Costs eight bytes, and nothing while time passes.
class token_bucket
{
public:
    static constexpr std::chrono::seconds patience{60};

    /// How long until `amount` may be taken; 0: now. More than a whole burst may be once nothing is owed, so
    /// that nothing waits for ever.
    [[nodiscard]] std::chrono::nanoseconds wait_for(const rate& r, std::size_t amount,
                                                    protocol::instant now) const
    {
        if (r.off())
            return {};
        const auto need = r.span_of(amount);
        const auto most = std::max<std::chrono::nanoseconds>(r.burst, need);
        return std::max(std::max(spent_, now) + need - most - now, std::chrono::nanoseconds(0));
    }
    /// Takes it, whether it is there or not: what is owed is waited for later, but not longer than
    /// `patience`.
    void take(const rate& r, std::size_t amount, protocol::instant now)
    {
        if (!r.off())
            spent_ = std::min(std::max(spent_, now) + r.span_of(amount), now + r.burst + patience);
    }
    /// As good as new.
    [[nodiscard]] bool full(protocol::instant now) const { return spent_ <= now; }

private:
    protocol::instant spent_{};
};

} // namespace citron::frontend
