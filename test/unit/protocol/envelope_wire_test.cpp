// Envelopes against msgpack-cxx: the same bytes out, and of the bytes in the same ones accepted and refused.
#include "common/protocol/codec.hpp"
#include "common/protocol/envelope.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace citron::protocol {
namespace {

using namespace std::string_literals;

/// An envelope as plain values.
struct parts
{
    std::uint8_t kind = 0;
    std::string from;
    std::vector<std::string> to;
    std::string room;
    std::uint64_t id = 0, broker = 0, number = 0;
    std::string route;
    std::uint8_t code = 0;
    std::string body;
    bool operator==(const parts&) const = default;
};

parts parts_of(const envelope& e)
{
    return {static_cast<std::uint8_t>(e.kind),
            std::string(e.from),
            {e.to.begin(), e.to.end()},
            std::string(e.room),
            e.id,
            e.view.broker,
            e.view.number,
            std::string(e.route),
            static_cast<std::uint8_t>(e.code),
            std::string(e.body)};
}

std::vector<std::string> list_of(const msgpack::object& to)
{
    if (to.type == msgpack::type::ARRAY)
        return to.as<std::vector<std::string>>();
    const auto one = to.as<std::string>();
    return one.empty() ? std::vector<std::string>{} : std::vector<std::string>{one};
}

/// What msgpack-cxx finds in `bytes`; throws where it finds no envelope.
parts parse(std::string_view bytes)
{
    std::size_t used = 0;
    const auto handle =
        msgpack::unpack(bytes.data(), bytes.size(), used, nullptr, nullptr, limits_for(bytes.size()));
    const auto& root = handle.get();
    if (used != bytes.size() || root.type != msgpack::type::ARRAY || root.via.array.size < 11)
        throw msgpack::type_error();
    const auto* at = root.via.array.ptr;
    const bool sound = at[0].as<std::uint8_t>() == envelope_version &&
                       at[1].as<std::uint8_t>() <= last_kind && at[10].type == msgpack::type::BIN;
    if (!sound)
        throw msgpack::type_error();
    return {at[1].as<std::uint8_t>(),  at[2].as<std::string>(),   list_of(at[3]),
            at[4].as<std::string>(),   at[5].as<std::uint64_t>(), at[6].as<std::uint64_t>(),
            at[7].as<std::uint64_t>(), at[8].as<std::string>(),   at[9].as<std::uint8_t>(),
            at[10].as<std::string>()};
}

/// True when it is one.
bool expect_as_msgpack_cxx(const std::string& bytes)
{
    const auto decoded = decode(bytes);
    try {
        const auto expected = parse(bytes);
        EXPECT_TRUE(decoded) << testing::PrintToString(bytes);
        if (decoded) {
            EXPECT_EQ(parts_of(*decoded), expected) << testing::PrintToString(bytes);
        }
        return true;
    } catch (const std::exception&) {
        EXPECT_FALSE(decoded) << testing::PrintToString(bytes);
        return false;
    }
}

class maker
{
public:
    std::size_t up_to(std::size_t most) { return random_() % (most + 1); }
    std::string text()
    {
        static constexpr std::array<std::size_t, 9> sizes{0, 1, 5, 31, 32, 255, 256, 1000, 70'000};
        return std::string(sizes[up_to(up_to(3) ? 4 : sizes.size() - 1)], static_cast<char>('a' + up_to(25)));
    }
    std::uint64_t number() { return random_() >> up_to(63); }
    parts envelope()
    {
        parts p{.kind = static_cast<std::uint8_t>(up_to(last_kind)), .from = text()};
        for (auto left = up_to(20); left > 1; --left)
            p.to.push_back(text());
        if (p.to.size() == 1)
            p.to.front() += "x"; // one empty text means nobody
        p.room = text();
        p.id = number();
        p.broker = number();
        p.number = number();
        p.route = text();
        p.code = static_cast<std::uint8_t>(up_to(255));
        p.body = text();
        return p;
    }
    char byte() { return static_cast<char>(up_to(255)); }

private:
    std::mt19937_64 random_{1};
};

std::string encode(const parts& p)
{
    const envelope e{.kind = static_cast<kind>(p.kind),
                     .from = p.from,
                     .to = {p.to.begin(), p.to.end()},
                     .room = p.room,
                     .id = p.id,
                     .view = {p.broker, p.number},
                     .route = p.route,
                     .code = static_cast<errc>(p.code),
                     .body = p.body};
    return encode(e);
}

std::string pack_with_msgpack_cxx(const parts& p)
{
    msgpack::sbuffer out;
    msgpack::packer packer(out);
    packer.pack_array(11);
    packer.pack(envelope_version);
    packer.pack(p.kind);
    packer.pack(p.from);
    p.to.size() > 1 ? packer.pack(p.to) : packer.pack(p.to.empty() ? std::string() : p.to.front());
    packer.pack(p.room);
    packer.pack(p.id);
    packer.pack(p.broker);
    packer.pack(p.number);
    packer.pack(p.route);
    packer.pack(p.code);
    packer.pack_bin(static_cast<std::uint32_t>(p.body.size()));
    packer.pack_bin_body(p.body.data(), static_cast<std::uint32_t>(p.body.size()));
    return {out.data(), out.size()};
}

/// One value of each type and size of msgpack, whole and valid.
std::vector<std::string> values()
{
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

/// The eleven elements of an envelope, packed one by one.
std::vector<std::string> elements()
{
    return {"\x01"s,
            "\x09"s,
            "\xa2"s
            "c1"s,
            "\xa0"s,
            "\xa5lobby"s,
            "\x07"s,
            "\x05"s,
            "\x02"s,
            "\xa1r"s,
            "\x00"s,
            "\xc4\x02{}"s};
}

std::string join(const std::vector<std::string>& elements)
{
    std::string bytes(1, static_cast<char>(0x90 | elements.size()));
    for (const auto& one : elements)
        bytes += one;
    return bytes;
}

TEST(EnvelopeWire, WritesWhatMsgpackCxxWrites)
{
    maker make;
    for (int i = 0; i < 2'000; ++i) {
        const auto p = make.envelope();
        const auto bytes = encode(p);
        ASSERT_EQ(bytes, pack_with_msgpack_cxx(p));
        ASSERT_EQ(parts_of(decode(bytes).value()), p);
    }
}

TEST(EnvelopeWire, EveryTypeInEveryPlaceCountsAsWithMsgpackCxx)
{
    int accepted = 0;
    for (std::size_t i = 0; i < elements().size(); ++i)
        for (const auto& value : values()) {
            auto changed = elements();
            changed[i] = value;
            accepted += expect_as_msgpack_cxx(join(changed));
        }
    EXPECT_GT(accepted, 50);
}

TEST(EnvelopeWire, FurtherElementsOfAnyTypeAreSkipped)
{
    for (const auto& value : values()) {
        auto more = elements();
        more.insert(more.end(), {value, "\xc0"s});
        EXPECT_TRUE(expect_as_msgpack_cxx(join(more))) << testing::PrintToString(value);
    }
}

TEST(EnvelopeWire, FurtherElementsAreNestedOnlySoDeep)
{
    for (std::size_t depth = 10; depth < 20; ++depth)
        for (const auto* layer : {"\x91", "\x81\xc0"}) {
            std::string nested;
            for (std::size_t i = 0; i < depth; ++i)
                nested += layer;
            auto more = elements();
            more.push_back(nested + "\xc0");
            expect_as_msgpack_cxx(join(more));
        }
}

TEST(EnvelopeWire, EveryTruncationOfEveryTypeIsRefused)
{
    for (const auto& value : values()) {
        auto more = elements();
        more.push_back(value);
        const auto whole = join(more);
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(decode(whole.substr(0, size)));
    }
}

TEST(EnvelopeWire, InventedLengthsAreRefusedAtOnce)
{
    for (std::size_t i = 2; i < elements().size(); ++i)
        for (const unsigned tag : {0xc6U, 0xc9U, 0xdbU, 0xddU, 0xdfU}) {
            auto changed = elements();
            changed[i] = static_cast<char>(tag) + std::string(4, '\xff');
            EXPECT_FALSE(decode(join(changed)));
            changed = elements();
            changed.push_back(static_cast<char>(tag) + std::string(4, '\xff'));
            EXPECT_FALSE(decode(join(changed)));
        }
}

TEST(EnvelopeWire, DamagedBytesAreReadAsMsgpackCxxReadsThem)
{
    maker make;
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        auto more = elements();
        more.push_back(values()[make.up_to(values().size() - 1)]);
        auto bytes = join(more);
        for (auto flips = 1 + make.up_to(2); flips > 0; --flips)
            bytes[make.up_to(bytes.size() - 1)] = make.byte();
        accepted += expect_as_msgpack_cxx(bytes);
    }
    EXPECT_GT(accepted, 5'000);
}

TEST(EnvelopeWire, RandomBytesAreReadAsMsgpackCxxReadsThem)
{
    maker make;
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = "\x9b\x01\x09"s;
        for (auto left = make.up_to(30); left > 0; --left)
            bytes += make.byte();
        expect_as_msgpack_cxx(i % 2 ? bytes : bytes.substr(3));
    }
}

} // namespace
} // namespace citron::protocol
