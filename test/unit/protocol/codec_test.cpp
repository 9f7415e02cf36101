#include "common/protocol/codec.hpp"

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
    MSGPACK_DEFINE_ARRAY(number, text)
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
