// What clients read and write: packages, messages in them, WebSocket frames around them.
#include "common/protocol/package.hpp"
#include "frontend/websocket_frame.hpp"
#include "test/bench/micro/measure.hpp"
#include "test/bench/micro/samples.hpp"

namespace citron::bench {
namespace {

using benchmark::DoNotOptimize;
using benchmark::State;

void package_decode_request(State& state)
{
    const auto bytes = protocol::encode_request(7, send_route, send_json());
    measure(state, [&] {
        std::string_view input = bytes;
        const auto package = protocol::take_package(input);
        DoNotOptimize(protocol::decode_message(package->body));
    });
}

void package_encode_response(State& state)
{
    const std::string json = R"({"offset":1234,"epoch":"0123456789abcdef","time":1700000000000})";
    measure(state, [&] { DoNotOptimize(protocol::encode_response(1234, json)); });
}

void package_encode_push(State& state)
{
    const auto json = chat_json();
    measure(state, [&] { DoNotOptimize(protocol::encode_push("onChat", json)); });
}

void package_frame_push(State& state)
{
    const auto push = protocol::encode_push("onChat", chat_json());
    measure(state, [&] { DoNotOptimize(frontend::websocket_frame(push)); });
}

BENCHMARK(package_decode_request);
BENCHMARK(package_encode_response);
BENCHMARK(package_encode_push);
BENCHMARK(package_frame_push);

} // namespace
} // namespace citron::bench
