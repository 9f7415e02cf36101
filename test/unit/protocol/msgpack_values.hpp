// What msgpack knows, and msgpack-cxx as the judge of it.
#pragma once

#include <msgpack.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace citron::protocol::test {

/// Exactly one value; throws where `bytes` are something else.
inline msgpack::object_handle parse_with_msgpack_cxx(std::string_view bytes)
{
    constexpr std::size_t depth = 16;
    const auto most = bytes.size();
    std::size_t used = 0;
    auto handle = msgpack::unpack(bytes.data(), bytes.size(), used, nullptr, nullptr,
                                  {most, most, most, most, most, depth});
    if (used != bytes.size())
        throw msgpack::type_error();
    return handle;
}

/// One value of each type and size of msgpack, whole and valid.
inline std::vector<std::string> values()
{
    using namespace std::string_literals;
    std::vector<std::string> all{"\x00"s,
                                 "\x7f"s,
                                 "\xff"s,
                                 "\xe0"s,
                                 "\xc0"s,
                                 "\xc2"s,
                                 "\xc3"s,
                                 "\x80"s,
                                 "\x81\x01\x02"s,
                                 "\x90"s,
                                 "\x92\xa1x\xa1y"s,
                                 "\xa0"s,
                                 "\xa2xy"s,
                                 "\xc4\x01x"s,
                                 "\xc5\x00\x01x"s,
                                 "\xc6\x00\x00\x00\x01x"s,
                                 "\xc7\x02txy"s,
                                 "\xc8\x00\x01tx"s,
                                 "\xc9\x00\x00\x00\x01tx"s,
                                 "\xca"s + std::string(4, 'f'),
                                 "\xcb"s + std::string(8, 'f'),
                                 "\xd9\x01x"s,
                                 "\xda\x00\x01x"s,
                                 "\xdb\x00\x00\x00\x01x"s,
                                 "\xdc\x00\x01\xa1x"s,
                                 "\xdd\x00\x00\x00\x02\xa1x\xc4\x01y"s,
                                 "\xde\x00\x01\x01\x02"s,
                                 "\xdf\x00\x00\x00\x01\x01\x02"s,
                                 "\x92\xa1x\xc0"s};
    for (unsigned tag = 0xcc; tag <= 0xd3; ++tag) // integers: a small one, one with the highest bit set
        for (const char first : {'\x00', '\x80'})
            all.push_back(static_cast<char>(tag) + std::string(1, first) +
                          std::string((1U << (tag & 3U)) - 1, '\x01'));
    for (unsigned tag = 0xd4; tag <= 0xd8; ++tag)
        all.push_back(static_cast<char>(tag) + std::string((1U << (tag - 0xd4U)) + 1, 'x'));
    all.push_back("\xcc\x05"s);
    return all;
}

} // namespace citron::protocol::test
