// PURE. What a message of the generator says: who sent it, as which, and when it was due.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace citron::bench {

struct marker
{
    std::uint32_t step = 0;   ///< of the run; below 65,536
    std::uint32_t sender = 0; ///< within its room; below 65,536
    std::uint32_t seq = 0;    ///< of this sender: 1, 2, 3 ...
    std::uint64_t due_ns = 0; ///< when it should have been sent, by CLOCK_MONOTONIC
};

inline constexpr std::string_view marker_tag = "@bench:";
/// Characters that a marker takes; the rest of a content is padding.
inline constexpr std::size_t marker_size = marker_tag.size() + 4 + 4 + 8 + 16;
/// A content of `size` bytes (at least marker_size), safe inside JSON as it is.
[[nodiscard]] std::string content_of(const marker& m, std::size_t size);

/// The value of eight hex digits (0-9, a-f), all at once and without a branch that depends on them: that of
/// each is its low four bits, and nine more for a letter, which bit 6 tells.
[[nodiscard]] inline std::uint32_t hex_value(const char* digits)
{
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, digits, sizeof bytes);
    bytes = __builtin_bswap64(bytes); // the first digit counts most
    bytes = (bytes & 0x0f0f0f0f0f0f0f0fU) + 9 * (bytes >> 6U & 0x0101010101010101U);
    bytes = (bytes | bytes >> 4U) & 0x00ff00ff00ff00ffU;
    bytes = (bytes | bytes >> 8U) & 0x0000ffff0000ffffU;
    return static_cast<std::uint32_t>(bytes | bytes >> 16U);
}

/// Finds the first marker of each body. One body is wrapped like another, so it looks where the last one's
/// was.
class marker_finder
{
public:
    [[nodiscard]] std::optional<marker> find(std::string_view body)
    {
        if (!is_at(body, at_) && !search(body))
            return std::nullopt;
        const char* digits = body.data() + at_ + marker_tag.size();
        const auto step_and_sender = hex_value(digits);
        return marker{step_and_sender >> 16U, step_and_sender & 0xffffU, hex_value(digits + 8),
                      std::uint64_t{hex_value(digits + 16)} << 32U | hex_value(digits + 24)};
    }

private:
    /// A whole one, as far as its length tells.
    [[nodiscard]] static bool is_at(std::string_view body, std::size_t at)
    {
        return body.size() >= at + marker_size &&
               std::memcmp(body.data() + at, marker_tag.data(), marker_tag.size()) == 0;
    }
    /// Returns whether there is one; at_ is its place then.
    bool search(std::string_view body);

    std::size_t at_ = 0;
};

} // namespace citron::bench
