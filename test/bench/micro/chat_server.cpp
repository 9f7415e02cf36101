// A chat server from the request's bytes to the bytes of answer and broadcast, the store between them.
#include "test/bench/micro/wired_cluster.hpp"

namespace citron::bench {
namespace {

void chat_server(benchmark::State& state, step s)
{
    measure_step(state, s, static_cast<std::size_t>(state.range(0)));
}

BENCHMARK_CAPTURE(chat_server, serve_send, step::serve_send)->Arg(10)->Arg(200)->Arg(1000); // members

} // namespace
} // namespace citron::bench
