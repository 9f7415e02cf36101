#include "test/sim/chat_process.hpp"

#include "test/sim/broker_process.hpp"

namespace citron::sim {

chat_process::chat_process(scene& s, std::string id, broker_process& broker, disk* host)
    : peer_process(s, std::move(id), protocol::server_kind::chat, broker), disk_(host),
      commit_(s.chance.percent(70) ? duration(500) : duration(30'000))
{
}

void chat_process::boot()
{
    draining_ = bye_said_ = store_busy_ = false;
    in_memory_ =
        disk_ ? nullptr : std::make_unique<backend::memory_store>(backend::memory_options{}, counters_);
    on_disk_ = disk_ ? std::make_unique<shared_store>(disk_->file()) : nullptr;
    auto& store = disk_ ? static_cast<backend::store&>(*on_disk_) : *in_memory_;
    backend::chat_server_options options;
    options.peer = peer_options();
    options.peer.self.store = store.id();
    options.channels.seed = scene_.chance.next();
    options.channels.handovers.part_bytes = 2'048; // a room comes in several
    options.channels.handovers.window_bytes = 8'192;
    server_ = std::make_unique<backend::chat_server>(options, store, counters_, now());
    server_->set_stats([] { return std::string("{}"); });
    server_->on_tick(now(), wall_clock()); // as backend/server does: it knows what time it is from the start
}

void chat_process::halt()
{
    peer_process::halt();
    server_.reset();
    in_memory_.reset();
    on_disk_.reset();
}

void chat_process::tick()
{
    line().on_tick(now());
    server_->on_tick(now(), wall_clock());
}

void chat_process::carry_out()
{
    server_->end_turn(now());
    await_store();
    if (draining_ && !bye_said_ && server_->drained()) {
        bye_said_ = true;
        say_bye();
    }
    peer_process::carry_out();
}

void chat_process::await_store()
{
    if (store_busy_ || (disk_ ? on_disk_->idle() : in_memory_->idle()))
        return;
    store_busy_ = true;
    const auto tell = [this] {
        store_busy_ = false;
        disk_ ? on_disk_->tell() : in_memory_->complete();
    };
    const auto carry_out = [this, tell] {
        on_disk_->carry_out(now(), disk_->now(now()));
        later(scene_.chance.between(duration(10), commit_), tell);
    };
    auto pause = scene_.chance.between(duration(100), commit_);
    if (disk_ && disk_->slow_until() > now())
        pause += std::chrono::duration_cast<duration>(disk_->slow_until() - now());
    disk_ ? later(pause, carry_out) : later(pause, tell);
}

void chat_process::leave()
{
    if (!running() || draining_)
        return;
    scene_.log.line(id(), "drains");
    draining_ = true;
    later(duration(0), [this] { server_->drain(now()); });
}

} // namespace citron::sim
