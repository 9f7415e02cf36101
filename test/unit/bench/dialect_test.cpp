#include "test/bench/load/dialect.hpp"

#include "common/protocol/package.hpp"
#include "test/bench/load/websocket.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace citron::bench {
namespace {

using protocol::package_type;

class recorder : public listener
{
public:
    std::vector<std::string> heard;

    void on_joined(talk&) override { heard.emplace_back("joined"); }
    void on_join_refused(talk&, std::string_view reason) override { add("refused", reason); }
    void on_delivery(talk&, std::string_view body) override { add("delivery", body); }
    void on_answer(talk&, std::uint32_t id, bool accepted, std::string_view reason) override
    {
        add("answer " + std::to_string(id), accepted ? "ok" : reason);
    }
    void on_kick(talk&, std::string_view reason) override { add("kick", reason); }

private:
    void add(std::string what, std::string_view detail) { heard.push_back(what.append(" ").append(detail)); }
};

using strings = std::vector<std::string>;

class Dialect : public testing::Test
{
protected:
    talk t_{.name = "ann", .room = "r1"};
    recorder heard_;

    /// The payload of the next frame that the client wrote.
    std::string said()
    {
        const auto frame = next_frame(unmasked());
        const std::string payload(frame ? frame->payload : "nothing");
        t_.out.erase(0, frame ? frame->size + 4 : 0);
        return payload;
    }

private:
    /// A key of zeros: cutting it out makes a server's frame of it.
    const std::string& unmasked()
    {
        plain_ = t_.out;
        if (plain_.size() >= 2) {
            plain_[1] = static_cast<char>(plain_[1] & 0x7F);
            const auto length = static_cast<unsigned char>(plain_[1]);
            plain_.erase(length < 126 ? 2 : length == 126 ? 4 : 10, 4);
        }
        return plain_;
    }
    std::string plain_;
};

TEST_F(Dialect, UnknownOnesAreNone)
{
    EXPECT_EQ(make_dialect("smoke signals"), nullptr);
}

TEST_F(Dialect, PomeloShakesHandsEntersAndSends)
{
    const auto pomelo = make_dialect("pomelo");
    pomelo->open(t_);
    EXPECT_TRUE(said().starts_with('\1'));
    pomelo->hear(t_, protocol::encode_package(package_type::handshake, R"({"code":200})"), heard_);
    EXPECT_EQ(said(), protocol::encode_package(package_type::handshake_ack, ""));
    EXPECT_EQ(said(), protocol::encode_request(1, "connector.entryHandler.enter",
                                               R"({"username":"ann","rid":"r1"})"));
    pomelo->hear(t_, protocol::encode_response(1, R"({"users":["ann"]})"), heard_);
    EXPECT_EQ(pomelo->send(t_, "hi"), 2);
    EXPECT_EQ(said(),
              protocol::encode_request(2, "chat.chatHandler.send", R"({"content":"hi","target":"*"})"));
    pomelo->hear(t_,
                 protocol::encode_push("onAdd", "{}") + protocol::encode_push("onChat", R"({"msg":"hi"})") +
                     protocol::encode_response(2, "{}"),
                 heard_);
    EXPECT_EQ(heard_.heard, (strings{"joined", R"(delivery {"msg":"hi"})", "answer 2 ok"}));
}

TEST_F(Dialect, PomeloAsksForWhatItMissedWhereItIsTo)
{
    const auto pomelo = make_dialect("pomelo");
    t_.since = true;
    pomelo->hear(t_, protocol::encode_package(package_type::handshake, R"({"code":200})"), heard_);
    (void)said();
    EXPECT_EQ(said(), protocol::encode_request(
                          1, "connector.entryHandler.enter",
                          R"({"username":"ann","rid":"r1","since":{"epoch":"another","offset":0}})"));
}

TEST_F(Dialect, PomeloHearsRefusalsAndKicks)
{
    const auto pomelo = make_dialect("pomelo");
    pomelo->hear(t_, protocol::encode_response(1, R"({"code":500,"reason":"duplicate_user"})"), heard_);
    pomelo->hear(t_, protocol::encode_response(7, R"({"code":500,"reason":"overloaded"})"), heard_);
    pomelo->hear(t_, protocol::encode_response(8, R"({"code":500})"), heard_);
    pomelo->hear(t_, protocol::encode_package(package_type::kick, "bye"), heard_);
    EXPECT_EQ(heard_.heard,
              (strings{"refused duplicate_user", "answer 7 overloaded", "answer 8 error", "kick bye"}));
}

/// A data package that says `body` and is followed by `rest`, which may be what its size promises.
std::string data_package(std::size_t size, std::string_view body, std::string_view rest = {})
{
    return std::string("\4\0\0", 3).append(1, static_cast<char>(size)).append(body).append(rest);
}

TEST_F(Dialect, PomeloDeliversWhatIsAWholeOnChatPush)
{
    const auto pomelo = make_dialect("pomelo");
    pomelo->hear(t_, protocol::encode_push("onChat", "a") + protocol::encode_push("onChat", ""), heard_);
    pomelo->hear(t_, protocol::encode_push("onChat", std::string(70'000, 'x')), heard_);
    EXPECT_EQ(heard_.heard, (strings{"delivery a", "delivery ", "delivery " + std::string(70'000, 'x')}));
}

TEST_F(Dialect, PomeloDeliversNothingElse)
{
    const auto pomelo = make_dialect("pomelo");
    const auto push = protocol::encode_push("onChat", "body");
    for (std::size_t size = 0; size < push.size(); ++size)
        pomelo->hear(t_, push.substr(0, size), heard_);
    pomelo->hear(t_, protocol::encode_push("onChats", "body"), heard_);
    pomelo->hear(t_, protocol::encode_push("onAdd", "onChat"), heard_);
    pomelo->hear(t_, protocol::encode_package(package_type::heartbeat, "\6\6onChat{}"), heard_);
    pomelo->hear(t_, data_package(10, "\2\6onChat", "{}"), heard_); // a notify
    pomelo->hear(t_, data_package(4, "\6\6on", "Chat{}"), heard_);  // ends within its route
    EXPECT_EQ(heard_.heard, strings{});
}

TEST_F(Dialect, PomeloHearsOnFromAnotherPackage)
{
    const auto pomelo = make_dialect("pomelo");
    pomelo->hear(t_,
                 protocol::encode_package(package_type::heartbeat, "") +
                     protocol::encode_push("onChat", "a") + protocol::encode_response(1, "{}") +
                     protocol::encode_push("onChat", "b"),
                 heard_);
    EXPECT_EQ(heard_.heard, (strings{"delivery a", "joined", "delivery b"}));
}

TEST_F(Dialect, NatsSubscribesAndReadsAStreamThatIsCutAnywhere)
{
    const auto nats = make_dialect("nats");
    nats->open(t_);
    EXPECT_TRUE(said().ends_with("SUB r1 1\r\nPING\r\n"));
    const std::string stream = "INFO {}\r\nPONG\r\nMSG r1 1 4\r\na\r\nb\r\nPING\r\n";
    for (const char c : stream)
        nats->hear(t_, std::string_view(&c, 1), heard_);
    EXPECT_EQ(heard_.heard, (strings{"joined", "delivery a\r\nb"}));
    EXPECT_EQ(said(), "PONG\r\n");
    nats->send(t_, "x");
    EXPECT_EQ(said(),
              "PUB r1 54\r\n{\"route\":\"onChat\",\"msg\":\"x\",\"from\":\"ann\",\"target\":\"*\"}\r\n");
}

TEST_F(Dialect, NatsDeliversWhatItsSubjectSaysWhateverItIs)
{
    const auto nats = make_dialect("nats");
    nats->hear(t_, "MSG r1 1 0\r\n\r\nMSG r1 1 16\r\nMSG r1 1 2\r\nPING\r\nMSG r1 1 1", heard_);
    EXPECT_EQ(heard_.heard, (strings{"delivery ", "delivery MSG r1 1 2\r\nPING"}));
    EXPECT_EQ(t_.out, "");
    nats->hear(t_, "0\r\n0123456789\r\n-ERR 'late'\r\n", heard_);
    EXPECT_EQ(heard_.heard.at(2), "delivery 0123456789");
    EXPECT_EQ(heard_.heard.at(3), "kick -ERR 'late'");
    nats->hear(t_, "MSG r2 1 1\r\na\r\nMSG r1 2 1\r\nb\r\n", heard_);
    EXPECT_EQ(heard_.heard.size(), 4) << "other subjects, other subscriptions";
}

TEST_F(Dialect, SocketioJoinsAndIsAcknowledged)
{
    const auto io = make_dialect("socketio");
    io->open(t_);
    EXPECT_EQ(said(), "40");
    io->hear(t_, R"(0{"sid":"a"})", heard_);
    io->hear(t_, R"(40{"sid":"b"})", heard_);
    EXPECT_EQ(said(), R"(420["join","r1"])");
    io->hear(t_, "430[{}]", heard_);
    EXPECT_EQ(io->send(t_, "x"), 1);
    EXPECT_TRUE(said().starts_with(R"(421["send",{"rid":"r1","body":{"route":"onChat","msg":"x")"));
    io->hear(t_, "431[{}]", heard_);
    io->hear(t_, R"(42["onChat",{}])", heard_);
    io->hear(t_, "2", heard_);
    EXPECT_EQ(said(), "3");
    EXPECT_EQ(heard_.heard, (strings{"joined", "answer 1 ok", R"(delivery ["onChat",{}])"}));
}

} // namespace
} // namespace citron::bench
