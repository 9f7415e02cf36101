#include "frontend/frontend.hpp"

#include "common/protocol/client_routes.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/paced_loop.hpp"
#include "frontend/web_files.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace citron::frontend {
namespace {

namespace log = runtime::log;

constexpr milliseconds spare{3'000}; ///< beyond the longest drain: then this process ends, whatever it does
constexpr std::size_t polite =
    1U << 20U; ///< so far beyond max_message a message is refused, and beyond it a kick
constexpr std::size_t spare_descriptors = 512;
constexpr int share_of_rest = 6; ///< of the broker's rest between turns: what comes from it waits here again

listen_address address_of(const runtime::server_config& self, std::uint16_t port, const char* key)
{
    return {self.bind.empty() ? self.host : self.bind, port, "servers.json: " + self.id + ": " + key};
}

std::unique_ptr<tls_identity> identity_of(const runtime::server_config& self, protocol::counters& counters)
{
    if (!self.tls)
        return nullptr;
    auto made = std::make_unique<tls_identity>(*self.tls, counters);
    log::info("tls.loaded {}", made->description());
    return made;
}

const std::string& public_host(const runtime::server_config& self)
{
    return self.public_host.empty() ? self.host : self.public_host;
}

} // namespace

session_options session_options_of(const runtime::config& conf)
{
    session_options options{.heartbeat = conf.chat.heartbeat,
                            .idle = conf.chat.idle,
                            .handshake_deadline = conf.chat.limits.handshake,
                            .max_message = conf.chat.max_message,
                            .outbox_bytes = conf.chat.outbox_bytes,
                            .outbox_total_bytes = conf.chat.outbox_total,
                            .max_sessions = conf.chat.max_sessions,
                            .in_flight = conf.chat.in_flight,
                            .in_flight_bytes = conf.chat.in_flight_bytes,
                            .limits = conf.chat.limits,
                            .random = cluster::random_number};
    for (const auto& known : protocol::client_routes)
        options.dictionary.emplace_back(known.route);
    return options;
}

drain_options drain_options_of(const runtime::startup& start)
{
    const bool spread = start.self.kind == protocol::server_kind::connector;
    return {.span = spread ? start.conf.chat.drain : milliseconds(0)};
}

void raise_descriptor_limit(std::size_t sessions)
{
    const rlim_t wanted = sessions + spare_descriptors;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log::warn("process.few_descriptors limit={} wanted={}", limit.rlim_cur, wanted);
}

shell::shell(const runtime::startup& start, server_parts server, protocol::counters& counters)
    : server_(std::move(server)), counters_(counters), way_in_(cluster::way_in_of(start)),
      stats_(start.self.id, start.self.kind, counters),
      rest_(protocol::duration(start.conf.chat.batch) / share_of_rest),
      link_(loop_, context_, server_.line, way_in_.ways,
            {.on_tick = [this](instant now) { on_tick(now); },
             .after_turn = [this](instant) { clients_.flush_dirty(); }},
            way_in_.keys),
      tls_(identity_of(start.self, counters)),
      clients_(server_.sessions, {.max_message = start.conf.chat.max_message + polite, .tls = tls_.get()},
               counters, [this] { link_.flush(); }),
      door_(loop_, address_of(start.self, start.self.client_port, "clientPort"), counters,
            [this](net::ip::tcp::socket socket) { clients_.take(std::move(socket)); }),
      drain_options_(drain_options_of(start)), conf_dir_(start.conf.conf_dir),
      environment_(start.conf.environment)
{
    clients_.admit(admission(start.conf.chat.admission));
    const auto port = start.self.public_port == 0 ? door_.port() : start.self.public_port;
    server_.line.set_address(public_host(start.self), port);
    stats_.gauge("sessions.open", [this] { return server_.sessions.size(); });
    stats_.gauge("sessions.queued_bytes", [this] { return server_.sessions.queued_bytes(); });
    if (tls_)
        stats_.gauge("tls.seconds_left", [this] { return tls_->seconds_left(); });
    log::info("clients.listening port={} public={}:{} tls={}", door_.port(), public_host(start.self), port,
              tls_ ? "yes" : "no");
    if (start.conf.serves_web(start.self))
        serve_web(start);
}

void shell::serve_web(const runtime::startup& start)
{
    const auto& here = server_.line.self();
    const auto www = find_www(start.conf.conf_dir);
    web_ =
        std::make_unique<web_server>(web_root(files_below(www), where_json(protocol::name_of(start.self.kind),
                                                                           here.host, here.port, here.tls)),
                                     tls_.get(), counters_);
    web_door_ = std::make_unique<listener>(loop_, address_of(start.self, start.self.http_port, "httpPort"),
                                           counters_, [this](net::ip::tcp::socket socket) {
                                               if (clients_.admits(socket))
                                                   web_->take(std::move(socket));
                                           });
    log::info("web.listening port={} root={}", web_door_->port(), log::printable(www.string()));
    if (www.empty())
        log::warn("web.no_files what=\"no www folder beside the conf folder\"");
}

void shell::run()
{
    lifecycle_ = std::make_unique<runtime::lifecycle>(
        loop_, drain_options_.longest() + spare, [this] { begin_stop(); }, [this] { reload(); });
    on_tick(cluster::link::now()); // who comes before the first one of the link needs the time of day too
    link_.start();
    door_.start();
    if (web_door_)
        web_door_->start();
    runtime::run(loop_, runtime::pace({.rest = rest_}));
}

void shell::on_tick(instant now)
{
    server_.on_tick(now, cluster::wall_clock());
    clients_.on_tick(now);
    if (drain_)
        go_on_stopping(*drain_, now);
}

void shell::reload()
{
    reload_admission();
    if (tls_)
        reload_certificate();
}

/// Only what may change while clients are here. A mistake changes nothing.
void shell::reload_admission()
{
    try {
        const auto fresh = runtime::load_config(conf_dir_, environment_, std::nullopt).chat.admission;
        clients_.admit(admission(fresh));
        ++counters_.at("admission.reloaded");
        log::info("admission.reloaded allow={} block={} origins={} proxies={}", fresh.allow.size(),
                  fresh.block.size(), fresh.origins.size(), fresh.proxies.size());
    } catch (const runtime::config_error& mistake) {
        ++counters_.at("admission.kept");
        log::error("admission.kept what=\"{}\"", mistake.what());
    }
}

/// A file that is wrong changes nothing: clients go on being shown the former certificate.
void shell::reload_certificate()
{
    try {
        tls_->reload();
        ++counters_.at("tls.reloaded");
        log::info("tls.reloaded {}", tls_->description());
    } catch (const runtime::config_error& mistake) {
        ++counters_.at("tls.not_reloaded");
        log::error("tls.not_reloaded what=\"{}\" in_use: {}", mistake.what(), tls_->description());
    }
}

// ---- the end

void shell::begin_stop()
{
    const auto now = cluster::link::now();
    drain_.emplace(drain_options_, now);
    server_.line.drain(now);
    link_.flush();
}

void shell::go_on_stopping(drain& ending, instant now)
{
    const auto step = ending.next(look_around(server_.line, server_.sessions, clients_.size()), now);
    if (step.close_door)
        close_door();
    for (const auto id : step.tell)
        if (session* s = server_.sessions.find(id))
            server_.sessions.send_away(*s, now, step.spread);
    if (step.over)
        finish(now);
}

void shell::close_door()
{
    door_.stop();
    if (web_door_)
        web_door_->stop();
}

void shell::finish(instant now)
{
    server_.line.bye(now);
    link_.stop(); // sends the bye, and what sessions that ended had to tell their rooms
    clients_.cut_all();
    if (web_)
        web_->stop();
    lifecycle_->done();
    loop_.stop();
}

} // namespace citron::frontend
