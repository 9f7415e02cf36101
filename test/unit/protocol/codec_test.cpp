#include "common/protocol/codec.hpp"
#include "test/unit/protocol/msgpack_values.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace citron::protocol {
namespace {

using namespace std::string_literals;

struct pair
{
    std::uint64_t number = 42;
    std::string text = "default";
    CITRON_FIELDS(number, text)

    void msgpack_unpack(const msgpack::object& object)
    {
        msgpack::type::make_define_array(number, text).msgpack_unpack(object);
    }
};

TEST(Codec, PacksStructsAsArrays)
{
    EXPECT_EQ(pack(pair{7, "x"}), "\x92\x07\xa1x");
}

TEST(Codec, MissingTrailingElementsKeepTheirDefaults)
{
    const auto value = unpack<pair>("\x91\x07");

    ASSERT_TRUE(value);
    EXPECT_EQ(value->number, 7U);
    EXPECT_EQ(value->text, "default");
}

TEST(Codec, ExtraElementsAreIgnored)
{
    EXPECT_EQ(unpack<pair>("\x94\x07\xa1x\xc3\x91\x01")->text, "x");
}

TEST(Codec, RefusesWhatIsNotOneValueOfTheShape)
{
    for (const auto& bytes : {""s, "\x92\x07"s, "\x92\x07\xa1x\xc0"s, "\x80"s, "\x92\xa1x\x07"s, "\x07"s,
                              "\xc1"s, "\x92\xff\xa1x"s})
        EXPECT_EQ(unpack<pair>(bytes).error(), errc::bad_request);
}

TEST(Codec, ForgedLengthsAreRefused)
{
    for (const auto& bytes :
         {"\xdd\xff\xff\xff\xff\x01"s, "\xdb\xff\xff\xff\xff"s, "\xdf\xff\xff\xff\xff"s}) {
        EXPECT_FALSE(unpack<std::vector<std::string>>(bytes));
        EXPECT_FALSE(unpack<std::string>(bytes));
    }
}

/// Every type of field that a body may have; msgpack-cxx can read it too.
struct every_type
{
    bool flag = true;
    std::uint8_t byte = 1;
    std::uint16_t port = 2;
    std::uint32_t part = 3;
    std::uint64_t id = 4;
    std::string name = "ann";
    std::vector<std::string> names{"bob"};
    std::vector<std::uint64_t> numbers{5};
    pair inner;
    std::vector<pair> inners{{}};
    CITRON_FIELDS(flag, byte, port, part, id, name, names, numbers, inner, inners)

    void msgpack_unpack(const msgpack::object& object)
    {
        msgpack::type::make_define_array(flag, byte, port, part, id, name, names, numbers, inner, inners)
            .msgpack_unpack(object);
    }
};

/// True when these are the fields of an every_type.
bool expect_as_msgpack_cxx(const std::vector<std::string>& elements)
{
    std::string bytes(1, static_cast<char>(0x90 | elements.size()));
    for (const auto& one : elements)
        bytes += one;
    const auto value = unpack<every_type>(bytes);
    try {
        const auto expected = test::parse_with_msgpack_cxx(bytes).get().as<every_type>();
        EXPECT_EQ(pack(value.value()), pack(expected)) << testing::PrintToString(bytes);
        return true;
    } catch (const msgpack::type_error&) {
        EXPECT_FALSE(value) << testing::PrintToString(bytes);
        return false;
    }
}

TEST(Codec, EveryTypeInEveryFieldCountsAsWithMsgpackCxx)
{
    const std::vector<std::string> sound{"\xc3"s,          "\x01"s,        "\x02"s,      "\x03"s,
                                         "\x04"s,          "\xa1x"s,       "\x91\xa1y"s, "\x92\x05\x06"s,
                                         "\x92\x07\xa1z"s, "\x91\x91\x08"s};
    ASSERT_TRUE(expect_as_msgpack_cxx(sound));
    int accepted = 0;
    for (std::size_t i = 0; i <= sound.size(); ++i)
        for (const auto& value : test::values()) {
            auto changed = sound;
            i == sound.size() ? changed.push_back(value) : void(changed[i] = value);
            accepted += expect_as_msgpack_cxx(changed);
        }
    EXPECT_GT(accepted, 50);
}

TEST(Codec, BlobsAreBinaryAndAlsoReadFromText)
{
    const blob value{"\0\xff"s};

    EXPECT_EQ(pack(value), "\xc4\x02\0\xff"s);
    EXPECT_EQ(unpack<blob>(pack(value)), value);
    EXPECT_EQ(unpack<blob>("\xa2hi")->data, "hi");
    EXPECT_FALSE(unpack<blob>("\x07"));
}

} // namespace
} // namespace citron::protocol
