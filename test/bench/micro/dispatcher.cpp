// Which chat server owns a room.
#include "common/protocol/dispatcher.hpp"
#include "test/bench/micro/measure.hpp"
#include "test/bench/micro/samples.hpp"

namespace citron::bench {
namespace {

void dispatcher_pick(benchmark::State& state)
{
    const auto servers = connector_ids(static_cast<std::size_t>(state.range(0)));
    const auto room = rid();
    measure(state, [&] { benchmark::DoNotOptimize(protocol::pick(room, servers)); });
}

BENCHMARK(dispatcher_pick)->Arg(3)->Arg(16);

} // namespace
} // namespace citron::bench
