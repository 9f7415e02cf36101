// The bodies of a client's request and of a broadcast, as msgpack.
#include "test/bench/micro/measure.hpp"
#include "test/bench/micro/samples.hpp"

namespace citron::bench {
namespace {

using benchmark::DoNotOptimize;
using benchmark::State;

void contract_pack_request(State& state)
{
    const auto request = client_request();
    measure(state, [&] { DoNotOptimize(protocol::pack(request)); });
}

void contract_unpack_request(State& state)
{
    const auto bytes = protocol::pack(client_request());
    measure(state, [&] { DoNotOptimize(protocol::unpack<protocol::client_request>(bytes)); });
}

void contract_pack_broadcast(State& state)
{
    const auto b = broadcast();
    measure(state, [&] { DoNotOptimize(protocol::pack(b)); });
}

void contract_unpack_broadcast(State& state)
{
    const auto bytes = protocol::pack(broadcast());
    measure(state, [&] { DoNotOptimize(protocol::unpack<protocol::broadcast>(bytes)); });
}

BENCHMARK(contract_pack_request);
BENCHMARK(contract_unpack_request);
BENCHMARK(contract_pack_broadcast);
BENCHMARK(contract_unpack_broadcast);

} // namespace
} // namespace citron::bench
