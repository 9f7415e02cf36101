#include "test/bench/load/marker.hpp"

#include <gtest/gtest.h>

namespace citron::bench {
namespace {

const marker sample{.step = 7, .sender = 999, .seq = 123'456, .due_ns = 0xfedcba9876543210};

void expect_sample(const std::optional<marker>& found)
{
    ASSERT_TRUE(found);
    EXPECT_EQ(found->step, 7);
    EXPECT_EQ(found->sender, 999);
    EXPECT_EQ(found->seq, 123'456);
    EXPECT_EQ(found->due_ns, 0xfedcba9876543210);
}

TEST(Marker, IsReadAsItWasWritten)
{
    EXPECT_EQ(content_of(sample, 128).size(), 128);
    EXPECT_EQ(content_of(sample, 1).size(), marker_size);
    expect_sample(marker_finder().find(content_of(sample, 1)));
}

TEST(Marker, HoldsTheLargestValues)
{
    const auto found = marker_finder().find(content_of({0xffff, 0xffff, 0xffff'ffff, ~std::uint64_t{0}}, 1));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->step, 0xffff);
    EXPECT_EQ(found->sender, 0xffff);
    EXPECT_EQ(found->seq, 0xffff'ffff);
    EXPECT_EQ(found->due_ns, ~std::uint64_t{0});
}

TEST(Marker, EveryHexDigitCountsInEveryPlace)
{
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t place = 0; place < 8; ++place)
        for (std::uint32_t value = 0; value < 16; ++value) {
            std::string text(8, '0');
            text[place] = digits[value];
            EXPECT_EQ(hex_value(text.data()), value << (28 - 4 * place)) << text;
        }
}

TEST(Marker, IsFoundWhereverTheNextOneIs)
{
    marker_finder finder;
    for (const std::size_t before : {2, 2, 90, 0, 5})
        expect_sample(finder.find(std::string(before, 'x') + content_of(sample, 60) + "yy"));
}

TEST(Marker, IsNotFoundWhereTheLastOneWas)
{
    marker_finder finder;
    const auto body = std::string(50, 'x') + content_of(sample, marker_size);
    expect_sample(finder.find(body));
    EXPECT_FALSE(finder.find("no such thing"));
    EXPECT_FALSE(finder.find(std::string(200, 'x')));
    EXPECT_FALSE(finder.find(body.substr(0, body.size() - 1))) << "its last digit is missing";
    expect_sample(finder.find(body));
}

} // namespace
} // namespace citron::bench
