#include "frontend/websocket_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace citron::frontend {
namespace {

using namespace std::string_literals;
using kind = websocket_reader::kind;

constexpr std::uint8_t text = 0x81, binary = 0x82, close = 0x88, ping = 0x89, pong = 0x8a;
constexpr std::uint8_t text_begins = 0x01, binary_begins = 0x02, goes_on = 0x00, ends = 0x80;
constexpr std::string_view mask = "\x11\xe2\x33\x84";

/// `length_bytes`: 0, 2 or 8, as the caller says, fitting or not.
std::string frame(std::uint8_t first, std::string_view payload, int length_bytes = 0)
{
    std::string out{static_cast<char>(first)};
    const auto size = payload.size();
    out.push_back(static_cast<char>(0x80 | (length_bytes == 8 ? 127U : length_bytes == 2 ? 126U : size)));
    for (int shift = 8 * (length_bytes - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(size >> shift & 0xff));
    out.append(mask);
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(static_cast<char>(payload[i] ^ mask[i % mask.size()]));
    return out;
}

struct seen
{
    kind what;
    std::string payload;
    std::uint16_t code = 0;
    bool operator==(const seen&) const = default;
};
void PrintTo(const seen& s, std::ostream* out)
{
    *out << static_cast<int>(s.what) << ' ' << s.code << " \"" << s.payload << '"';
}
const seen broken{kind::mistake, "", 1002}, not_text{kind::mistake, "", 1007},
    too_big{kind::mistake, "", 1009};

seen message(std::string payload)
{
    return {kind::message, std::move(payload)};
}

class WebsocketReader : public testing::Test
{
protected:
    static constexpr std::size_t limit = 100'000;

    /// Everything in these bytes; they come in pieces of `piece`.
    std::vector<seen> read(std::string bytes, std::size_t piece = std::string::npos)
    {
        std::vector<seen> all;
        for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
            auto part = std::span(bytes).subspan(at, std::min(piece, bytes.size() - at));
            for (;;) {
                const auto e = reader.next(part);
                if (e.what == kind::nothing)
                    break;
                all.push_back({e.what, std::string(e.payload), e.code});
                if (e.what == kind::close || e.what == kind::mistake)
                    return all;
            }
            EXPECT_TRUE(part.empty());
        }
        return all;
    }

    websocket_reader reader{limit};
};

TEST_F(WebsocketReader, AMessageIsUnmasked)
{
    EXPECT_EQ(read(frame(binary, "hello")), std::vector{message("hello")});
}

TEST_F(WebsocketReader, AMessageIsReadWhereItLies)
{
    auto bytes = frame(binary, "where it lies");
    std::span<char> rest(bytes);

    const auto e = reader.next(rest);

    EXPECT_EQ(e.payload, "where it lies");
    EXPECT_EQ(e.payload.data(), bytes.data() + 6);
}

TEST_F(WebsocketReader, AMaskOfZerosChangesNothing)
{
    EXPECT_EQ(read("\x82\x83\0\0\0\0abc"s), std::vector{message("abc")});
}

TEST_F(WebsocketReader, EmptyMessagesCount)
{
    EXPECT_EQ(read(frame(binary, "") + frame(text, "")), (std::vector{message(""), message("")}));
}

TEST_F(WebsocketReader, SeveralFramesInOnePiece)
{
    EXPECT_EQ(read(frame(binary, "a") + frame(ping, "b") + frame(pong, "c") + frame(text, "d")),
              (std::vector<seen>{message("a"), {kind::ping, "b"}, {kind::pong, "c"}, message("d")}));
}

TEST_F(WebsocketReader, EveryLengthMayComeInPiecesOfAnySize)
{
    for (const auto& [size, length_bytes] :
         {std::pair{0U, 0}, {1U, 0}, {125U, 0}, {126U, 2}, {1'000U, 2}, {65'535U, 2}, {65'536U, 8}}) {
        std::string payload(size, 'x');
        for (std::size_t i = 0; i < size; ++i)
            payload[i] = static_cast<char>(i * 31);
        for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 64UL, 4'096UL, 70'000UL})
            ASSERT_EQ(read(frame(binary, payload, length_bytes) + frame(binary, "next"), piece),
                      (std::vector{message(payload), message("next")}))
                << size << " in pieces of " << piece;
    }
}

TEST_F(WebsocketReader, FragmentsAreJoinedAndControlFramesBetweenThemAreNot)
{
    for (const std::size_t piece : {1UL, 5UL, 1'000UL})
        EXPECT_EQ(read(frame(binary_begins, "one ") + frame(ping, "?") + frame(goes_on, "") +
                           frame(goes_on, "two ") + frame(ends, "three") + frame(binary, "next"),
                       piece),
                  (std::vector<seen>{{kind::ping, "?"}, message("one two three"), message("next")}));
}

TEST_F(WebsocketReader, AnEmptyFirstFragmentIsOne)
{
    EXPECT_EQ(read(frame(binary_begins, "") + frame(ends, "all")), std::vector{message("all")});
    EXPECT_EQ(read(frame(binary_begins, "") + frame(binary, "other")), std::vector{broken});
}

TEST_F(WebsocketReader, TextIsUtf8AlsoAcrossFragments)
{
    EXPECT_EQ(read(frame(text, "gr\xc3\xbc\xc3\x9f"
                               "e")),
              std::vector{message("gr\xc3\xbc\xc3\x9f"
                                  "e")});
    EXPECT_EQ(read(frame(text_begins, "\xc3") + frame(ends, "\xbc")), std::vector{message("\xc3\xbc")});
    EXPECT_EQ(read(frame(text, "\xc3")), std::vector{not_text});
    EXPECT_EQ(read(frame(text_begins, "a") + frame(ends, "\xff")), std::vector{not_text});
}

TEST_F(WebsocketReader, BinaryIsWhatItIs)
{
    EXPECT_EQ(read(frame(text, "first") + frame(binary, "\xff\xfe")),
              (std::vector{message("first"), message("\xff\xfe")}));
}

TEST_F(WebsocketReader, TheLimitIsForTheWholeMessage)
{
    const std::string most(limit, 'x');
    EXPECT_EQ(read(frame(binary, most, 8)), std::vector{message(most)});
    EXPECT_EQ(read(frame(binary_begins, most, 8) + frame(ping, "") + frame(ends, "")),
              (std::vector<seen>{{kind::ping, ""}, message(most)}));
    EXPECT_EQ(read(frame(binary_begins, most, 8) + frame(ends, "1")), std::vector{too_big});
}

TEST_F(WebsocketReader, TooBigIsKnownFromTheHeader)
{
    for (const std::size_t piece : {1UL, 100UL}) {
        websocket_reader fresh(limit);
        std::swap(reader, fresh);
        EXPECT_EQ(read("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x11\x22\x33\x44"s, piece),
                  std::vector{too_big});
        std::swap(reader, fresh);
    }
}

class Mistakes : public WebsocketReader,
                 public testing::WithParamInterface<std::pair<const char*, std::string>>
{
};
TEST_P(Mistakes, EndIt)
{
    EXPECT_EQ(read(GetParam().second), std::vector{broken});
}
INSTANTIATE_TEST_SUITE_P(
    WebsocketReader, Mistakes,
    testing::Values(std::pair{"unmasked", "\x82\x01x"s}, std::pair{"first_reserved_bit", frame(0xc2, "x")},
                    std::pair{"last_reserved_bit", frame(0x92, "x")}, std::pair{"opcode_3", frame(0x83, "x")},
                    std::pair{"opcode_7", frame(0x87, "x")}, std::pair{"opcode_11", frame(0x8b, "x")},
                    std::pair{"opcode_15", frame(0x8f, "x")}, std::pair{"ping_in_pieces", frame(0x09, "x")},
                    std::pair{"long_ping", frame(ping, std::string(126, 'x'), 2)},
                    std::pair{"continuation_of_nothing", frame(ends, "x")},
                    std::pair{"message_within_a_message", frame(binary_begins, "x") + frame(binary, "y")},
                    std::pair{"two_bytes_for_a_short_length", frame(binary, "x", 2)},
                    std::pair{"eight_bytes_for_a_short_length", frame(binary, std::string(65'535, 'x'), 8)},
                    std::pair{"close_of_one_byte", frame(close, "x")},
                    std::pair{"close_that_says_no_status", frame(close, "\x03\xed")},
                    std::pair{"close_with_an_undefined_code", frame(close, "\x07\xd0")},
                    std::pair{"close_whose_reason_is_no_text", frame(close, "\x03\xe8\xff")}),
    [](const auto& one) { return std::string(one.param.first); });

TEST_F(WebsocketReader, CloseCarriesItsCode)
{
    EXPECT_EQ(read(frame(close, "\x03\xe8")), (std::vector<seen>{{kind::close, "", 1000}}));
    EXPECT_EQ(read(frame(close, "\x0f\xa0going")), (std::vector<seen>{{kind::close, "going", 4000}}));
    EXPECT_EQ(read(frame(close, "")), (std::vector<seen>{{kind::close, "", 1005}}));
}

std::string close_with(unsigned code)
{
    return frame(close, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
}

TEST_F(WebsocketReader, CodesThatMayBeSentAreThoseRegisteredAndTheApplications)
{
    using codes = std::vector<std::uint16_t>;
    for (const auto code : codes{1000, 1003, 1007, 1014, 3000, 4999})
        EXPECT_EQ(read(close_with(code)), (std::vector<seen>{{kind::close, "", code}}));
    for (const auto code : codes{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65'535})
        EXPECT_EQ(read(close_with(code)), std::vector{broken}) << code;
}

} // namespace
} // namespace citron::frontend
