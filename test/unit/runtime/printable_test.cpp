#include "common/runtime/printable.hpp"

#include <gtest/gtest.h>

namespace citron::runtime::log {
namespace {

using namespace std::string_literals;

TEST(Printable, PlainTextStaysAsItIs)
{
    EXPECT_EQ(printable("Zoë says: 你好 🎉 \"ok\""), "Zoë says: 你好 🎉 \"ok\"");
    EXPECT_EQ(printable(""), "");
}

TEST(Printable, ControlCharactersAreEscaped)
{
    EXPECT_EQ(printable("a\nb\r\t\x1b[2J\x7f"), "a\\u000ab\\u000d\\u0009\\u001b[2J\\u007f");
    EXPECT_EQ(printable("\0"s), "\\u0000");
    EXPECT_EQ(printable("\xc2\x9b"), "\\u009b") << "C1: a terminal takes it for an escape sequence";
}

TEST(Printable, WhatReordersOrBreaksLinesIsEscaped)
{
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "evil\xe2\x80\xa8"),
              "\\u202eevil\\u2028");
}

TEST(Printable, ABackslashCannotFakeAnEscape)
{
    EXPECT_EQ(printable("\\u000a"), "\\\\u000a");
}

TEST(Printable, BytesThatAreNotUtf8AreEscaped)
{
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
}

TEST(Printable, LongTextsAreCut)
{
    EXPECT_EQ(printable(std::string(600, 'x'), 10), "xxxxxxxxxx... (+590 bytes)");
    EXPECT_LT(printable(std::string(1'000'000, '\0')).size(), 600U);
}

} // namespace
} // namespace citron::runtime::log
