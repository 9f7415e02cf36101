// The broker in the middle: a request to the room's owner, its answer, its broadcast to three connectors.
#include "test/bench/micro/wired_cluster.hpp"

namespace citron::bench {
namespace {

void switchboard(benchmark::State& state, step s)
{
    measure_step(state, s, 10);
}

BENCHMARK_CAPTURE(switchboard, relay_request, step::relay_request);
BENCHMARK_CAPTURE(switchboard, relay_answer, step::relay_answer);
BENCHMARK_CAPTURE(switchboard, relay_broadcast, step::relay_broadcast);

} // namespace
} // namespace citron::bench
