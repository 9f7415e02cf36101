#include "test/sim/socket.hpp"

#include "test/sim/client.hpp"
#include "test/sim/connector_process.hpp"

#include <utility>

namespace citron::sim {

namespace {
constexpr duration quick{200}, slow{20'000};
}

socket::socket(scene& s, client& from, connector_process& to)
    : scene_(s), from_(from), to_(to), life_(to.life()),
      up_(s.clock, s.chance.split(), s.some_slowness(),
          [this](std::string&& payload) {
              to_.receive(life_, [this, p = std::move(payload)] { to_.read(*this, p); });
          }),
      down_(s.clock, s.chance.split(), s.some_slowness(),
            [this](std::string&& bytes) { from_.read(*this, bytes); })
{
}

void socket::dial()
{
    const auto arrival = scene_.clock.now() + scene_.chance.between(quick, slow);
    if (!to_.running())
        return tell_client(arrival);
    scene_.clock.at(arrival, [this] {
        to_.receive(life_, [this] { to_.accept(*this); });
        if (!to_.running() || to_.life() != life_)
            return tell_client(scene_.clock.now());
        to_.dialled(*this);
        from_.connected(*this); // by the kernel, also of a frozen process
    });
}

bool socket::server_lives() const
{
    return to_.running() && to_.life() == life_;
}

void socket::tell_client(instant when)
{
    over_ = true;
    scene_.clock.at(when + scene_.chance.between(quick, slow), [this] { from_.disconnected(*this); });
}

void socket::hang_up(ending how)
{
    if (std::exchange(over_, true))
        return;
    down_.cut(0);
    if (how == ending::vanished)
        return up_.tear();
    scene_.clock.at(up_.empty_at() + scene_.chance.between(quick, slow),
                    [this] { to_.receive(life_, [this] { to_.closed(*this); }); });
}

void socket::shut()
{
    if (!over_)
        tell_client(down_.empty_at());
}

void socket::server_died()
{
    down_.tear();
    if (!over_)
        tell_client(down_.empty_at());
}

} // namespace citron::sim
