#include "test/bench/load/referee.hpp"

#include <algorithm>

namespace citron::bench {
namespace {

constexpr std::uint64_t late_us = 3'000'000;
constexpr std::uint64_t odd_factor = 0x9E3779B97F4A7C15U; // 2^64 / golden ratio: spreads the bits

} // namespace

void referee::on_joined(talk& t)
{
    auto& m = static_cast<member&>(t);
    if (m.at == stage::joining) {
        m.at = stage::in;
        count_.joined.add();
    }
}

void referee::on_join_refused(talk& t, std::string_view /*reason*/)
{
    static_cast<member&>(t).at = stage::gone;
    count_.join_refused.add();
}

void referee::on_delivery(talk& t, std::string_view body)
{
    auto& m = static_cast<member&>(t);
    const auto said = markers_.find(body);
    if (!said)
        return;
    m.digest = (m.digest ^ (std::uint64_t{said->sender} << 32U | said->seq)) * odd_factor;
    if (m.last_seq.size() <= said->sender)
        m.last_seq.resize(said->sender + 1);
    auto& last = m.last_seq[said->sender];
    if (said->seq == last)
        count_.repeated.add();
    else if (said->seq < last)
        count_.disordered.add();
    else
        last = said->seq;
    if (said->step != (step_ & 0xFFFFU))
        return count_.strays.add();
    const auto us = us_since(said->due_ns);
    count_.delivered.add();
    count_.latency.record(us);
    if (us > late_us)
        count_.late.add();
}

void referee::on_answer(talk& t, std::uint32_t id, bool accepted, std::string_view reason)
{
    auto& open = static_cast<member&>(t).unanswered;
    const auto found = std::ranges::find(open, id, &member::open_send::id);
    if (found == open.end())
        return;
    const auto asked = *found;
    open.erase(found);
    if (asked.step != step_)
        return; // the step that sent it is over, and has counted it as unanswered
    if (accepted) {
        count_.accepted.add();
        count_.answer.record(us_since(asked.due_ns));
    } else if (reason == "overloaded") {
        count_.refused_overloaded.add();
    } else if (reason == "unavailable" || reason == "timeout") {
        count_.refused_unavailable.add();
    } else {
        count_.refused_other.add();
    }
}

void referee::on_kick(talk& /*t*/, std::string_view /*reason*/)
{
    count_.kicked.add();
}

std::string referee::next_content(member& m, std::uint64_t due_ns, std::size_t size) const
{
    return content_of({step_ & 0xFFFFU, m.seat, ++m.said, due_ns}, size);
}

void referee::on_sent(member& m, std::uint32_t id, std::uint64_t due_ns, bool will_be_answered)
{
    count_.sent.add();
    if (will_be_answered)
        m.unanswered.push_back({id, step_, due_ns});
    else
        count_.accepted.add();
}

std::uint64_t referee::us_since(std::uint64_t due_ns) const
{
    return now_ > due_ns ? (now_ - due_ns) / 1000 : 0;
}

} // namespace citron::bench
