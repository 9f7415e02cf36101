#include "frontend/gate/gate.hpp"
#include "frontend/gate/gate_handler.hpp"

#include "common/protocol/json.hpp"

#include <gtest/gtest.h>

#include <set>

namespace citron::frontend {
namespace {

using protocol::errc;
using protocol::server_info;
using protocol::server_kind;

server_info server(std::string id, server_kind kind, std::uint16_t port)
{
    server_info s;
    s.id = std::move(id);
    s.kind = static_cast<std::uint8_t>(kind);
    s.host = "10.0.0.1";
    s.port = port;
    return s;
}

protocol::view three_connectors()
{
    protocol::view v;
    v.ready = true;
    v.servers = {server("chat-1", server_kind::chat, 1), server("connector-1", server_kind::connector, 3050),
                 server("connector-2", server_kind::connector, 3051),
                 server("connector-3", server_kind::connector, 3052)};
    return v;
}

int port_of(std::string_view user, const protocol::view& v)
{
    const auto answer = gate_handler::query_entry(protocol::json{{"uid", user}}.dump(), v);
    return answer ? protocol::json::parse(*answer)["port"].get<int>() : 0;
}

TEST(GateHandler, AnswersInPomelosForm)
{
    auto v = three_connectors();
    v.servers.resize(2);

    EXPECT_EQ(gate_handler::query_entry(R"({"uid":"ann"})", v),
              R"({"code":200,"host":"10.0.0.1","port":3050})");
}

TEST(GateHandler, TellsThatAConnectorSpeaksTls)
{
    auto v = three_connectors();
    v.servers.resize(2);
    v.servers[1].tls = true;

    EXPECT_EQ(gate_handler::query_entry(R"({"uid":"ann"})", v),
              R"({"code":200,"host":"10.0.0.1","port":3050,"tls":true})");
}

TEST(GateHandler, WithoutAUserThereIsNoEntry)
{
    for (const auto* body :
         {"", "{}", R"({"uid":null})", R"({"uid":""})", R"({"uid":0})", R"({"uid":{}})", "[]", "{"})
        EXPECT_EQ(gate_handler::query_entry(body, three_connectors()), std::unexpected(errc::bad_request))
            << body;
}

TEST(GateHandler, ANumberCountsAsItsText)
{
    EXPECT_EQ(gate_handler::query_entry(R"({"uid":42})", three_connectors()),
              gate_handler::query_entry(R"({"uid":"42"})", three_connectors()));
}

TEST(GateHandler, WithoutALivingConnectorItIsUnavailable)
{
    protocol::view v = three_connectors();
    for (auto& s : v.servers)
        s.draining = true;

    EXPECT_EQ(gate_handler::query_entry(R"({"uid":"ann"})", v), std::unexpected(errc::unavailable));
    EXPECT_EQ(gate_handler::query_entry(R"({"uid":"ann"})", {}), std::unexpected(errc::unavailable));
}

TEST(GateHandler, UsersAreSpreadOverTheConnectors)
{
    std::set<int> seen;
    for (int i = 0; i < 100; ++i)
        seen.insert(port_of("user" + std::to_string(i), three_connectors()));

    EXPECT_EQ(seen, (std::set{3050, 3051, 3052}));
}

TEST(GateHandler, OnlyUsersOfADrainingConnectorMove)
{
    auto draining = three_connectors();
    draining.servers[2].draining = true;

    for (int i = 0; i < 100; ++i) {
        const auto user = "user" + std::to_string(i);
        const int before = port_of(user, three_connectors()), after = port_of(user, draining);
        EXPECT_EQ(after == before, before != 3051) << user;
        EXPECT_NE(after, 3051);
    }
}

class Gate : public testing::Test
{
protected:
    explicit Gate(gate_options options = {}) : gate_(std::move(options), counters_, now) {}

