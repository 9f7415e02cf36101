#include "common/protocol/envelope.hpp"

#include "common/protocol/codec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace citron::protocol {
namespace {

using namespace std::string_literals;

/// The example of ARCHITECTURE.md.
envelope example()
{
    return {.kind = kind::call,
            .from = "c1",
            .room = "lobby",
            .id = 7,
            .view = {5, 2},
            .route = "chat.chatHandler.history",
            .body = "{}"};
}

const std::string golden = "\x9b"  // array of 11
                           "\x01"  // version
                           "\x09"  // call
                           "\xa2"  // from
                           "c1"    //
                           "\xa0"  // to: nobody in particular
                           "\xa5"  // room
                           "lobby" //
                           "\x07"  // id
                           "\x05"  // view: broker
                           "\x02"  // view: number
                           "\xb8"  // route
                           "chat.chatHandler.history"
                           "\x00"         // code
                           "\xc4\x02{}"s; // body

void expect_equal(const envelope& a, const envelope& b)
{
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.from, b.from);
    EXPECT_EQ(a.to, b.to);
    EXPECT_EQ(a.room, b.room);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.view, b.view);
    EXPECT_EQ(a.route, b.route);
    EXPECT_EQ(a.code, b.code);
    EXPECT_EQ(a.body, b.body);
}

TEST(Envelope, HasTheBytesThatArchitectureMdPromises)
{
    EXPECT_EQ(encode(example()), golden);

    const auto decoded = decode(golden);
    ASSERT_TRUE(decoded);
    expect_equal(*decoded, example());
}

TEST(Envelope, RoundTripsWithEveryFieldSet)
{
    const std::string body("\0\xff binary", 9), from(64, 'f');
    const envelope e{.kind = kind::reply,
                     .from = from,
                     .to = {"connector-server-1", "connector-server-2"},
                     .room = "房间",
                     .id = ~std::uint64_t{0},
                     .view = {~std::uint64_t{0}, 1U << 31U},
                     .route = "a.b.c",
                     .code = errc::hole,
                     .body = body};
    const auto bytes = encode(e);

    const auto decoded = decode(bytes);

    ASSERT_TRUE(decoded);
    expect_equal(*decoded, e);
}

TEST(Envelope, OneAddresseeIsATextOnTheWireAndAlsoUnderstoodAsAList)
{
    auto e = example();
    e.to = {"chat-server-1"};
    const auto bytes = encode(e);
    const auto name = bytes.find("\xad"
                                 "chat-server-1");
    ASSERT_NE(name, bytes.npos);
    auto listed = bytes;
    listed.insert(name, "\x91");

    EXPECT_EQ(decode(bytes)->to, e.to);
    EXPECT_EQ(decode(listed)->to, e.to);
}

TEST(Envelope, BodyIsNotCopied)
{
    const auto decoded = decode(golden);

    EXPECT_EQ(decoded->body.data(), golden.data() + golden.size() - 2);
}

TEST(Envelope, EveryKindRoundTripsAndHasAName)
{
    for (std::uint8_t number = 0; number <= last_kind; ++number) {
        auto e = example();
        e.kind = static_cast<kind>(number);
        EXPECT_EQ(decode(encode(e))->kind, e.kind);
        EXPECT_FALSE(name_of(e.kind).empty());
    }
    EXPECT_EQ(name_of(kind::hello), "hello");
    EXPECT_EQ(name_of(kind::enroll), "enroll");
}

TEST(Envelope, RefusesAnotherVersionAndAnUnknownKind)
{
    auto version = golden, kind = golden;
    version[1] = 2;
    kind[2] = last_kind + 1;

    EXPECT_EQ(decode(version).error(), errc::bad_request);
    EXPECT_EQ(decode(kind).error(), errc::bad_request);
}

TEST(Envelope, RefusesEveryTruncation)
{
    for (std::size_t size = 0; size < golden.size(); ++size)
        EXPECT_FALSE(decode(std::string_view(golden).substr(0, size))) << size;
}

TEST(Envelope, RefusesTrailingBytes)
{
    EXPECT_FALSE(decode(golden + "\xc0"));
}

TEST(Envelope, IgnoresFurtherElementsOfALaterSender)
{
    auto later = golden + "\xc0" + "\x81\xa1x\x01";
    later[0] = static_cast<char>(0x9d);

    const auto decoded = decode(later);

    ASSERT_TRUE(decoded);
    expect_equal(*decoded, example());
}

TEST(Envelope, RefusesOtherShapes)
{
    for (const auto& bytes :
         {"\x80"s, "\xc0"s, "\x01"s, "\xa5hello"s, "\x90"s, "\x9a\x01\x09\xa0\xa0\xa0\x01\x01\x01\xa0\x00"s})
        EXPECT_FALSE(decode(bytes));
    auto text_for_body = golden; // bin, not str
    text_for_body.replace(golden.size() - 4, 2, "\xa2");
    EXPECT_FALSE(decode(text_for_body));
}

TEST(Envelope, ForgedLengthsAreRefusedWithoutBelievingThem)
{
    for (const auto& bytes : {"\xdd\xff\xff\xff\xff"s, "\xdf\xff\xff\xff\xff"s, "\xdb\xff\xff\xff\xff"s,
                              "\xc6\xff\xff\xff\xff"s, "\xc9\xff\xff\xff\xff\x01"s,
                              "\x9b\x01\x09\xa2"
                              "c1"
                              "\xdd\x7f\xff\xff\xff"s})
        EXPECT_FALSE(decode(bytes));
}

TEST(Envelope, RefusesDeepNesting)
{
    std::string bytes(100'000, '\x91');
    EXPECT_FALSE(decode(bytes + "\xc0"));
}

TEST(Envelope, RefusesMoreThanTheLargest)
{
    auto e = example();
    const std::string body(max_envelope, 'x');
    e.body = body;

    EXPECT_EQ(decode(encode(e)).error(), errc::too_large);
}

TEST(Envelope, DamagedBytesNeverDoHarm)
{
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        auto bytes = golden;
        for (int flips = 0; flips < 3; ++flips)
            bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
        const auto decoded = decode(bytes);
        if (decoded && !decoded->body.empty()) {
            EXPECT_GE(decoded->body.data(), bytes.data());
            EXPECT_LE(decoded->body.data() + decoded->body.size(), bytes.data() + bytes.size());
        }
    }
}

TEST(Topic, BelongsToOneLinkOfOneConnector)
{
    const auto topic = topic_of("c1", 0x0102030405060708);

    EXPECT_EQ(topic, "c1\0\1\2\3\4\5\6\7\x8"s);
    EXPECT_FALSE(topic_of("c10", 0x0102030405060708).starts_with(topic));
    EXPECT_NE(topic_of("c1", 0x0102030405060709), topic);
}

TEST(Topic, IsTakenOffAPublishedFrame)
{
    EXPECT_EQ(strip_topic(topic_of("c1", 0) + golden), golden);
    EXPECT_EQ(strip_topic(topic_of("c1", 7)), "");
}

TEST(Topic, AFrameWithoutAWholeOneIsRefused)
{
    EXPECT_FALSE(strip_topic(""));
    EXPECT_FALSE(strip_topic("c1"));
    EXPECT_FALSE(strip_topic("c1\0\1\2\3\4\5\6\7"s));
}

TEST(Identity, NamesServerAndLink)
{
    EXPECT_EQ(identity_of("chat-server-1", 0xab), "chat-server-1#00000000000000ab");
    EXPECT_LT(identity_of(std::string(64, 'x'), ~std::uint64_t{0}).size(), 255U);
}

} // namespace
} // namespace citron::protocol
