#include "frontend/tls_identity.hpp"
#include "frontend/tls_session.hpp"

#include "test/unit/frontend/tls_certificate.hpp"
#include "test/unit/frontend/tls_end.hpp"
#include "test/unit/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace citron::frontend {
namespace {

using test::tls_end;
using test::tls_end_options;
using test::write_certificate;

/// A server's session and a client, in one thread and without a socket.
class TlsSession : public testing::Test
{
protected:
    TlsSession() { make({}); }

    static runtime::tls_config files_in(const std::filesystem::path& root)
    {
        write_certificate(root / "cert.pem", root / "key.pem");
        return {root / "cert.pem", root / "key.pem", "servers.json: gate.tls"};
    }
    void make(const tls_end_options& options)
    {
        session = identity.accept();
        client = std::make_unique<tls_end>(options);
    }
    tls_state hear(std::string_view bytes)
    {
        return session->receive(bytes, [this](std::span<char> plain) {
            pieces.push_back(plain.size());
            heard.append(plain.data(), plain.size());
        });
    }
    /// What the session has to say, taken out of it.
    std::string take()
    {
        std::string all(session->outgoing());
        session->consume(all.size());
        return all;
    }
    /// Until nobody has anything to say; true when both have shaken hands.
    bool shake_hands()
    {
        for (bool done = false;;) {
            done = client->shake_hands();
            const auto up = client->take();
            hear(up);
            const auto down = take();
            client->hear(down);
            if (up.empty() && down.empty())
                return done && session->state() == tls_state::open;
        }
    }
    void shake_hands_or_fail()
    {
        ASSERT_TRUE(shake_hands());
        client->read(); // the ticket
    }
    std::string client_reads(std::string_view bytes)
    {
        client->hear(bytes);
        return client->read();
    }

    test::temporary_folder folder;
    protocol::counters counters;
    tls_identity identity{files_in(folder.root), counters};
    std::unique_ptr<tls_session> session;
    std::unique_ptr<tls_end> client;
    std::string heard;
    std::vector<std::size_t> pieces;
};

/// Sizes of the records in `bytes`, which must be whole and carry application data.
std::vector<std::size_t> records_of(std::string_view bytes)
{
    std::vector<std::size_t> sizes;
    while (bytes.size() >= 5) {
        EXPECT_EQ(bytes[0], 23);
        const auto size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[3]) << 8U |
                                                   static_cast<unsigned char>(bytes[4]));
        sizes.push_back(size);
        bytes.remove_prefix(std::min(bytes.size(), 5 + size));
    }
    EXPECT_TRUE(bytes.empty());
    return sizes;
}

class TlsVersions : public TlsSession, public testing::WithParamInterface<int>
{
};

