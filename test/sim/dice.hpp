// The only source of chance in a run: the same seed throws the same dice, on every machine.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace citron::sim {

using duration = std::chrono::microseconds;

class dice
{
public:
    explicit dice(std::uint64_t seed) : state_(seed) {}

    /// splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
    std::uint64_t next()
    {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    /// 0 ... n-1; precondition: n > 0. The bias of the remainder does not matter here.
    std::uint64_t below(std::uint64_t n) { return next() % n; }
    /// low ... high, both included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
    duration between(duration low, duration high)
    {
        return duration(
            between(static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count())));
    }
    bool percent(std::uint64_t chance) { return below(100) < chance; }

    /// Precondition: not empty.
    template <typename T>
    T& pick(std::vector<T>& from)
    {
        return from[below(from.size())];
    }
    template <typename T>
    const T& pick(std::span<const T> from)
    {
        return from[below(from.size())];
    }
    template <typename T, std::size_t N>
    const T& pick(const std::array<T, N>& from)
    {
        return pick(std::span<const T>(from));
    }
    template <typename T>
    const T& pick(const std::vector<T>& from)
    {
        return from[below(from.size())];
    }

    /// Independent dice: what one part of the simulation throws does not shift what another part gets.
    dice split() { return dice(next()); }

private:
    std::uint64_t state_;
};

} // namespace citron::sim
