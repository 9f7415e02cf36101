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
        store_.take_over({{.rid = rid(), .fresh_epoch = "0123456789abcdef"}},
                         [this](const std::vector<protocol::head>& heads) { at_ = heads.front(); });
        store_.complete();
        submit(batch(backend::memory_options{}.room_messages)); // from now on each message ousts one
    }

    std::vector<backend::append> batch(std::size_t size)
    {
        std::vector<backend::append> appends;
        for (std::size_t i = 0; i < size; ++i) {
            ++at_.offset;
            appends.push_back({rid(), at_, {at_.offset, 1'700'000'000'000, {chat_json()}}});
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
    protocol::head at_;
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
