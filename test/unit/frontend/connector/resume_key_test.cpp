#include "frontend/connector/resume_key.hpp"

#include <gtest/gtest.h>
#include <string>

namespace citron::frontend {
namespace {

std::string both(std::string_view text)
{
    const auto key = resume_key::parse(text);
    return key.secret + " " + std::to_string(key.stamp);
}

TEST(ResumeKey, IsReadAsItIsWritten)
{
    const resume_key key{.secret = "s3cr3t", .stamp = 1'700'000'000'000};

    EXPECT_EQ(key.text(), "s3cr3t.18bcfe56800");
    EXPECT_EQ(both(key.text()), "s3cr3t 1700000000000");
}

TEST(ResumeKey, WhatDoesNotEndInAStampIsASecretAsAWhole)
{
    for (const std::string text : {"s3cr3t", "s3cr3t.", ".1f", "my.own", "k.-1f", "k.+1f", "k.0x1f", "k.1f ",
                                   "k.0", "k.1000000000000", "k.fffffffffffffffff"})
        EXPECT_EQ(both(text), text + " 0");
    EXPECT_EQ(both(""), " 0");
}

TEST(ResumeKey, ASecretMayHaveDots)
{
    EXPECT_EQ(both("my.own.1f"), "my.own 31");
}

TEST(ResumeKey, WithoutAStampTheClockCounts)
{
    EXPECT_EQ(resume_key{}.opened(1000), 1000U);
}

TEST(ResumeKey, WhoPresentsItHasComeLater)
{
    const resume_key key{.secret = "k", .stamp = 2000};

    EXPECT_EQ(key.opened(1000), 2001U);
    EXPECT_EQ(key.opened(2000), 2001U);
    EXPECT_EQ(key.opened(3000), 3000U);
}

TEST(ResumeKey, NumbersDoNotEnd)
{
    const auto last = resume_key::parse("k.ffffffffffff");
    ASSERT_GT(last.stamp, 0U);

    EXPECT_EQ(last.opened(1000), last.stamp);
}

} // namespace
} // namespace citron::frontend
