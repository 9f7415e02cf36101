#include "broker/admission.hpp"

#include "common/cluster/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace citron::broker {
namespace {

// Where the frames of a question stand.
constexpr std::size_t version = 0, request = 1, domain = 2, address = 3, mechanism = 5, credentials = 6;
constexpr std::size_t max_told = 1000; // refusals that are remembered as logged

} // namespace

bool may_enter(std::string_view where, std::string_view role)
{
    if (where == door::broadcasts)
        return role == cluster::role_of(protocol::server_kind::connector);
    if (where == door::tap)
        return role == cluster::role_of(protocol::server_kind::tool);
    return where == door::requests && std::ranges::count(cluster::peer_roles, role) > 0;
}

admission::verdict admission::judge(std::string_view where, std::string_view mechanism_name,
                                    std::span<const std::string_view> shown) const
{
    if (mechanism_name != "CURVE")
        return {.refusal = "no_curve"};
    const auto known = shown.size() == 1 ? keys_.find(shown.front()) : keys_.end();
    if (known == keys_.end())
        return {.refusal = "unknown_key"};
    if (!may_enter(where, known->second))
        return {.refusal = "wrong_socket"};
    return {.role = known->second};
}

std::vector<std::string> admission::answer(std::span<const std::string_view> question)
{
    const bool sound = question.size() >= credentials && question[version] == "1.0";
    const auto id = question.size() > request ? std::string(question[request]) : std::string();
    const auto [role, refusal] =
        sound ? judge(question[domain], question[mechanism], question.subspan(credentials))
              : verdict{.refusal = "bad_question"};
    ++counters_.at(refusal.empty() ? fmt::format("broker.admitted.{}", role)
                                   : fmt::format("broker.denied.{}", refusal));
    if (refusal.empty())
        return {"1.0", id, "200", "", std::string(role), ""};
    if (sound)
        note(question[address], question[domain], refusal);
    return {"1.0", id, sound ? "400" : "500", std::string(refusal), "", ""};
}

void admission::note(std::string_view from, std::string_view where, std::string_view refusal)
{
    auto line = fmt::format("peer.denied socket={} reason={} address={}", where, refusal, from);
    if (told_.size() < max_told && told_.insert(line).second)
        notes_.push_back(std::move(line));
}

} // namespace citron::broker