TEST_P(TlsVersions, HandsAreShakenAndBothSidesAreHeard)
{
    make({GetParam(), GetParam(), ""});
    shake_hands_or_fail();
    EXPECT_EQ(session->version(), GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");

    client->write("from the client");
    EXPECT_EQ(hear(client->take()), tls_state::open);
    const std::string_view answer = "from the server";
    EXPECT_EQ(session->seal({&answer, 1}), answer.size());

    EXPECT_EQ(heard, "from the client");
    EXPECT_EQ(client_reads(take()), answer);
}

TEST_P(TlsVersions, BytesMayComeOneByOne)
{
    make({GetParam(), GetParam(), ""});
    for (int i = 0; session->state() == tls_state::shaking_hands && i < 10; ++i) {
        client->shake_hands();
        for (const char c : client->take())
            hear({&c, 1});
        client->hear(take());
    }
    client->shake_hands();
    client->write("slowly");

    for (const char c : client->take())
        hear({&c, 1});

    EXPECT_EQ(heard, "slowly");
}

TEST_P(TlsVersions, WhoClosesSaysSo)
{
    make({GetParam(), GetParam(), ""});
    shake_hands_or_fail();
    const std::string_view last = "last words";
    EXPECT_EQ(session->seal({&last, 1}), last.size());

    EXPECT_TRUE(session->close());
    EXPECT_FALSE(session->close());
    EXPECT_EQ(session->seal({&last, 1}), 0U);

    EXPECT_EQ(client_reads(take()), last);
    EXPECT_TRUE(client->was_closed());
}

TEST_P(TlsVersions, AClientThatClosesCanStillBeAnswered)
{
    make({GetParam(), GetParam(), ""});
    shake_hands_or_fail();
    client->write("bye");
    client->close();

    EXPECT_EQ(hear(client->take()), tls_state::closed);
    EXPECT_EQ(heard, "bye");
    EXPECT_TRUE(session->close());
}

INSTANTIATE_TEST_SUITE_P(Both, TlsVersions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_F(TlsSession, ManyPartsBecomeOneRecord)
{
    shake_hands_or_fail();
    std::vector<std::string> texts;
    for (int i = 0; i < 64; ++i)
        texts.push_back("broadcast " + std::to_string(i));
    const std::vector<std::string_view> parts(texts.begin(), texts.end());
    std::string all;
    for (const auto part : parts)
        all += part;

    EXPECT_EQ(session->seal(parts), all.size());

    const auto bytes = take();
    EXPECT_EQ(records_of(bytes).size(), 1U);
    EXPECT_EQ(client_reads(bytes), all);
}

TEST_F(TlsSession, WhatDoesNotFitIntoOneRecordFillsThem)
{
    shake_hands_or_fail();
    const std::string text(1000, 'x');
    const std::vector<std::string_view> parts(64, text);

    EXPECT_EQ(session->seal(parts), 64'000U);

    const auto records = records_of(take());
    ASSERT_EQ(records.size(), 4U);
    EXPECT_GE(records[0], tls_record);
    EXPECT_GE(records[2], tls_record);
}

TEST_F(TlsSession, AMountainIsTakenInLoads)
{
    shake_hands_or_fail();
    std::string mountain;
    for (int i = 0; i < 200'000; ++i)
        mountain += static_cast<char>(i % 251);
    const std::string_view begin = "begin";

    std::string arrived;
    std::vector<std::string_view> parts{begin, mountain};
    EXPECT_EQ(session->seal(parts), tls_session::most_sealed);
    arrived += client_reads(take());
    for (std::string_view left = std::string_view(mountain).substr(tls_session::most_sealed - begin.size());
         !left.empty();) {
        const auto size = session->seal({&left, 1});
        ASSERT_GT(size, 0U);
        EXPECT_LE(size, tls_session::most_sealed);
        left.remove_prefix(size);
        arrived += client_reads(take());
    }

    EXPECT_EQ(arrived, std::string(begin) + mountain);
}

TEST_F(TlsSession, TheSocketMayTakeALittleAtATime)
{
    shake_hands_or_fail();
    const std::string_view text = "in pieces";
    ASSERT_EQ(session->seal({&text, 1}), text.size());

    std::string all;
    while (!session->outgoing().empty()) {
        all += session->outgoing().substr(0, 3);
        session->consume(std::min<std::size_t>(3, session->outgoing().size()));
    }

    EXPECT_EQ(client_reads(all), text);
}

TEST_F(TlsSession, TheSocketMayNeverTakeTheLastByte)
{
    shake_hands_or_fail();
    std::string said, taken;
    for (int i = 0; i < 20; ++i) {
        const std::string load(tls_session::most_sealed / 2, static_cast<char>('a' + i));
        const std::string_view part = load;
        ASSERT_EQ(session->seal({&part, 1}), load.size());
        said += load;
        const auto all_but_one = session->outgoing().size() - 1;
        taken += session->outgoing().substr(0, all_but_one);
        session->consume(all_but_one);
        EXPECT_EQ(session->outgoing().size(), 1U);
    }
    taken += take();

    EXPECT_EQ(client_reads(taken), said);
}

TEST_F(TlsSession, ABigMessageComesInPiecesOfOneRecord)
{
    shake_hands_or_fail();
    const std::string text(50'000, 'y');

    client->write(text);
    hear(client->take());

    EXPECT_EQ(heard, text);
    EXPECT_EQ(pieces, (std::vector<std::size_t>{16384, 16384, 16384, 848}));
}

TEST_F(TlsSession, BeforeHandsAreShakenNothingIsSealed)
{
    const std::string_view secret = "secret";

    EXPECT_EQ(session->seal({&secret, 1}), 0U);
    EXPECT_FALSE(session->close());

    EXPECT_EQ(session->outgoing(), "");
}

TEST_F(TlsSession, GarbageFailsAtOnce)
{
    EXPECT_EQ(hear(std::string(100, '\x7f')), tls_state::failed);

    EXPECT_NE(session->failure(), "");
    EXPECT_FALSE(session->was_plain_http());
    EXPECT_LT(session->outgoing().size(), 32U); // an alert at most
    EXPECT_EQ(hear("more"), tls_state::failed);
    EXPECT_EQ(heard, "");
}

TEST_F(TlsSession, PlainHttpIsAnsweredInPlainText)
{
    EXPECT_EQ(hear("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), tls_state::failed);

    EXPECT_TRUE(session->was_plain_http());
    EXPECT_EQ(take(), plain_http_answer);
    const auto length = plain_http_answer.size() - plain_http_answer.find("\r\n\r\n") - 4;
    EXPECT_NE(plain_http_answer.find("Content-Length: " + std::to_string(length) + "\r\n"),
              std::string::npos);
}

TEST_F(TlsSession, ATruncatedRecordIsWaitedFor)
{
    shake_hands_or_fail();
    client->write("whole");
    const auto bytes = client->take();

    EXPECT_EQ(hear(std::string_view(bytes).substr(0, bytes.size() - 1)), tls_state::open);
    EXPECT_EQ(heard, "");
    EXPECT_EQ(hear(std::string_view(bytes).substr(bytes.size() - 1)), tls_state::open);
    EXPECT_EQ(heard, "whole");
}

TEST_F(TlsSession, ARecordThatWasTamperedWithEndsIt)
{
    shake_hands_or_fail();
    client->write("first");
    auto bytes = client->take();
    client->write("second");
    auto changed = client->take();
    changed.back() = static_cast<char>(changed.back() ^ 1);

    EXPECT_EQ(hear(bytes + changed), tls_state::failed);

    EXPECT_EQ(heard, "first");
    const std::string_view text = "answer";
    EXPECT_EQ(session->seal({&text, 1}), 0U);
    EXPECT_FALSE(session->close());
    client_reads(take());
    EXPECT_TRUE(client->has_failed()); // it was told by an alert
}

TEST_F(TlsSession, Tls11IsRefused)
{
    make({TLS1_1_VERSION, TLS1_1_VERSION, ""});

    EXPECT_FALSE(shake_hands());

    EXPECT_EQ(session->state(), tls_state::failed);
    EXPECT_EQ(session->failure(), "unsupported protocol");
    EXPECT_TRUE(client->has_failed());
}

TEST_F(TlsSession, OfTheProtocolsOfferedItChoosesHttp11)
{
    make({TLS1_2_VERSION, TLS1_3_VERSION, "\x02h2\x08http/1.1"});
    EXPECT_TRUE(shake_hands());
    EXPECT_EQ(client->protocol(), "http/1.1");

    make({TLS1_2_VERSION, TLS1_3_VERSION, "\x02h2"});
    EXPECT_FALSE(shake_hands());
    EXPECT_EQ(session->state(), tls_state::failed);
}

TEST_F(TlsSession, NobodyNegotiatesAgain)
{
    make({TLS1_2_VERSION, TLS1_2_VERSION, ""});
    shake_hands_or_fail();

    ASSERT_TRUE(client->renegotiate());
    EXPECT_FALSE(client->shake_hands());
    hear(client->take());
    client->hear(take());
    EXPECT_FALSE(client->shake_hands());

    EXPECT_TRUE(client->has_failed());
}

TEST_F(TlsSession, NewKeysAreFine)
{
    shake_hands_or_fail();
    client->update_keys();
    client->write("with new keys");

    EXPECT_EQ(hear(client->take()), tls_state::open);
    const std::string_view answer = "so do we";
    EXPECT_EQ(session->seal({&answer, 1}), answer.size());

    EXPECT_EQ(heard, "with new keys");
    EXPECT_EQ(client_reads(take()), answer);
}

TEST_F(TlsSession, WhoMakesUsAnswerAndDoesNotReadEnds)
{
    shake_hands_or_fail();

    for (int i = 0; i < 100'000 && session->state() == tls_state::open; ++i) {
        client->update_keys();
        hear(client->take());
    }

    EXPECT_EQ(session->state(), tls_state::failed);
    EXPECT_LE(session->outgoing().size(), tls_session::most_control + 1000);
}

TEST_F(TlsSession, HowItFaredIsCounted)
{
    const auto fare = [this](const auto& happens) {
        const auto before = session->state();
        happens();
        identity.count(*session, before);
    };
    fare([this] { ASSERT_TRUE(shake_hands()); });
    fare([this] { hear(std::string(100, '\x7f')); });
    make({});
    fare([this] { hear(std::string(100, '\x7f')); });
    make({});
    fare([this] { hear("GET / HTTP/1.1\r\n\r\n"); });
    make({});
    fare([this] { hear("\x16"); });

    EXPECT_EQ(counters.at("tls.handshakes"), 1U);
    EXPECT_EQ(counters.at("tls.broken"), 1U);
    EXPECT_EQ(counters.at("tls.failed"), 1U);
    EXPECT_EQ(counters.at("tls.plain_http"), 1U);
}

} // namespace
} // namespace citron::frontend
