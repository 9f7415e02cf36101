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

    EXPECT_EQ(key.text(), "s3cr3t~018bcfe56800");
    EXPECT_EQ(both(key.text()), "s3cr3t 1700000000000");
}

TEST(ResumeKey, WhatDoesNotEndInAStampIsASecretAsAWhole)
{
    for (const std::string text : {"", "s3cr3t", "k~", "k~1f", "~018bcfe56800", "018bcfe56800",
                                   "k.018bcfe56800", "k~018bcfe5680", "k~0018bcfe56800", "k~018BCFE56800",
                                   "k~018bcfe5680g", "k~+18bcfe56800", "k~0x8bcfe56800", "k~018bcfe56800 "})
        EXPECT_EQ(both(text), text + " 0");
}

TEST(ResumeKey, ASecretMayHaveMarks)
{
    EXPECT_EQ(both("my~own~00000000001f"), "my~own 31");
}

TEST(ResumeKey, WithoutAStampTheClockCounts)
{
    EXPECT_EQ(resume_key{.secret = "k"}.next_stamp(1000), 1000U);
}

TEST(ResumeKey, WhoPresentsItHasComeLater)
{
    const resume_key key{.secret = "k", .stamp = 2000};

    EXPECT_EQ(key.next_stamp(1000), 2001U);
    EXPECT_EQ(key.next_stamp(2000), 2001U);
    EXPECT_EQ(key.next_stamp(3000), 3000U);
}

TEST(ResumeKey, StampsStayReadable)
{
    const auto last = resume_key::parse("k~ffffffffffff");

    EXPECT_EQ(last.next_stamp(1000), last.stamp);
    EXPECT_EQ(last.next_stamp(last.stamp + 1), last.stamp);
}

} // namespace
} // namespace citron::frontend
