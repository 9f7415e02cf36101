// Envelopes against msgpack-cxx: the same bytes out, and of the bytes in the same ones accepted and refused.
#include "common/protocol/envelope.hpp"
#include "test/unit/protocol/msgpack_values.hpp"

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
    const auto handle = test::parse_with_msgpack_cxx(bytes);
    const auto& root = handle.get();
    if (root.type != msgpack::type::ARRAY || root.via.array.size < 11)
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
        for (const auto& value : test::values()) {
            auto changed = elements();
            changed[i] = value;
            accepted += expect_as_msgpack_cxx(join(changed));
        }
    EXPECT_GT(accepted, 50);
}

TEST(EnvelopeWire, FurtherElementsOfAnyTypeAreSkipped)
{
    for (const auto& value : test::values()) {
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
    for (const auto& value : test::values()) {
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
        more.push_back(test::values()[make.up_to(test::values().size() - 1)]);
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
