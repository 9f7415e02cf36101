#include "backend/handovers.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace citron::backend {

using protocol::handover;

namespace {

constexpr std::size_t small =
    128; ///< roughly what the fields of a member or an answer take beside their texts

std::size_t size_of(const protocol::message& m)
{
    return m.push.data.size() + small;
}

std::size_t size_of(const protocol::member& m)
{
    return m.user.size() + m.connector.size() + m.key.size() + small;
}

std::size_t size_of(const std::string& session)
{
    return session.size() + small;
}

std::size_t size_of(const handover::answered& a)
{
    return a.sender.size() + a.body.data.size() + small;
}

/// Moves the cursor on as far as `room` bytes allow, one element at least if nothing is packed yet.
template <typename T>
void fill(std::vector<T>& to, const auto& from, std::size_t& cursor, std::size_t& packed, std::size_t room)
{
    auto next = std::next(from.begin(), static_cast<std::ptrdiff_t>(cursor));
    for (; next != from.end() && (packed == 0 || packed + size_of(*next) <= room); ++next, ++cursor) {
        packed += size_of(*next);
        to.push_back(*next);
    }
}

} // namespace

handovers::handovers(handover_options options, cluster::rpc& rpc, protocol::counters& counters)
    : options_(options), rpc_(rpc), parts_(counters.at("handover.parts")),
      repeats_(counters.at("handover.repeats"))
{
}

void handovers::add(const std::string& rid, room_baggage baggage, std::uint64_t generation)
{
    auto& p = rooms_[rid];
    untaken_ += p.series == 0 || p.taken ? 1 : 0;
    p = {.baggage = std::move(baggage), .generation = generation};
    begin_series(rid, p);
}

void handovers::begin_series(const std::string& rid, parcel& p)
{
    p.series = next_series_++;
    p.part = 0;
    p.messages = p.members = p.answers = p.away = 0;
    p.sent = false;
    (p.baggage.members.empty() ? resting_ : queue_).push_back(rid);
}

void handovers::pump(instant now)
{
    while (in_flight_ < options_.window_bytes && now >= paused_until_) {
        auto& next = queue_.empty() ? resting_ : queue_;
        if (next.empty())
            return;
        const auto found = rooms_.find(next.front());
        if (found == rooms_.end() || found->second.sent)
            next.pop_front();
        else
            send_part(found->first, found->second, now);
    }
}

handover handovers::pack(parcel& p, instant now) const
{
    const auto& b = p.baggage;
    handover part{.generation = p.generation, .series = p.series, .part = p.part++};
    std::size_t packed = 0;
    fill(part.messages, b.messages, p.messages, packed, options_.part_bytes);
    fill(part.members, b.members, p.members, packed, options_.part_bytes);
    fill(part.answers, b.answers, p.answers, packed, options_.part_bytes);
    fill(part.away, b.away, p.away, packed, options_.part_bytes);
    part.last = p.messages == b.messages.size() && p.members == b.members.size() &&
                p.answers == b.answers.size() && p.away == b.away.size();
    if (!part.last)
        return part;
    part.at = b.at;
    part.time = b.time;
    part.replaced.assign(b.replaced.begin(), b.replaced.end());
    for (const auto& [life, until] : b.absent) {
        const auto left = std::max(std::chrono::ceil<milliseconds>(until - now), milliseconds::zero());
        part.absent.push_back({life, static_cast<std::uint64_t>(left.count())});
    }
    return part;
}

void handovers::send_part(const std::string& rid, parcel& p, instant now)
{
    const auto part = pack(p, now);
    p.sent = part.last;
    ++parts_;
    const auto body = protocol::pack(part);
    const auto size = body.size() + options_.part_overhead;
    in_flight_ += size;
    rpc_.call_room(rid, handover::route, body, now + options_.try_for,
                   [this, rid, series = p.series, size, last = part.last](
                       const cluster::answer& a, instant at) { on_answer(rid, series, size, last, a, at); });
}

void handovers::on_answer(const std::string& rid, std::uint64_t series, std::size_t size, bool last,
                          const cluster::answer& a, instant now)
{
    in_flight_ -= size;
    const auto found = rooms_.find(rid);
    if (found == rooms_.end() || found->second.series != series || found->second.taken)
        return;
    auto& p = found->second;
    const bool arrived = a.who == cluster::speaker::addressee && a.code == errc::ok;
    if (!arrived) {
        ++repeats_;
        paused_until_ = now + options_.retry;
        return begin_series(rid, p);
    }
    if (last) {
        p.taken = true;
        --untaken_;
    }
}

std::map<std::string, room_baggage> handovers::take_back()
{
    std::map<std::string, room_baggage> all;
    for (auto& [rid, p] : rooms_)
        all.emplace(rid, std::move(p.baggage));
    clear();
    return all;
}

void handovers::clear()
{
    rooms_.clear();
    queue_.clear();
    resting_.clear();
    untaken_ = 0;
}

} // namespace citron::backend
