// PURE. When a client that was refused or sent away should come back: never all of them in the same moment.
#pragma once

#include "common/protocol/errc.hpp"
#include "common/protocol/types.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace citron::frontend {

using protocol::milliseconds;

class retry_advice
{
public:
    /// Without `random` only waits that are known exactly are told.
    explicit retry_advice(std::function<std::uint64_t()> random) : random_(std::move(random)) {}

    /// The `retryAfter` of a refusal. `wait`: what its limit says, if one does. 0: nothing to be told.
    [[nodiscard]] milliseconds after_refusal(protocol::errc why, milliseconds wait) const;
    /// The `retryAfter` of a kick. `spread`: those who are kicked with it come back over so long. 0: none;
    /// come at once, or not at all.
    [[nodiscard]] milliseconds after_kick(std::string_view reason, milliseconds spread) const;
    /// For the header Retry-After of HTTP, which knows seconds.
    [[nodiscard]] std::chrono::seconds at_the_door() const;

private:
    /// Up to `longest`, and none without chance.
    [[nodiscard]] milliseconds some_of(milliseconds longest) const;

    std::function<std::uint64_t()> random_;
};

/// The end of a JSON object whose last value is a text: with `retryAfter`, unless that is 0.
[[nodiscard]] std::string retry_json(milliseconds after);

} // namespace citron::frontend
