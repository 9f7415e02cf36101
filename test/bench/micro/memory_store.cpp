// One turn's messages on their way into the rings of their rooms.
#include "backend/history/memory_store.hpp"
#include "test/bench/micro/measure.hpp"
#include "test/bench/micro/samples.hpp"

namespace citron::bench {
namespace {

class full_store
{
public:
    full_store() : store_({}, counters_)
    {
        store_.take_over(
            {{.rid = rid(), .fresh_epoch = "0123456789abcdef"}},
            [this](const std::vector<backend::store::opened>& all) { term_ = all.front().at.term; });
        store_.complete();
        submit(batch(backend::memory_options{}.room_messages)); // from now on each message ousts one
    }

    std::vector<backend::append> batch(std::size_t size)
    {
        const auto whole = chat_json();
        const auto open = whole.substr(0, whole.find(R"(,"offset")"));
        std::vector<backend::append> appends;
        for (std::size_t i = 0; i < size; ++i) {
            appends.push_back({.rid = rid(), .term = term_, .time = 1'700'000'000'000, .chat = open});
        }
        return appends;
    }

    void submit(std::vector<backend::append> appends)
    {
        store_.submit(std::move(appends), [](const auto& outcomes) { benchmark::DoNotOptimize(outcomes); });
        store_.complete();
    }

private:
    protocol::counters counters_;
    backend::memory_store store_;
    std::uint64_t term_ = 0;
};

void memory_store_batch(benchmark::State& state)
{
    full_store store;
    const auto size = static_cast<std::size_t>(state.range(0));
    measure(
        state, [&] { return store.batch(size); }, [&](auto& batch) { store.submit(std::move(batch)); });
}

BENCHMARK(memory_store_batch)->Arg(1)->Arg(16)->Arg(256); // messages

} // namespace
} // namespace citron::bench
