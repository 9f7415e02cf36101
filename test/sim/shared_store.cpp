#include "test/sim/shared_store.hpp"

#include <utility>

namespace citron::sim {

using backend::append;
using backend::append_outcome;
using backend::page;
using backend::page_limit;

void shared_store::carry_out(protocol::instant now, condition file)
{
    for (auto& one : std::exchange(asked_, {}))
        done_.push_back(one({now, file}));
}

void shared_store::tell()
{
    for (auto& one : std::exchange(done_, {}))
        one();
}

void shared_store::submit(std::vector<append> batch, std::function<void(std::vector<append_outcome>)> done)
{
    asked_.push_back([this, batch = std::move(batch), done = std::move(done)](const occasion& o) {
        auto outcomes =
            o.file == condition::sound
                ? disk_.commit(batch, o.now)
                : std::vector<append_outcome>(batch.size(), {.code = protocol::errc::unavailable});
        return [done, outcomes = std::move(outcomes)] { done(outcomes); };
    });
}

void shared_store::take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done)
{
    asked_.push_back([this, rooms = std::move(rooms), done = std::move(done)](const occasion& o) {
        auto all = o.file == condition::sound ? disk_.take_over(rooms) : std::vector<opened>();
        return [done, all = std::move(all)] { done(all); };
    });
}

void shared_store::read(std::function<page()> look, std::function<void(page)> done)
{
    asked_.push_back([look = std::move(look), done = std::move(done)](const occasion& o) {
        auto p = o.file == condition::gone ? page{.failed = true} : look();
        return [done, p = std::move(p)] { done(p); };
    });
}

void shared_store::read_before(std::string rid, std::uint64_t before, page_limit limit,
                               std::function<void(page)> done)
{
    read([this, rid = std::move(rid), before, limit] { return disk_.read_before(rid, before, limit); },
         std::move(done));
}

void shared_store::read_after(std::string rid, std::uint64_t after, page_limit limit,
                              std::function<void(page)> done)
{
    read([this, rid = std::move(rid), after, limit] { return disk_.read_after(rid, after, limit); },
         std::move(done));
}

} // namespace citron::sim
