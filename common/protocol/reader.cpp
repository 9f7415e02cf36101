#include "common/protocol/reader.hpp"

namespace citron::protocol {

// The numbers are the types of https://github.com/msgpack/msgpack/blob/master/spec.md.

bool reader::flag()
{
    const auto tag = next();
    if (tag != 0xc2 && tag != 0xc3)
        fail();
    return tag == 0xc3;
}

std::string_view reader::binary()
{
    const auto tag = next();
    return tag >= 0xc4 && tag <= 0xc6 ? bytes(long_size(tag)) : bytes(fail());
}

bool reader::array_is_next() const
{
    const auto tag = at_ == end_ ? never_used : static_cast<std::uint8_t>(*at_);
    return (tag & 0xf0U) == 0x90 || tag == 0xdc || tag == 0xdd;
}

std::uint64_t reader::long_number(std::uint8_t tag)
{
    switch (tag) {
    case 0xcc:
        return fixed<std::uint8_t>();
    case 0xcd:
        return fixed<std::uint16_t>();
    case 0xce:
        return fixed<std::uint32_t>();
    case 0xcf:
        return fixed<std::uint64_t>();
    case 0xd0:
        return natural<std::uint8_t>();
    case 0xd1:
        return natural<std::uint16_t>();
    case 0xd2:
        return natural<std::uint32_t>();
    case 0xd3:
        return natural<std::uint64_t>();
    default:
        return fail();
    }
}

std::uint64_t reader::long_size(std::uint8_t tag)
{
    switch (tag) {
    case 0xc4: // bin
    case 0xd9: // str
        return fixed<std::uint8_t>();
    case 0xc5:
    case 0xda:
        return fixed<std::uint16_t>();
    case 0xc6:
    case 0xdb:
        return fixed<std::uint32_t>();
    default:
        return fail();
    }
}

std::uint64_t reader::long_array(std::uint8_t tag)
{
    if (tag == 0xdc)
        return fixed<std::uint16_t>();
    return tag == 0xdd ? fixed<std::uint32_t>() : fail();
}

void reader::skip(std::uint64_t count, std::size_t depth)
{
    if (depth == 0)
        fail();
    for (; count > 0 && ok_; --count) // each takes a byte at least: an invented count ends with the bytes
        skip_one(depth);
}

void reader::skip_one(std::size_t depth)
{
    const auto tag = next();
    if (tag < 0x80 || tag >= 0xe0) // small integers
        return;
    if (tag < 0x90)
        return skip(2UL * (tag & 0xfU), depth - 1);
    if (tag < 0xa0)
        return skip(tag & 0xfU, depth - 1);
    if (tag < 0xc0)
        return (void)bytes(tag & 0x1fU);
    skip_long(tag, depth);
}

void reader::skip_long(std::uint8_t tag, std::size_t depth)
{
    switch (tag) {
    case 0xc0: // nil, false, true
    case 0xc2:
    case 0xc3:
        return;
    case 0xc7: // ext: one more byte tells which
        return (void)bytes(fixed<std::uint8_t>() + 1);
    case 0xc8:
        return (void)bytes(fixed<std::uint16_t>() + 1);
    case 0xc9:
        return (void)bytes(fixed<std::uint32_t>() + 1);
    case 0xca: // float 32, 64
    case 0xcb:
        return (void)bytes(4U << (tag - 0xcaU));
    case 0xcc: // unsigned and signed integers
    case 0xcd:
    case 0xce:
    case 0xcf:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return (void)bytes(1U << (tag & 3U));
    case 0xd4: // ext of 1, 2, 4, 8, 16
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return (void)bytes((1U << (tag - 0xd4U)) + 1);
    case 0xdc:
    case 0xdd:
        return skip(long_array(tag), depth - 1);
    case 0xde: // maps
        return skip(2 * fixed<std::uint16_t>(), depth - 1);
    case 0xdf:
        return skip(2 * fixed<std::uint32_t>(), depth - 1);
    default:
        return (void)bytes(long_size(tag));
    }
}

} // namespace citron::protocol
