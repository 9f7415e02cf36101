#include "test/bench/micro/measure.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else // no instructions are counted then
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_TOGGLE_COLLECT
#endif

namespace {

bool counting = false;
std::uint64_t allocations = 0;

} // namespace

void* operator new(std::size_t size)
{
    allocations += counting;
    if (void* memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

namespace citron::bench {

tally::tally()
{
    allocations = 0;
    CALLGRIND_START_INSTRUMENTATION;
}

tally::~tally()
{
    CALLGRIND_STOP_INSTRUMENTATION;
}

void tally::resume()
{
    counting = true;
    CALLGRIND_TOGGLE_COLLECT;
}

void tally::pause()
{
    CALLGRIND_TOGGLE_COLLECT;
    counting = false;
}

void tally::report(benchmark::State& state, int operations) const
{
    state.counters["counted"] = operations;
    state.counters["allocations"] = static_cast<double>(allocations) / operations;
}

} // namespace citron::bench
