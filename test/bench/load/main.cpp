// citron-bench: many clients against a running cluster, or against one of its peers.
#include "test/bench/load/conductor.hpp"
#include "test/bench/load/dialect.hpp"

#include <CLI/CLI.hpp>

#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <iostream>

namespace {

using namespace citron::bench;

/// The workload decides the defaults, so it is looked at before the other options.
plan plan_named(const std::string& name)
{
    const auto* found = std::find(std::begin(workload_names), std::end(workload_names), name);
    return default_plan(
        static_cast<workload>(found == std::end(workload_names) ? 1 : found - workload_names));
}

void raise_descriptor_limit()
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int main(int argc, char** argv)
{
    plan p = plan_named(argc > 1 ? argv[1] : "");
    std::string name, json;
    CLI::App app("Chats in many rooms at a fixed rate, whatever the server does (open loop), and counts what "
                 "arrives.");
    app.add_option("workload", name, "hot, steady, rooms, quiet, idle, storm, slow or overload")
        ->required()
        ->check(
            CLI::IsMember(std::vector<std::string>(std::begin(workload_names), std::end(workload_names))));
    app.add_option("--dialect", p.dialect, "what the servers speak")
        ->check(CLI::IsMember({"pomelo", "nats", "socketio"}))
        ->capture_default_str();
    app.add_option("--at", p.at, "host:port of the gate (pomelo) or of the servers")
        ->delimiter(',')
        ->required();
    app.add_option("--pids", p.pids, "the servers' processes, for CPU and memory")->delimiter(',');
    app.add_option("--rooms", p.rooms)->check(CLI::Range(1, 100'000))->capture_default_str();
    app.add_option("--members", p.members, "of each room")
        ->check(CLI::Range(1, 60'000))
        ->capture_default_str();
    app.add_option("--senders", p.senders, "of each room")
        ->check(CLI::Range(1, 60'000))
        ->capture_default_str();
    app.add_option("--rate", p.rate, "messages per second in all; hot: to begin with")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    app.add_option("--seconds", p.seconds)->check(CLI::Range(0.1, 3600.0))->capture_default_str();
    app.add_option("--payload", p.payload, "bytes of a message")
        ->check(CLI::Range(40, 1'000'000))
        ->capture_default_str();
    app.add_option("--workers", p.workers, "processes of the generator")
        ->check(CLI::Range(1, static_cast<int>(max_workers)))
        ->capture_default_str();
    app.add_option("--slow", p.slow, "members who stop reading")
        ->check(CLI::Range(0, 60'000))
        ->capture_default_str();
    app.add_flag("--since", p.since,
                 "members enter as those who come back: with the room's newest messages (citron)");
    app.add_option("--json", json, "file for the figures");
    CLI11_PARSE(app, argc, argv);
    raise_descriptor_limit();
    try {
        conductor c(p);
        const auto o = c.run();
        std::cout << describe(p, o);
        if (!json.empty())
            std::ofstream(json) << to_json(p, o);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "citron-bench: %s\n", error.what());
        return 1;
    }
}
