// PURE. Counts of durations in buckets that grow with their value, as HdrHistogram does: a fixed size, no
// allocation, at most 1.6 % of error.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace citron::bench {

/// Microseconds from 0 to 2^36 (19 hours). Plain memory: it may lie in a mapping that processes share, with
/// one writer.
class histogram
{
public:
    void record(std::uint64_t us)
    {
        ++counts_[index_of(us)];
        ++total_;
        highest_ = std::max(highest_, us);
    }
    void add(const histogram& other)
    {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            counts_[i] += other.counts_[i];
        total_ += other.total_;
        highest_ = std::max(highest_, other.highest_);
    }
    [[nodiscard]] std::uint64_t total() const { return total_; }
    [[nodiscard]] std::uint64_t highest() const { return highest_; }
    /// The value that `percent` of what was recorded do not exceed, to a bucket's width; 0 when nothing was.
    [[nodiscard]] std::uint64_t percentile(double percent) const
    {
        const auto rank = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total_) * percent / 100));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen >= rank && seen > 0)
                return std::min(upper_bound_of(i), highest_);
        }
        return highest_;
    }

private:
    static constexpr unsigned fine_bits = 6; ///< a bucket is 1/64 of the power of two it lies in
    static constexpr std::uint64_t fine = 1U << fine_bits;
    static constexpr unsigned powers = 36;

    static std::size_t index_of(std::uint64_t us)
    {
        us = std::min<std::uint64_t>(us, (std::uint64_t{1} << powers) - 1);
        if (us < fine)
            return us;
        const auto shift = static_cast<unsigned>(std::bit_width(us)) - 1 - fine_bits;
        return (shift + 1) * fine + ((us >> shift) - fine);
    }
    static std::uint64_t upper_bound_of(std::size_t index)
    {
        if (index < fine)
            return index;
        const auto shift = index / fine - 1;
        return ((index % fine + fine + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (powers - fine_bits + 1) * fine> counts_{};
    std::uint64_t total_ = 0, highest_ = 0;
};

} // namespace citron::bench
