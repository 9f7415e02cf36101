#include "frontend/retry_advice.hpp"

#include <algorithm>

namespace citron::frontend {
namespace {

constexpr milliseconds least_spread{250};
constexpr milliseconds overload{500}, overload_spread{1'500}; ///< a queue that is full is short-lived
constexpr milliseconds abuse{30'000}, abuse_spread{30'000};
constexpr milliseconds slow{1'000}, slow_spread{2'000}; ///< also of those that were not heard
constexpr milliseconds door{1'000}, door_spread{9'000}; ///< a server that is full stays so for a while

} // namespace

milliseconds retry_advice::some_of(milliseconds longest) const
{
    if (!random_ || longest <= milliseconds(0))
        return milliseconds(0);
    return milliseconds(
        static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(longest.count() + 1)));
}

milliseconds retry_advice::after_refusal(protocol::errc why, milliseconds wait) const
{
    if (why == protocol::errc::rate_limited)
        return wait + some_of(std::max(wait, least_spread));
    if (why == protocol::errc::overloaded && random_)
        return overload + some_of(overload_spread);
    return milliseconds(0);
}

milliseconds retry_advice::after_kick(std::string_view reason, milliseconds spread) const
{
    if (!random_)
        return milliseconds(0);
    if (reason == "abuse")
        return abuse + some_of(abuse_spread);
    if (reason == "slow_consumer" || reason == "heartbeat")
        return slow + some_of(slow_spread);
    return reason == "drain" ? some_of(spread) : milliseconds(0);
}

std::chrono::seconds retry_advice::at_the_door() const
{
    return std::chrono::ceil<std::chrono::seconds>(door + some_of(door_spread));
}

std::string retry_json(milliseconds after)
{
    return after.count() == 0 ? "\"}" : R"(","retryAfter":)" + std::to_string(after.count()) + "}";
}

} // namespace citron::frontend
