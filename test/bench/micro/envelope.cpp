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

envelope call(std::string_view body)
{
    return {.kind = kind::call,
            .from = connector_id(1),
            .room = rid(),
            .id = 1ULL << 40U,
            .view = {1ULL << 60U, 17},
            .route = std::string(send_route),
            .body = body};
}

envelope publication(std::string_view body, std::size_t connectors)
{
    return {.kind = kind::broadcast,
            .from = chat_server_id(),
            .to = connector_ids(connectors),
            .room = rid(),
            .view = {1ULL << 60U, 17},
            .route = std::string(protocol::channel_push),
            .body = body};
}

void envelope_encode_call(State& state)
{
    const auto body = protocol::pack(client_request());
    const auto e = call(body);
    measure(state, [&] { DoNotOptimize(encode(e)); });
}

void envelope_decode_call(State& state)
{
    const auto body = protocol::pack(client_request());
    const auto bytes = encode(call(body));
    measure(state, [&] { DoNotOptimize(protocol::decode(bytes)); });
}

void envelope_encode_broadcast(State& state)
{
    const auto body = protocol::pack(broadcast());
    const auto e = publication(body, static_cast<std::size_t>(state.range(0)));
    measure(state, [&] { DoNotOptimize(encode(e)); });
}

void envelope_decode_broadcast(State& state)
{
    const auto body = protocol::pack(broadcast());
    const auto bytes = encode(publication(body, static_cast<std::size_t>(state.range(0))));
    measure(state, [&] { DoNotOptimize(protocol::decode(bytes)); });
}

BENCHMARK(envelope_encode_call);
BENCHMARK(envelope_decode_call);
BENCHMARK(envelope_encode_broadcast)->Arg(1)->Arg(3); // connectors
BENCHMARK(envelope_decode_broadcast)->Arg(1)->Arg(3);

} // namespace
} // namespace citron::bench
