#include "common/protocol/contract.hpp"

#include "common/protocol/route.hpp"

#include <gtest/gtest.h>

#include <string>

namespace citron::protocol {
namespace {

/// The bytes say it all: whatever is packed must be there again after unpacking.
template <typename T>
void expect_round_trip(const T& value)
{
    const auto bytes = pack(value);
    const auto again = unpack<T>(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(pack(*again), bytes);
    EXPECT_NE(bytes, pack(T{})) << "the example says nothing";
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(unpack<T>(std::string_view(bytes).substr(0, size))) << size;
}

const server_info server{"chat-server-1", 3, 11, 12, "host", 3050, "memory", true};
const view some_view{5, 6, 4, true, {server}, {{"chat-server-2", 13}}};
const head some_head{1, 2, "epoch", 3};
const member ann{"ann", "connector-server-1", 21, 22, "key", 23, 24};
const message hello_all{7, 8, {"{\"msg\":\"hi\"}"}};

TEST(Contract, LivenessBodiesRoundTrip)
{
    expect_round_trip(server);
    expect_round_trip(some_view);
    expect_round_trip(hello{server, some_view, 99});
    expect_round_trip(welcome{some_view, true});
    expect_round_trip(refusal{"stale"});
    expect_round_trip(generation_mark{4});
}

TEST(Contract, RoomBodiesRoundTrip)
{
    expect_round_trip(some_head);
    expect_round_trip(ann);
    expect_round_trip(hello_all);
    expect_round_trip(enrolled_room{some_head, {ann}, {31, 32}});
    expect_round_trip(enroll{4, true, true, {{"lobby", {pack(enrolled_room{some_head, {ann}, {}})}}}});
    expect_round_trip(broadcast{"lobby", some_head, 1, "ann", {"bytes"}});
    expect_round_trip(heads{{{"lobby", some_head}}});
    expect_round_trip(sync_state{some_head, true, {"ann"}, {hello_all}, true, true, {22}});
    expect_round_trip(handover{4,
                               5,
                               6,
                               true,
                               some_head,
                               7,
                               {ann},
                               {hello_all},
                               {{"c1/21/22", 3, 9, {"{}"}}},
                               {{{"c2", 23}, 4000}},
                               {"c1/21/22"}});
}

TEST(Contract, CallBodiesRoundTrip)
{
    expect_round_trip(add{ann, true, "epoch", 3});
    expect_round_trip(added{some_head, 23, {"ann"}, true, {hello_all}});
    expect_round_trip(kick{ann, true});
    expect_round_trip(sync{some_head});
    expect_round_trip(client_request{ann, 2, 1, 1, {"{}"}});
    expect_round_trip(deliver{21, 22, "c1/21/22", 3, {"push"}});
    expect_round_trip(evict{21, 22, "replaced"});
}

TEST(Contract, RoutesAreRoutesThatClientsCannotCall)
{
    for (const auto route : {add::route, kick::route, sync::route, channel_state, channel_heads, channel_push,
                             handover::route, deliver::route, evict::route, stats_route}) {
        const auto parsed = parse_route(route);
        ASSERT_TRUE(parsed) << route;
        EXPECT_FALSE(parsed->for_clients()) << route;
    }
}

TEST(View, FindsServersById)
{
    EXPECT_EQ(some_view.find("chat-server-1")->boot, 11U);
    EXPECT_EQ(some_view.find("chat-server-9"), nullptr);
}

TEST(View, OwnersAreLivingChatServersThatDoNotDrainInIdOrder)
{
    const auto make = [](std::string id, server_kind kind, bool draining) {
        return server_info{
            .id = std::move(id), .kind = static_cast<std::uint8_t>(kind), .draining = draining};
    };
    const view v{.servers = {make("chat-3", server_kind::chat, false),
                             make("chat-2", server_kind::chat, true),
                             make("connector-1", server_kind::connector, false),
                             make("chat-1", server_kind::chat, false)}};

    EXPECT_EQ(owners(v), (std::vector<std::string>{"chat-1", "chat-3"}));
}

TEST(Member, IsTheSameSessionOnlyInTheSameLifeOfItsConnector)
{
    auto other = ann;
    other.user = "bob";
    EXPECT_TRUE(ann.same_session(other));
    other.boot = 99;
    EXPECT_FALSE(ann.same_session(other));
}

} // namespace
} // namespace citron::protocol
