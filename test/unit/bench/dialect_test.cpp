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
