#include "backend/absences.hpp"

#include <algorithm>
#include <utility>

namespace citron::backend {

void absences::note(const life& who, instant until)
{
    const auto [known, added] = known_.try_emplace(who, absence{until});
    known->second.until = std::min(known->second.until, until);
}

void absences::forget(const std::function<bool(const life&)>& back)
{
    std::erase_if(known_, [&back](const auto& entry) { return back(entry.first); });
}

bool absences::run_out(instant now)
{
    constexpr std::chrono::minutes remembered{1};
    std::erase_if(known_, [&](const auto& entry) { return entry.second.until + remembered < now; });
    bool any = false;
    for (auto& [who, one] : known_)
        if (one.until <= now)
            any = !std::exchange(one.told, true) || any;
    return any;
}

bool absences::over(const life& who, instant now) const
{
    const auto known = known_.find(who);
    return known != known_.end() && known->second.until <= now;
}

std::optional<absences::instant> absences::until(const life& who) const
{
    const auto known = known_.find(who);
    return known == known_.end() ? std::nullopt : std::optional(known->second.until);
}

} // namespace citron::backend
