#include "test/sim/scenario.hpp"

namespace citron::sim {

std::string_view name_of(scenario s)
{
    switch (s) {
    case scenario::moves:
        return "moves";
    case scenario::chat_kills:
        return "chat_kills";
    case scenario::rolling:
        return "rolling";
    case scenario::connector_kill:
        return "connector_kill";
    case scenario::broker_restart:
        return "broker_restart";
    case scenario::links:
        return "links";
    case scenario::moves_and_links:
        return "moves_and_links";
    case scenario::silence:
        return "silence";
    case scenario::freezes:
        return "freezes";
    case scenario::partitions:
        return "partitions";
    case scenario::disk:
        return "disk";
    case scenario::scrambled:
        return "scrambled";
    case scenario::clocks:
        return "clocks";
    case scenario::mix:
        return "mix";
    }
    return "?";
}

std::optional<scenario> scenario_named(std::string_view name)
{
    for (const auto s : all_scenarios)
        if (name_of(s) == name)
            return s;
    return std::nullopt;
}

scenario scenario_of(std::uint64_t seed)
{
    return all_scenarios[seed % all_scenarios.size()];
}

bool durable_in(std::uint64_t seed, scenario s)
{
    return s == scenario::disk || seed / all_scenarios.size() % 3 != 0;
}

bool guarded_in(std::uint64_t seed)
{
    return seed / all_scenarios.size() % 4 == 3;
}

excuses excuses_of(scenario s, bool durable)
{
    constexpr milliseconds patience{10'000}; // the request timeout of conf/chat.json
    switch (s) {
    case scenario::moves:
    case scenario::rolling: // rooms go in parts of 2 KiB by streams of up to 20 ms, twice when two moves meet
        return {.answer_within = milliseconds(3000)};
    case scenario::scrambled:
        return {.lost_signals = true, .answer_within = patience};
    case scenario::disk:
        return {.refusals = true, .answer_within = patience};
    case scenario::clocks:
    case scenario::chat_kills:
        return {.epochs = !durable, .lost_signals = true, .answer_within = milliseconds(4000)};
    case scenario::connector_kill:
        return {.lost_whispers = true, .answer_within = patience};
    case scenario::broker_restart:
    case scenario::moves_and_links:
        return {.lost_signals = true, .lost_whispers = true, .answer_within = patience};
    case scenario::links:
        return {.lost_signals = true, .answer_within = patience};
    case scenario::silence:
    case scenario::freezes:
    case scenario::partitions:
    case scenario::mix:
        return {.epochs = !durable, .kicks = true, .refusals = true, .answer_within = patience};
    }
    return {};
}

} // namespace citron::sim
