// What the fuzz targets share. A property that does not hold ends the run as a crash does: libFuzzer keeps
// the input.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

namespace citron::fuzz {

inline void must(bool holds, const char* what, std::source_location where = std::source_location::current())
{
    if (holds)
        return;
    std::fprintf(stderr, "%s:%u: does not hold: %s\n", where.file_name(), where.line(), what);
    std::abort();
}

/// The fuzzer's bytes, taken off the front. What is asked for beyond their end reads as 0, or is shorter.
class input
{
public:
    input(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

    [[nodiscard]] bool empty() const { return left_.empty(); }
    std::uint8_t byte()
    {
        const auto taken = bytes(1);
        return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
    }
    std::string_view bytes(std::size_t size)
    {
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(taken.size());
        return taken;
    }
    /// As many as its first byte says.
    std::string_view text() { return bytes(byte()); }
    std::string_view rest() { return bytes(left_.size()); }

private:
    std::string_view left_;
};

} // namespace citron::fuzz
