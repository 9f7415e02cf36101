#include "test/sim/socket.hpp"

#include "test/sim/frontend_process.hpp"

#include <algorithm>
#include <utility>

namespace citron::sim {

namespace {
constexpr duration quick{200}, slow{20'000};
}

std::string client_frame(std::string_view payload, unsigned first, std::uint64_t mask)
{
    std::string out(1, static_cast<char>(first));
    const auto size = payload.size();
    const unsigned bytes = size > 0xffff ? 8 : size > 125 ? 2 : 0;
    out += static_cast<char>(0x80U | (bytes == 8 ? 127U : bytes == 2 ? 126U : static_cast<unsigned>(size)));
    for (unsigned i = bytes; i > 0; --i)
        out += static_cast<char>(size >> (8 * (i - 1)));
    for (unsigned i = 0; i < 4; ++i)
        out += static_cast<char>(mask >> (8 * i));
    for (std::size_t i = 0; i < size; ++i)
        out += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ (mask >> (8 * (i % 4)) & 0xffU));
    return out;
}

socket::socket(scene& s, socket_user& from, frontend_process& to)
    : scene_(s), from_(from), to_(to), life_(to.life()),
      up_(s.clock, s.chance.split(), s.some_slowness(),
          [this](std::string&& payload) {
              to_.receive(life_, [this, p = std::move(payload)]() mutable { to_.read(*this, std::move(p)); });
          }),
      down_(s.clock, s.chance.split(), s.some_slowness(),
            [this](std::string&& bytes) { from_.read(*this, bytes); })
{
}

void socket::send(std::string_view payload)
{
    constexpr unsigned binary = 0x82;
    up_.send(client_frame(payload, binary, scene_.chance.next()));
}

void socket::dial()
{
    const auto arrival = scene_.clock.now() + scene_.chance.between(quick, slow);
    if (!to_.running())
        return tell_client(arrival);
    scene_.clock.at(arrival, [this] {
        if (!to_.door_open() || to_.life() != life_)
            return tell_client(scene_.clock.now());
        to_.receive(life_, [this] { to_.accept(*this); });
        to_.dialled(*this);
        from_.connected(*this); // by the kernel, also of a frozen process
    });
}

bool socket::server_lives() const
{
    return to_.running() && to_.life() == life_;
}

bool socket::server_left() const
{
    return to_.left_life() == life_;
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
    if (how == ending::vanished || dead_since_)
        return up_.tear();
    scene_.clock.at(up_.empty_at() + scene_.chance.between(quick, slow),
                    [this] { to_.receive(life_, [this] { to_.closed(*this); }); });
}

void socket::shut()
{
    if (!over_ && !dead_since_)
        tell_client(down_.empty_at());
}

void socket::server_died()
{
    sound_until_ = sound_until(); // what was held up goes with it
    down_.tear();
    if (!over_ && !dead_since_)
        tell_client(down_.empty_at());
}

void socket::stall(instant end)
{
    if (scene_.clock.now() > stalled_until_) { // else it goes on
        held_up_ = held_up();
        stalled_from_ = scene_.clock.now();
    }
    stalled_until_ = std::max(stalled_until_, end);
    up_.stall(end);
    down_.stall(end);
}

void socket::die()
{
    if (over_ || dead_since_)
        return;
    dead_since_ = stalled_until_ < scene_.clock.now() ? scene_.clock.now() : stalled_from_;
    up_.tear();
    down_.tear();
}

instant socket::sound_until() const
{
    const auto now = scene_.clock.now();
    const auto end = std::min(now, sound_until_.value_or(now));
    return dead_since_.value_or(now < stalled_until_ ? stalled_from_ : end);
}

duration socket::held_up() const
{
    const auto end = std::min(stalled_until_, scene_.clock.now());
    return held_up_ + std::max(duration(0), std::chrono::duration_cast<duration>(end - stalled_from_));
}

} // namespace citron::sim
