#include "common/cluster/peer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace citron::cluster {

using protocol::envelope;
using protocol::kind;

peer::peer(peer_options options, peer_listener& listener, protocol::counters& counters, instant now)
    : options_(std::move(options)), listener_(listener), random_(options_.seed), open_at_(now), heard_(now),
      published_(now), beaten_(now), ticked_(now), lost_(counters.at("link.lost")),
      opened_(counters.at("link.opened")), refused_(counters.at("link.refused")),
      unsent_(counters.at("link.unsent")), undecodable_(counters.at("link.undecodable"))
{
}

void peer::set_address(std::string host, std::uint16_t port)
{
    options_.self.host = std::move(host);
    options_.self.port = port;
}

std::optional<std::uint64_t> peer::take_open(instant now)
{
    if (state_ != state::closed || given_up_ || now < open_at_)
        return std::nullopt;
    options_.self.nonce = random_() | 1; // never 0
    state_ = state::greeting;
    refusal_.clear();
    close_ = false;
    heard_ = published_ = beaten_ = now;
    ++opened_;
    say_hello();
    return options_.self.nonce;
}

void peer::say_hello()
{
    queue_control(kind::hello, protocol::pack(protocol::hello{options_.self, view_, options_.pid, floor_}));
}

/// False, and nothing is queued, when that would make more than `most` bytes wait.
bool peer::queue(envelope& e, std::size_t most)
{
    e.from = options_.self.id;
    e.view = view_.id();
    auto bytes = protocol::encode(e);
    if (bytes.size() > protocol::max_envelope || queued_ + bytes.size() > most)
        return false;
    queued_ += bytes.size();
    outgoing_.push_back(std::move(bytes));
    return true;
}

/// What keeps the line up is never refused for want of room.
void peer::queue_control(kind k, std::string_view body)
{
    envelope e{.kind = k, .body = body};
    (void)queue(e, std::numeric_limits<std::size_t>::max());
}

bool peer::send(envelope e)
{
    const bool queued = state_ == state::up && queue(e, options_.queue_bytes);
    unsent_ += queued ? 0 : 1;
    return queued;
}

void peer::pop_outgoing()
{
    queued_ -= outgoing_.front().size();
    outgoing_.pop_front();
}

void peer::lose(instant now)
{
    if (state_ == state::closed)
        return;
    const bool was_up = state_ == state::up;
    std::uniform_int_distribution<long> pause(options_.reopen_min.count(), options_.reopen_max.count());
    state_ = state::closed;
    renew_ = false;
    open_at_ = now + milliseconds(pause(random_));
    outgoing_.clear();
    queued_ = 0;
    close_ = true;
    ++lost_;
    if (was_up)
        listener_.on_down(now);
}

void peer::on_lost(instant now)
{
    if (state_ != state::closed)
        refused_since_.reset(); // nobody refuses us while nobody is there
    lose(now);
}

bool peer::expects_publications() const
{
    return options_.self.type() == protocol::server_kind::connector;
}

void peer::on_tick(instant now)
{
    const bool stalled = now - ticked_ > options_.stall;
    ticked_ = now;
    if (state_ == state::closed)
        return;
    if (stalled)
        heard_ = published_ = now;
    const auto silent_since = expects_publications() ? std::min(heard_, published_) : heard_;
    if (now - silent_since > options_.silence || renew_)
        return on_lost(now);
    if (state_ == state::up && now - beaten_ >= options_.beat) {
        beaten_ = now;
        queue_control(kind::beat);
    }
}

void peer::on_frame(std::string_view bytes, instant now)
{
    if (state_ == state::closed)
        return;
    const auto e = protocol::decode(bytes);
    if (!e) {
        ++undecodable_;
        return;
    }
    heard_ = now;
    switch (e->kind) {
    case kind::welcome:
        return on_welcome(*e, now);
    case kind::refused:
        return on_refused(*e, now);
    case kind::beat:
        return;
    default:
        break;
    }
    if (state_ != state::up)
        return;
    if (e->kind == kind::view) {
        if (const auto v = protocol::unpack<protocol::view>(e->body))
            return take_view(*v, now);
    } else if (e->kind == kind::settled) {
        if (const auto mark = protocol::unpack<protocol::generation_mark>(e->body))
            return listener_.on_settled(mark->generation, now);
    } else {
        return listener_.on_envelope(*e, now);
    }
    ++undecodable_;
}

void peer::on_published(std::string_view frame, instant now)
{
    if (state_ == state::closed)
        return;
    const auto bytes = protocol::strip_topic(frame);
    const auto e = bytes ? protocol::decode(*bytes) : std::unexpected(bytes.error());
    if (!e) {
        ++undecodable_;
        return;
    }
    published_ = now;
    if (e->kind == kind::broadcast && state_ == state::up)
        listener_.on_broadcast(*e, now);
}

void peer::on_welcome(const envelope& e, instant now)
{
    const auto body = protocol::unpack<protocol::welcome>(e.body);
    if (!body || state_ != state::greeting) {
        ++undecodable_;
        return;
    }
    state_ = state::up;
    refused_since_.reset();
    listener_.on_up(body->fresh, now);
    take_view(body->now, now);
    if (options_.self.draining) // our hello may be older than that
        queue_control(kind::drain);
}

void peer::on_refused(const envelope& e, instant now)
{
    ++refused_;
    const auto body = protocol::unpack<protocol::refusal>(e.body);
    refusal_ = body ? body->reason : "?";
    if (refusal_ == "duplicate_id") {
        refused_since_ = refused_since_.value_or(now);
        given_up_ = now - *refused_since_ > options_.duplicate_patience;
    }
    lose(now);
}

void peer::take_view(const protocol::view& v, instant now)
{
    const bool newer = v.broker != view_.broker || v.number >= view_.number;
    if (!newer)
        return;
    view_ = v;
    listener_.on_view(view_, now);
}

void peer::drain(instant)
{
    options_.self.draining = true; // also in every further hello
    if (state_ == state::up)
        queue_control(kind::drain);
}

void peer::bye(instant)
{
    if (state_ == state::up)
        queue_control(kind::bye);
}

} // namespace citron::cluster
