// PURE. What a message of the generator says: who sent it, as which, and when it was due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace citron::bench {

struct marker
{
    std::uint32_t step = 0;   ///< of the run; below 256
    std::uint32_t sender = 0; ///< within its room; below 65,536
    std::uint32_t seq = 0;    ///< of this sender: 1, 2, 3 ...
    std::uint64_t due_ns = 0; ///< when it should have been sent, by CLOCK_MONOTONIC
};

/// Characters that a marker takes; the rest of a content is padding.
inline constexpr std::size_t marker_size = 7 + 2 + 4 + 8 + 16;
/// A content of `size` bytes (at least marker_size), safe inside JSON as it is.
[[nodiscard]] std::string content_of(const marker& m, std::size_t size);
/// The first marker in a message's body.
[[nodiscard]] std::optional<marker> find_marker(std::string_view body);

} // namespace citron::bench
