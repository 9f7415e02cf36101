// The header around everything that crosses between two processes.
#include "common/protocol/envelope.hpp"
#include "test/bench/micro/measure.hpp"
#include "test/bench/micro/samples.hpp"

namespace citron::bench {
namespace {

using benchmark::DoNotOptimize;
using benchmark::State;
using protocol::envelope;
using protocol::kind;

/// What an envelope borrows from.
struct names
{
    explicit names(std::size_t connectors = 1) : to(connector_ids(connectors)) {}
    std::vector<std::string> to;
    std::string chat_server = chat_server_id(), room = rid();
};

envelope call(const names& of, std::string_view body)
{
    return {.kind = kind::call,
            .from = of.to.front(),
            .room = of.room,
            .id = 1ULL << 40U,
            .view = {1ULL << 60U, 17},
            .route = send_route,
            .body = body};
}

envelope publication(const names& of, std::string_view body)
{
    return {.kind = kind::broadcast,
            .from = of.chat_server,
            .to = {of.to.begin(), of.to.end()},
            .room = of.room,
            .view = {1ULL << 60U, 17},
            .route = protocol::channel_push,
            .body = body};
}

void envelope_encode_call(State& state)
{
    const names all;
    const auto body = protocol::pack(client_request());
    const auto e = call(all, body);
    measure(state, [&] { DoNotOptimize(encode(e)); });
}

void envelope_decode_call(State& state)
{
    const names all;
    const auto body = protocol::pack(client_request());
    const auto bytes = encode(call(all, body));
    measure(state, [&] { DoNotOptimize(protocol::decode(bytes)); });
}

void envelope_encode_broadcast(State& state)
{
    const names all(static_cast<std::size_t>(state.range(0)));
    const auto body = protocol::pack(broadcast());
    const auto e = publication(all, body);
    measure(state, [&] { DoNotOptimize(encode(e)); });
}

void envelope_decode_broadcast(State& state)
{
    const names all(static_cast<std::size_t>(state.range(0)));
    const auto body = protocol::pack(broadcast());
    const auto bytes = encode(publication(all, body));
    measure(state, [&] { DoNotOptimize(protocol::decode(bytes)); });
}

BENCHMARK(envelope_encode_call);
BENCHMARK(envelope_decode_call);
BENCHMARK(envelope_encode_broadcast)->Arg(1)->Arg(3); // connectors
BENCHMARK(envelope_decode_broadcast)->Arg(1)->Arg(3);

} // namespace
} // namespace citron::bench
