#include "test/sim/peer_process.hpp"

#include "test/sim/broker_process.hpp"

namespace citron::sim {

peer_process::peer_process(scene& s, std::string id, protocol::server_kind kind, broker_process& broker)
    : process(s, std::move(id)), kind_(kind), broker_(broker),
      skew_(static_cast<std::int64_t>(s.chance.below(100)) - 50)
{
}

std::uint64_t peer_process::wall_clock() const
{
    const auto ms = std::chrono::duration_cast<milliseconds>(now().time_since_epoch()).count();
    return static_cast<std::uint64_t>(1'700'000'000'000 + ms + skew_);
}

cluster::peer_options peer_process::peer_options()
{
    cluster::peer_options options;
    options.self.id = id();
    options.self.kind = static_cast<std::uint8_t>(kind_);
    options.self.boot = scene_.chance.next() | 1U;
    options.self.host = "127.0.0.1";
    options.self.port = kind_ == protocol::server_kind::connector
                            ? static_cast<std::uint16_t>(3050 + id().back() - '0')
                            : std::uint16_t{0};
    options.self.store = kind_ == protocol::server_kind::chat ? "memory" : "";
    options.seed = scene_.chance.next();
    return options;
}

void peer_process::read(const wire& from, std::string_view bytes)
{
    if (&from == wire_)
        line().on_frame(bytes, now());
}

void peer_process::read_published(const wire& from, std::string_view frame)
{
    if (&from == wire_)
        line().on_published(frame, now());
}

void peer_process::wire_lost(const wire& which)
{
    if (&which == wire_)
        line().on_lost(now());
}

void peer_process::lose_link(loss how)
{
    if (running() && wire_)
        wire_->lose(how);
}

void peer_process::cut_off(unsigned ways, duration time)
{
    scene_.log.line(id(), "is cut off for {} ms, ways {}", time.count() / 1000, ways);
    cut_off_until_ = now() + time;
    if (running() && wire_)
        wire_->stall(ways, cut_off_until_);
}

std::size_t peer_process::waiting_frames()
{
    std::size_t count = 0;
    for (; running() && line().outgoing(); ++count)
        line().pop_outgoing();
    return count;
}

void peer_process::open(std::uint64_t nonce)
{
    const bool publications = kind_ == protocol::server_kind::connector;
    wire_ = &broker_.make_wire(*this, protocol::identity_of(id(), nonce),
                               publications ? protocol::topic_of(id(), nonce) : std::string());
    wire_->scramble(scene_.scrambled);
    wire_->connect();
}

void peer_process::carry_out()
{
    if (line().take_close() && wire_) {
        wire_->close(false);
        wire_ = nullptr;
    }
    if (const auto nonce = line().take_open(now())) {
        if (wire_)
            wire_->close(false);
        open(*nonce);
    }
    while (wire_ && wire_->ready() && line().outgoing()) {
        wire_->send_up(*line().outgoing());
        line().pop_outgoing();
    }
    if (leaving_ && !line().outgoing())
        kill();
}

void peer_process::say_bye()
{
    leaving_ = true;
    line().bye(now());
}

void peer_process::halt()
{
    if (wire_)
        wire_->close(leaving_);
    wire_ = nullptr;
    leaving_ = false;
}

} // namespace citron::sim