    std::string ask(std::string_view route, std::string_view body)
    {
        (void)take(); // what was said before
        gate_.sessions().on_message(client_->id, protocol::encode_request(1, route, body), now);
        auto answer = take();
        return answer.empty() ? answer : answer.substr(answer.find('{'));
    }
    std::string take()
    {
        std::string bytes;
        std::string_view part;
        while (client_->out.gather({&part, 1}) > 0) {
            bytes.append(part);
            client_->out.consume(part.size());
        }
        return bytes;
    }
    void SetUp() override
    {
        const auto hello =
            protocol::encode_package(protocol::package_type::handshake, R"({"sys":{"type":"test"}})");
        const auto ack = protocol::encode_package(protocol::package_type::handshake_ack, "");
        gate_.sessions().on_message(client_->id, hello + ack, now);
    }

    instant now{std::chrono::hours(1)};
    protocol::counters counters_;
    gate gate_;
    session* client_ = gate_.sessions().open(now);
};

TEST_F(Gate, ServesQueryEntryFromTheNewestReadyView)
{
    EXPECT_EQ(ask("gate.gateHandler.queryEntry", R"({"uid":"ann"})"),
              R"({"code":500,"reason":"unavailable"})");

    gate_.on_view(three_connectors(), now);
    const auto entry = ask("gate.gateHandler.queryEntry", R"({"uid":"ann"})");
    EXPECT_TRUE(entry.starts_with(R"({"code":200,)")) << entry;

    gate_.on_view({}, now); // a fresh broker that still gathers
    EXPECT_EQ(ask("gate.gateHandler.queryEntry", R"({"uid":"ann"})"), entry);
}

TEST_F(Gate, APlainOneNamesBothKinds)
{
    auto v = three_connectors();
    v.servers[1].tls = true;
    gate_.on_view(v, now);

    std::set<bool> kinds;
    for (int i = 0; i < 50; ++i)
        kinds.insert(
            ask("gate.gateHandler.queryEntry", R"({"uid":"user)" + std::to_string(i) + R"("})").find("tls") !=
            std::string::npos);

    EXPECT_EQ(kinds, (std::set{false, true}));
    EXPECT_EQ(counters_.at("gate.none_secure"), 0U);
}

class SecureGate : public Gate
{
protected:
    SecureGate() : Gate({.secure = true, .on_none_secure = [this] { ++complaints; }}) {}

    std::string entry() { return ask("gate.gateHandler.queryEntry", R"({"uid":"ann"})"); }

    int complaints = 0;
};

TEST_F(SecureGate, NamesConnectorsWithTlsOnly)
{
    auto v = three_connectors();
    v.servers[2].tls = true;
    gate_.on_view(v, now);

    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(ask("gate.gateHandler.queryEntry", R"({"uid":"user)" + std::to_string(i) + R"("})"),
                  R"({"code":200,"host":"10.0.0.1","port":3051,"tls":true})");
    EXPECT_EQ(complaints, 0);
}

TEST_F(SecureGate, WithoutOneRefusesAndSaysWhyOnce)
{
    gate_.on_view(three_connectors(), now);
    EXPECT_EQ(complaints, 0); // nobody has asked
    EXPECT_EQ(entry(), R"({"code":500,"reason":"unavailable"})");
    EXPECT_EQ(entry(), R"({"code":500,"reason":"unavailable"})");
    EXPECT_EQ(complaints, 1);

    auto v = three_connectors();
    v.servers[1].tls = true;
    gate_.on_view(v, now);
    EXPECT_TRUE(entry().starts_with(R"({"code":200,)"));
    gate_.on_view(three_connectors(), now);
    EXPECT_EQ(entry(), R"({"code":500,"reason":"unavailable"})");

    EXPECT_EQ(complaints, 2);
    EXPECT_EQ(counters_.at("gate.none_secure"), 3U);
}

TEST_F(SecureGate, WithoutAnyConnectorThereIsNothingToComplainAbout)
{
    auto v = three_connectors();
    for (auto& s : v.servers)
        s.draining = true;
    gate_.on_view(v, now);

    EXPECT_EQ(entry(), R"({"code":500,"reason":"unavailable"})");
    EXPECT_EQ(complaints, 0);
}

TEST_F(Gate, RefusesEveryOtherRoute)
{
    EXPECT_EQ(ask("chat.chatHandler.send", "{}"), R"({"code":500,"reason":"no_such_route"})");
    EXPECT_EQ(ask("gate.gateHandler.constructor", "{}"), R"({"code":500,"reason":"no_such_route"})");
}

} // namespace
} // namespace citron::frontend
