// A client's queue: so many pushes at once, and the socket that takes them all.
#include "frontend/outbox.hpp"
#include "frontend/websocket_frame.hpp"
#include "test/bench/micro/measure.hpp"
#include "test/bench/micro/samples.hpp"

#include <array>

namespace citron::bench {
namespace {

void outbox_append_and_write(benchmark::State& state)
{
    const auto push = frontend::websocket_frame(protocol::encode_push("onChat", chat_json()));
    frontend::outbox_memory memory;
    frontend::outbox out(8U << 20U, memory);
    std::array<std::string_view, 64> parts;
    measure(state, [&] {
        for (auto left = state.range(0); left > 0; --left)
            benchmark::DoNotOptimize(out.append(push));
        benchmark::DoNotOptimize(out.gather(parts));
        out.consume(out.bytes());
    });
}

BENCHMARK(outbox_append_and_write)->Arg(1)->Arg(8)->Arg(64);

} // namespace
} // namespace citron::bench
