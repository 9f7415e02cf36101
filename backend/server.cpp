#include "backend/server.hpp"

#include "common/runtime/log.hpp"

namespace citron::backend {
namespace {

constexpr milliseconds patience{7'000}; ///< for rooms to be handed over
constexpr milliseconds stop_limit{10'000};

chat_server_options options_of(const runtime::startup& start, const store& history)
{
    const auto& conf = start.conf.chat;
    chat_server_options options;
    options.peer = cluster::peer_options_of(start);
    options.peer.self.store = history.id();
    const auto process = process_of(options.peer.pid);
    options.peer.self.pid = process.pid;
    options.peer.self.started = process.started;
    options.channels.several_sessions_per_user = conf.several_sessions_per_user;
    options.channels.grace = std::max(conf.grace, options.channels.silence);
    options.channels.resume = {conf.resume_messages, conf.resume_bytes};
    options.channels.most_members = conf.limits.members_per_room;
    options.channels.most_rooms = conf.limits.rooms_per_server;
    options.channels.history_page = conf.limits.history_page;
    options.channels.seed = cluster::random_number();
    return options;
}

} // namespace

server::server(const runtime::startup& start)
    : way_in_(cluster::way_in_of(start)), history_(
                                              loop_, start.conf, counters_, [this] { link_.flush(); },
                                              [this](std::uint64_t pid) { end_if_fallen(pid); }),
      chat_(options_of(start, history_.get()), history_.get(), counters_, cluster::link::now()),
      link_(loop_, context_, chat_.line(), way_in_.ways,
            {.on_tick = [this](instant now) { on_tick(now); },
             .after_turn = [this](instant now) { after_turn(now); }},
            way_in_.keys),
      stats_(start.self.id, start.self.kind, counters_)
{
    stats_.gauge("rooms.open", [this] { return chat_.channels().size(); });
    stats_.gauge("rooms.members", [this] { return chat_.channels().members(); });
    chat_.set_stats([this] { return stats_.json(); });
    chat_.on_tick(cluster::link::now(), cluster::wall_clock());
}

void server::run()
{
    lifecycle_ = std::make_unique<runtime::lifecycle>(loop_, stop_limit, [this] { begin_stop(); });
    link_.start();
    loop_.run();
}

void server::on_tick(instant now)
{
    chat_.on_tick(now, cluster::wall_clock());
    if (!stopping_since_ || finished_)
        return;
    const bool drained = chat_.drained();
    const bool too_late = now - *stopping_since_ >= patience;
    if (too_late && !drained)
        runtime::log::warn("rooms.not_handed_over rooms={}", chat_.channels().size());
    if (too_late || drained)
        finish(now);
}

/// What the turn gathered goes to the store; what is in memory at once is answered and broadcast before the
/// loop sleeps.
void server::after_turn(instant now)
{
    for (chat_.end_turn(now); history_.complete(); chat_.end_turn(now)) {
    }
}

/// One that stands still in the middle of a commit lets nobody write; in the middle of a read, the log of the
/// file grows. Its rooms have other owners already, and its supervisor starts it again. Nobody else is ever
/// ended.
void server::end_if_fallen(std::uint64_t pid)
{
    const auto* one = chat_.fallen().find(pid, chat_.line().self().store);
    if (!one || !end_process({one->pid, one->started}))
        return;
    ++counters_.at("store.lock_broken");
    runtime::log::warn("history.lock_broken id={} pid={}", one->id, pid);
}

void server::begin_stop()
{
    stopping_since_ = cluster::link::now();
    chat_.drain(*stopping_since_);
    link_.flush();
}

void server::finish(instant now)
{
    finished_ = true;
    chat_.line().bye(now);
    link_.stop(); // sends what waits, the bye last
    lifecycle_->done();
    loop_.stop();
}

} // namespace citron::backend
