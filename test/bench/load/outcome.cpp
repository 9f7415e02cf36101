#include "test/bench/load/outcome.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace citron::bench {
namespace {

using json = nlohmann::ordered_json;

double ms(std::uint64_t us)
{
    return static_cast<double>(us) / 1000;
}

json percentiles(const histogram& h)
{
    return {{"p50", ms(h.percentile(50))},
            {"p90", ms(h.percentile(90))},
            {"p99", ms(h.percentile(99))},
            {"p999", ms(h.percentile(99.9))},
            {"max", ms(h.highest())}};
}

double per(std::uint64_t amount, std::uint64_t of)
{
    return of == 0 ? 0 : static_cast<double>(amount) / static_cast<double>(of);
}

json figures(const step_outcome& s)
{
    json j = {{"rate", s.rate},
              {"seconds", s.seconds},
              {"sent", s.sent},
              {"unsent", s.unsent},
              {"accepted", s.accepted},
              {"unanswered", s.unanswered()},
              {"refused",
               {{"overloaded", s.refused_overloaded},
                {"unavailable", s.refused_unavailable},
                {"other", s.refused_other}}},
              {"expected", s.expected},
              {"delivered", s.delivered},
              {"lost", s.lost()},
              {"late", s.late},
              {"repeated", s.repeated},
              {"disordered", s.disordered},
              {"same_order", s.same_order},
              {"strays", s.strays},
              {"closed", s.closed},
              {"kicked", s.kicked},
              {"deliveries_per_second", s.deliveries_per_second()},
              {"latency_ms", percentiles(s.latency)},
              {"ack_ms", percentiles(s.answer)},
              {"generator_cpu_seconds", s.generator_cpu_seconds}};
    if (!s.cpu_us.empty()) {
        j["cpu_us_per_delivery"] = per(s.server_cpu_us(), s.delivered);
        for (const auto& [pid, us] : s.cpu_us)
            j["cpu_us"][std::to_string(pid)] = us;
    }
    return j;
}

std::string line(const step_outcome& s)
{
    return fmt::format(
        "{:>9.0f} msg/s {:>10.0f} deliveries/s  p50 {:>8.2f}  p99 {:>8.2f}  max {:>8.2f} ms  "
        "{:>6.2f} us/delivery  lost {} late {} repeated {} disordered {} refused {} unanswered {} unsent {} "
        "closed {}{}{}\n",
        s.rate, s.deliveries_per_second(), ms(s.latency.percentile(50)), ms(s.latency.percentile(99)),
        ms(s.latency.highest()), per(s.server_cpu_us(), s.delivered), s.lost(), s.late, s.repeated,
        s.disordered, s.refused(), s.unanswered(), s.unsent, s.closed, s.same_order ? "" : "  ORDER DIFFERS",
        s.sustained() ? "" : "  (not sustained)");
}

} // namespace

void step_outcome::add(const tally& t)
{
    sent += t.sent.get();
    accepted += t.accepted.get();
    unsent += t.unsent.get();
    refused_overloaded += t.refused_overloaded.get();
    refused_unavailable += t.refused_unavailable.get();
    refused_other += t.refused_other.get();
    delivered += t.delivered.get();
    late += t.late.get();
    repeated += t.repeated.get();
    disordered += t.disordered.get();
    strays += t.strays.get();
    closed += t.closed.get();
    kicked += t.kicked.get();
    latency.add(t.latency);
    answer.add(t.answer);
}

double step_outcome::deliveries_per_second() const
{
    return seconds > 0 ? static_cast<double>(delivered) / seconds : 0;
}

std::uint64_t step_outcome::server_cpu_us() const
{
    std::uint64_t sum = 0;
    for (const auto& [pid, us] : cpu_us)
        sum += us;
    return sum;
}

bool step_outcome::sustained() const
{
    constexpr std::uint64_t limit_us = 250'000;
    return latency.percentile(99) <= limit_us &&
           late + lost() + closed + refused() + unanswered() + unsent == 0;
}

std::string to_json(const plan& p, const outcome& o)
{
    json j = {{"workload", workload_names[static_cast<std::size_t>(p.what)]},
              {"dialect", p.dialect},
              {"rooms", p.rooms},
              {"members", p.members},
              {"payload", p.payload},
              {"joined", o.joined},
              {"join_refused", o.join_refused}};
    if (o.figure < o.steps.size())
        j.update(figures(o.steps[o.figure]));
    if (o.join_seconds > 0)
        j["joins_per_second"] = static_cast<double>(o.joined) / o.join_seconds;
    if (p.what == workload::idle) {
        j["rss_kib_per_connection"] = o.rss_kib_per_connection;
        j["cpu_us_per_connection_second"] = o.cpu_us_per_connection_second;
    }
    if (o.rss_kib_most > 0) {
        j["rss_kib_before"] = o.rss_kib_before;
        j["rss_kib_most"] = o.rss_kib_most;
    }
    for (const auto& s : o.steps) {
        auto step = figures(s);
        step["p99_ms"] = ms(s.latency.percentile(99));
        step["ok"] = s.sustained();
        j["steps"].push_back(std::move(step));
    }
    return j.dump(2) + "\n";
}

std::string describe(const plan& p, const outcome& o)
{
    auto text =
        fmt::format("{}: {} rooms x {} members, {} bytes; {} joined, {} refused, {:.0f} joins/s\n",
                    workload_names[static_cast<std::size_t>(p.what)], p.rooms, p.members, p.payload, o.joined,
                    o.join_refused, o.join_seconds > 0 ? static_cast<double>(o.joined) / o.join_seconds : 0);
    for (const auto& s : o.steps)
        text += line(s);
    if (p.what == workload::idle)
        text += fmt::format("{:.2f} KiB and {:.2f} us of CPU per second for each connection\n",
                            o.rss_kib_per_connection, o.cpu_us_per_connection_second);
    if (o.rss_kib_most > 0)
        text +=
            fmt::format("servers' memory: {} KiB before, {} KiB at most\n", o.rss_kib_before, o.rss_kib_most);
    return text;
}

} // namespace citron::bench
