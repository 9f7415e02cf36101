#include "test/sim/process.hpp"

#include <utility>

namespace citron::sim {

void process::start()
{
    ++life_;
    running_ = true;
    note_change();
    frozen_ = turn_due_ = false;
    inbox_.clear();
    scene_.log.line(id_, "starts, life {}", life_);
    boot();
    receive(life_, [] {});
    arm_tick();
}

void process::kill()
{
    if (!running_)
        return;
    scene_.log.line(id_, "is killed");
    running_ = false;
    note_change();
    inbox_.clear();
    halt();
}

void process::freeze(duration time)
{
    if (!running_ || frozen_)
        return;
    scene_.log.line(id_, "freezes for {} ms", time.count() / 1000);
    frozen_ = true;
    frozen_since_ = now();
    scene_.clock.after(time, [this, mine = life_] {
        if (mine != life_ || !running_)
            return;
        scene_.log.line(id_, "thaws");
        frozen_ = false;
        frozen_for_ += std::chrono::duration_cast<duration>(now() - frozen_since_);
        turn();
    });
}

duration process::stood_still() const
{
    return frozen_for_ +
           (frozen_ ? std::chrono::duration_cast<duration>(now() - frozen_since_) : duration(0));
}

void process::receive(std::uint64_t life, std::function<void()> what)
{
    if (!running_ || life != life_)
        return;
    inbox_.push_back(std::move(what));
    if (std::exchange(turn_due_, true))
        return;
    constexpr duration longest_wait{300}; // the loop is busy; what arrives meanwhile shares the turn
    scene_.clock.after(scene_.chance.between(duration(0), longest_wait), [this, mine = life_] {
        if (mine == life_ && running_)
            turn();
    });
}

void process::later(duration pause, std::function<void()> what)
{
    scene_.clock.after(pause, [this, mine = life_, what = std::move(what)] { receive(mine, what); });
}

void process::turn()
{
    if (frozen_)
        return;
    turn_due_ = false;
    const auto mine = life_;
    for (auto& what : std::exchange(inbox_, {})) {
        what();
        if (!running_ || mine != life_)
            return;
    }
    carry_out();
}

void process::arm_tick()
{
    constexpr duration period{100'000}, late{3'000};
    scene_.clock.after(period + scene_.chance.between(duration(0), late), [this, mine = life_] {
        if (mine != life_ || !running_)
            return;
        if (!frozen_) {
            turn();
            if (mine == life_ && running_) {
                tick();
                carry_out();
            }
        }
        if (mine == life_ && running_)
            arm_tick();
    });
}

} // namespace citron::sim
