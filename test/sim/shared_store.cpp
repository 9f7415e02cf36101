#include "test/sim/shared_store.hpp"

#include <utility>

namespace citron::sim {

using backend::append;
using backend::append_outcome;
using backend::page;
using backend::page_limit;

void shared_store::carry_out(std::uint64_t unix_ms)
{
    for (auto& one : std::exchange(asked_, {}))
        done_.push_back(one(unix_ms));
}

void shared_store::tell()
{
    for (auto& one : std::exchange(done_, {}))
        one();
}

void shared_store::submit(std::vector<append> batch, std::function<void(std::vector<append_outcome>)> done)
{
    asked_.push_back([this, batch = std::move(batch), done = std::move(done)](std::uint64_t unix_ms) {
        return [done, outcomes = disk_.commit(batch, unix_ms)] { done(outcomes); };
    });
}

void shared_store::take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done)
{
    asked_.push_back([this, rooms = std::move(rooms), done = std::move(done)](std::uint64_t) {
        return [done, all = disk_.take_over(rooms)] { done(all); };
    });
}

void shared_store::read_before(std::string rid, std::uint64_t before, page_limit limit,
                               std::function<void(page)> done)
{
    asked_.push_back([this, rid = std::move(rid), before, limit, done = std::move(done)](std::uint64_t) {
        return [done, p = disk_.read_before(rid, before, limit)] { done(p); };
    });
}

void shared_store::read_after(std::string rid, std::uint64_t after, page_limit limit,
                              std::function<void(page)> done)
{
    asked_.push_back([this, rid = std::move(rid), after, limit, done = std::move(done)](std::uint64_t) {
        return [done, p = disk_.read_after(rid, after, limit)] { done(p); };
    });
}

} // namespace citron::sim
