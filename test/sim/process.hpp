// A process of the cluster: turns of its loop, ticks, and what kill -9, SIGSTOP and a restart do to it.
#pragma once

#include "test/sim/scene.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace citron::sim {

/// Derived classes hold the PURE object of the server; it exists from boot() to halt().
class process
{
public:
    process(scene& s, std::string id) : scene_(s), id_(std::move(id)) {}
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    virtual ~process() = default;

    void start();               ///< precondition: not running
    void kill();                ///< as kill -9: its state is gone; nothing happens when it is not running
    void freeze(duration time); ///< as SIGSTOP, and SIGCONT after `time`

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] bool running() const { return running_; }
    [[nodiscard]] bool frozen() const { return running_ && frozen_; }
    [[nodiscard]] instant changed() const { return changed_; } ///< started, killed, or told to end last
    [[nodiscard]] std::uint64_t life() const { return life_; } ///< counts starts
    /// How long it has been frozen, in all.
    [[nodiscard]] duration stood_still() const;

    /// Something that a socket hands over: read in the next turn of the loop, if that life still lasts then.
    void receive(std::uint64_t life, std::function<void()> what);

protected:
    virtual void boot() = 0;
    virtual void halt() = 0;
    virtual void tick() = 0;      ///< about every 100 ms, after all that waited was read
    virtual void carry_out() = 0; ///< at the end of each turn: do what was decided

    /// Runs `what` as a turn of this life: not while frozen, not after its end.
    void later(duration pause, std::function<void()> what);
    [[nodiscard]] instant now() const { return scene_.clock.now(); }
    void note_change() { changed_ = now(); }

    scene& scene_;

private:
    void turn();
    void arm_tick();

    std::string id_;
    bool running_ = false, frozen_ = false, turn_due_ = false;
    std::uint64_t life_ = 0;
    instant frozen_since_, changed_;
    duration frozen_for_{0};
    std::vector<std::function<void()>> inbox_;
};

} // namespace citron::sim
