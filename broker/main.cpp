// citron-broker: the one process that everybody knows.
#include "broker/broker.hpp"
#include "common/cluster/endpoints.hpp"
#include "common/runtime/lifecycle.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/options.hpp"
#include "common/runtime/paced_loop.hpp"
#include "common/runtime/stats.hpp"

#include <random>

using namespace citron;

namespace {

broker::registry_options options_of(const runtime::config& conf)
{
    std::random_device random;
    const auto nonce = std::uint64_t{random()} << 32U | random() | 1U; // never 0
    broker::registry_options options{.nonce = nonce, .id = conf.broker.id};
    for (const auto& server : conf.servers) {
        options.expected.push_back(server.id);
        options.kinds.emplace(server.id, server.kind);
    }
    return options;
}

broker::broker_endpoints endpoints_of(const runtime::startup& start)
{
    const auto& conf = start.conf.broker;
    const bool host_alone = start.self.bind.empty();
    return {.bind = host_alone ? start.self.host : start.self.bind,
            .bind_key = host_alone ? "host" : "bind",
            .port = conf.port,
            .pub_port = conf.pub_port,
            .tap_port = conf.tap_port,
            .ipc_host = cluster::listens_on_ipc(conf.via) ? conf.host : "",
            .keys = conf.keys};
}

/// Three frames make a message to a room: the request, its answer, the broadcast. Chat servers need half a
/// millisecond to answer, but two or three when they write to a disk.
runtime::pace rhythm_of(const runtime::chat_config& conf)
{
    constexpr double frames_per_second = 2'000, frames = 100;
    const protocol::duration rest = conf.batch;
    return runtime::pace({.rest = rest,
                          .short_rest = conf.durability == runtime::durability::memory ? rest / 10 : rest / 2,
                          .free_per_second = frames_per_second,
                          .burst = frames});
}

/// Throws config_error: "conf/servers.json: development.broker.port: tcp://...: Address already in use".
void listen(broker::broker& server, const runtime::startup& start)
{
    try {
        server.start(endpoints_of(start));
    } catch (const runtime::config_error& error) {
        const auto file = start.conf.conf_dir / "servers.json";
        throw runtime::config_error(
            fmt::format("{}: {}.{}", file.string(), start.conf.environment, error.what()));
    }
}

void run(const runtime::startup& start)
{
    runtime::log::start(start.self.id, start.conf.run_dir, start.log_level);
    net::io_context loop(1);
    cluster::zmq_context context;
    protocol::counters counters;
    broker::broker server(loop, context, options_of(start.conf), counters);
    runtime::stats stats(start.self.id, protocol::server_kind::broker, counters);
    stats.gauge("broker.peers", [&] { return server.peers().all().size(); });
    stats.gauge("broker.parked_bytes", [&] { return server.parked_bytes(); });
    server.serve_stats([&] { return stats.json(); });

    constexpr protocol::milliseconds stop_limit{2000};
    runtime::lifecycle life(loop, stop_limit, [&] {
        server.stop();
        life.done();
    });
    listen(server, start);
    runtime::run(loop, rhythm_of(start.conf.chat), [&] { return server.take_work(); });
}

} // namespace

int main(int argc, char** argv)
{
    const auto start = runtime::start_up(protocol::server_kind::broker, argc, argv);
    if (!start)
        return start.error();
    try {
        run(*start);
    } catch (const runtime::config_error& error) {
        runtime::give_up(error.what());
    }
    runtime::log::stop();
    return 0;
}
