// A connector on both ways: from a client's message to a call, from what comes back to the clients' outboxes.
#include "test/bench/micro/wired_cluster.hpp"

namespace citron::bench {
namespace {

void connector(benchmark::State& state, step s)
{
    measure_step(state, s, static_cast<std::size_t>(state.range(0)));
}

BENCHMARK_CAPTURE(connector, client_send, step::client_send)->Arg(10); // members of the room
BENCHMARK_CAPTURE(connector, answer_client, step::answer_client)->Arg(10);
BENCHMARK_CAPTURE(connector, show_broadcast, step::show_broadcast)->Arg(10)->Arg(200)->Arg(1000);
BENCHMARK_CAPTURE(connector, write_outboxes, step::write_outboxes)->Arg(10)->Arg(200)->Arg(1000);

} // namespace
} // namespace citron::bench
