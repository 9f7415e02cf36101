#include "frontend/drain.hpp"

#include <algorithm>

namespace citron::frontend {
namespace {

constexpr milliseconds least_spread{1'000};

} // namespace

drain::step drain::next(const scene& s, instant now)
{
    step decided;
    if (!started_) {
        if (!s.announced && now - begun_ < options_.announced)
            return decided;
        started_ = now;
        all_ = s.clients.size();
    }
    decided.close_door = true;
    choose(s, now);
    for (const auto& one : s.clients)
        if (const auto turn = leave_.find(one.id);
            turn != leave_.end() && (!one.waiting || now - turn->second >= options_.answers))
            decided.tell.push_back(one.id);
    if (!told_ && decided.tell.size() == s.clients.size())
        told_ = now;
    if (!s.elsewhere || options_.span.count() == 0)
        decided.spread = std::max(least_spread, at_pace());
    decided.over = told_ && (s.connections == 0 || now - *told_ >= options_.goodbye);
    return decided;
}

/// The first ones, so that no more stay than may.
void drain::choose(const scene& s, instant now)
{
    const auto staying = [this](const scene::client& one) { return !leave_.contains(one.id); };
    auto left = static_cast<std::size_t>(std::ranges::count_if(s.clients, staying));
    const auto most = may_stay(s, now);
    for (auto one = s.clients.begin(); left > most; ++one)
        left -= leave_.emplace(one->id, now).second ? 1 : 0;
}

/// How long all of them take that way.
milliseconds drain::at_pace() const
{
    return milliseconds(1'000 * all_ / options_.per_second);
}

/// So many need not go yet.
std::size_t drain::may_stay(const scene& s, instant now) const
{
    const auto span = std::min(options_.span, at_pace());
    const auto passed = std::chrono::duration_cast<milliseconds>(now - started_.value_or(now));
    if (!s.elsewhere || passed >= span)
        return 0;
    return all_ * static_cast<std::size_t>((span - passed).count()) / static_cast<std::size_t>(span.count());
}

drain::scene look_around(const cluster::peer& line, session_service& sessions, std::size_t connections)
{
    drain::scene s{.announced = !line.up(), .connections = connections};
    for (const auto& server : line.view().servers) {
        if (server.id == line.self().id)
            s.announced = s.announced || server.draining;
        else
            s.elsewhere = s.elsewhere || (server.kind == line.self().kind && !server.draining);
    }
    s.announced = s.announced || !line.view().find(line.self().id);
    s.elsewhere = s.elsewhere && line.up();
    sessions.visit([&](const session& one) {
        s.clients.push_back({one.id, one.in_flight > 0 && line.up()});
    });
    std::ranges::sort(s.clients, {}, &drain::scene::client::id);
    return s;
}

} // namespace citron::frontend
