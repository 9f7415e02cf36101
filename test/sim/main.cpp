// Runs the whole cluster on a virtual clock, once per seed, and says which promises were broken.
#include "test/sim/babbler.hpp"
#include "test/sim/city.hpp"
#include "test/sim/director.hpp"
#include "test/sim/ledger.hpp"
#include "test/sim/mutant.hpp"
#include "test/sim/scenario.hpp"
#include "test/sim/stranger.hpp"
#include "test/sim/verdict.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace citron::sim;

struct outcome
{
    std::vector<std::string> complaints;
    std::size_t messages = 0;
    std::uint64_t events = 0;
};

outcome run(std::uint64_t seed, scenario play, bool durable, bool trace)
{
    constexpr milliseconds settling{14'000}, last_words{3'000}, glance{500};
    scene s(seed, trace);
    s.slowest = duration(s.chance.between(1'000, 20'000));
    s.durable = durable;
    s.guarded = guarded_in(seed);
    ledger book(s.log, excuses_of(play, durable));
    city town(s, book);
    director chief(s, town, book, play);
    const auto trouble_ends = s.clock.now() + milliseconds(s.chance.between(9'000, 17'000));

    stranger visitor(s, town, book);
    babbler noise(s, town);
    town.start();
    visitor.wake();
    s.babbling = s.chance.percent(25);
    if (s.babbling)
        noise.wake();
    chief.begin(trouble_ends);
    const auto run_until = [&](instant end) {
        while (s.clock.now() < end) {
            s.clock.run_until(std::min(end, s.clock.now() + glance));
            for (auto& c : town.clients())
                c->check_overdue();
        }
    };
    run_until(trouble_ends);
    chief.heal();
    visitor.rest();
    noise.rest();
    for (auto& c : town.clients())
        c->calm_down();
    while (town.anybody_frozen())
        run_until(s.clock.now() + glance);
    run_until(s.clock.now() + settling);
    judge_calm(town, book, s.clock.now());
    for (auto& c : town.clients())
        c->probe();
    run_until(s.clock.now() + last_words);
    judge(town, book, s.babbling);
    return {book.complaints(), book.messages(), s.clock.events()};
}

int report(const char* program, std::uint64_t seed, scenario play, bool durable, const std::string& forced,
           const outcome& o)
{
    constexpr std::size_t most = 8;
    std::printf("seed %llu (%s, history %s) fails:\n", static_cast<unsigned long long>(seed),
                std::string(name_of(play)).c_str(), durable ? "on a disk" : "in memory");
    for (std::size_t i = 0; i < o.complaints.size() && i < most; ++i)
        std::printf("  %s\n", o.complaints[i].c_str());
    if (o.complaints.size() > most)
        std::printf("  ... and %zu more\n", o.complaints.size() - most);
    std::printf("replay: %s --seed %llu%s%s --trace\n", program, static_cast<unsigned long long>(seed),
                forced.empty() ? "" : (" --scenario " + forced).c_str(),
                mutant_chosen.empty() ? "" : (" --mutant " + mutant_chosen).c_str());
    return 1;
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app("The whole cluster in one process, on a virtual clock and network with seeded faults");
    std::vector<std::uint64_t> range;
    std::optional<std::uint64_t> one;
    std::string forced;
    bool trace = false, keep_going = false;
    app.add_option("--seeds", range, "FROM COUNT: run these seeds")->expected(2);
    app.add_option("--seed", one, "run this one");
    app.add_option("--scenario", forced, "play this one with every seed (default: by the seed)");
    app.add_flag("--trace", trace, "print everything that happens");
    app.add_flag("--keep-going", keep_going, "do not stop at the first seed that fails");
#ifdef CITRON_MUTANTS
    app.add_option("--mutant", mutant_chosen, "switch on this bug of mutations.json")
        ->check(CLI::IsMember(CLI::detail::split(CITRON_MUTANTS, ',')));
#endif
    CLI11_PARSE(app, argc, argv);
    if (one)
        range = {*one, 1};
    if (range.size() != 2 || (!forced.empty() && !scenario_named(forced))) {
        std::fputs(app.help().c_str(), stderr);
        return 2;
    }
    std::size_t failed = 0, messages = 0;
    std::uint64_t events = 0;
    for (auto seed = range[0]; seed < range[0] + range[1]; ++seed) {
        const auto play = forced.empty() ? scenario_of(seed) : *scenario_named(forced);
        const bool durable = durable_in(seed, play);
        const auto o = run(seed, play, durable, trace);
        messages += o.messages;
        events += o.events;
        if (!o.complaints.empty()) {
            report(argv[0], seed, play, durable, forced, o);
            ++failed;
            if (!keep_going)
                break;
        }
    }
    std::printf("%llu seeds, %zu failed, %zu messages, %llu events\n",
                static_cast<unsigned long long>(range[1]), failed, messages,
                static_cast<unsigned long long>(events));
    return failed == 0 ? 0 : 1;
}
