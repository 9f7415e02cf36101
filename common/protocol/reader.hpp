// PURE. Reads a stranger's msgpack in place, value after value: no object tree, no allocation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace citron::protocol {

/// The caller says what should come next. After the first value that is missing, cut off or of another type,
/// ok() is false for good, and whatever is asked for reads as empty. Texts borrow from the bytes.
class reader
{
public:
    explicit reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    [[nodiscard]] bool ok() const { return ok_; }
    /// Everything was read, and all of it was in order.
    [[nodiscard]] bool complete() const { return ok_ && at_ == end_; }

    /// An integer from 0 to `most`.
    [[nodiscard]] std::uint64_t number(std::uint64_t most = std::numeric_limits<std::uint64_t>::max())
    {
        const auto tag = next();
        const std::uint64_t value = tag < 0x80 ? tag : long_number(tag);
        return value <= most ? value : fail();
    }
    [[nodiscard]] bool flag();
    /// A str, or a bin: as text they count the same.
    [[nodiscard]] std::string_view text()
    {
        const auto tag = next();
        return (tag & 0xe0U) == 0xa0 ? bytes(tag & 0x1fU) : bytes(long_size(tag));
    }
    /// A bin, never a str.
    [[nodiscard]] std::string_view binary();
    /// How many elements follow. A stranger's word: make no room for them before they are read.
    [[nodiscard]] std::uint64_t array()
    {
        const auto tag = next();
        return (tag & 0xf0U) == 0x90 ? tag & 0xfU : long_array(tag);
    }
    [[nodiscard]] bool array_is_next() const;
    /// Over `count` values of any type; nested too deep they are refused.
    void skip(std::uint64_t count) { skip(count, nesting); }

private:
    static constexpr std::size_t nesting = 16;
    static constexpr std::uint8_t never_used = 0xc1; ///< by msgpack: what no type begins with

    std::uint64_t fail()
    {
        ok_ = false;
        at_ = end_;
        return 0;
    }
    /// The byte that tells type and size of the next value.
    std::uint8_t next() { return at_ == end_ ? never_used : static_cast<std::uint8_t>(*at_++); }
    std::string_view bytes(std::uint64_t size)
    {
        if (size > static_cast<std::uint64_t>(end_ - at_))
            return fail(), std::string_view();
        const std::string_view taken(at_, size);
        at_ += size;
        return taken;
    }
    /// An unsigned integer in network order.
    template <typename T>
    std::uint64_t fixed()
    {
        const auto raw = bytes(sizeof(T));
        if (raw.empty())
            return 0;
        T value;
        std::memcpy(&value, raw.data(), sizeof value);
        if constexpr (std::endian::native == std::endian::little)
            value = std::byteswap(value);
        return value;
    }
    /// A signed integer of the width of T, none below 0.
    template <typename T>
    std::uint64_t natural()
    {
        const auto value = fixed<T>();
        return value >> (8 * sizeof(T) - 1) == 0 ? value : fail();
    }
    std::uint64_t long_number(std::uint8_t tag);
    std::uint64_t long_size(std::uint8_t tag);
    std::uint64_t long_array(std::uint8_t tag);
    void skip(std::uint64_t count, std::size_t depth);
    void skip_one(std::size_t depth);
    void skip_long(std::uint8_t tag, std::size_t depth);

    const char* at_;
    const char* end_;
    bool ok_ = true;
};

} // namespace citron::protocol
