// A room alone: what it decides about a message, whoever carries it.
#include "backend/channel.hpp"
#include "test/bench/micro/measure.hpp"
#include "test/bench/micro/samples.hpp"

namespace citron::bench {
namespace {

using protocol::errc;

/// Takes everything, and keeps nothing.
struct deaf_port final : backend::channel_port
{
    void answer(const backend::caller&, std::string_view, errc, std::string_view) override {}
    void full(const std::string&) override {}
    void publish(const std::vector<std::string>& connectors, const protocol::broadcast& b) override
    {
        benchmark::DoNotOptimize(connectors);
        benchmark::DoNotOptimize(b);
    }
    void keep(backend::append one) override { benchmark::DoNotOptimize(one); }
    void deliver(const std::string&, const backend::open_request&, const protocol::member&,
                 const std::string&, std::string) override
    {
    }
    void evict(const std::string&, const protocol::member&, std::string_view) override {}
    [[nodiscard]] bool connected(const protocol::member&) const override { return true; }
    [[nodiscard]] bool enrolled(const std::string&) const override { return true; }
    [[nodiscard]] std::uint64_t unix_ms() const override { return 1'700'000'000'000; }
};

/// Members are spread over three connectors.
void channel_push(benchmark::State& state)
{
    deaf_port port;
    backend::channel room(rid(), port, false);
    room.open({.term = 3, .rev = 0, .epoch = "0123456789abcdef", .offset = 0});
    for (std::size_t n = 1; n <= static_cast<std::size_t>(state.range(0)); ++n) {
        auto who = member(n);
        who.connector = connector_id(1 + n % 3);
        benchmark::DoNotOptimize(room.enter(std::move(who)));
    }
    const auto& who = room.seats().front().who;
    const backend::caller reply_to{who.connector, 7};
    const backend::backend_session from{&room, room.rid(), who, 0, reply_to, {}};
    const std::string text(128, 'x');
    std::uint64_t offset = 0;
    measure(state, [&] {
        room.publish(from, {{"route", "onChat"}, {"msg", text}});
        room.on_stored({.offset = ++offset, .time = 1'700'000'000'000});
    });
}

BENCHMARK(channel_push)->Arg(10)->Arg(200)->Arg(1000); // members

} // namespace
} // namespace citron::bench
