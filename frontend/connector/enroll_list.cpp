#include "frontend/connector/enroll_list.hpp"

namespace citron::frontend {
namespace {

using protocol::enrolled_room;
using member_maker = std::function<protocol::member(const place&)>;

constexpr std::size_t most_members = 1'000;     // of an entry
constexpr std::size_t part_bytes = 512U << 10U; // after which a part is full

std::vector<enrolled_room> describe(const room& r, const member_maker& member_of)
{
    std::vector<enrolled_room> entries{{.seen = r.seen, .members = {}, .joining = {}}};
    for (const auto* p : r.joining)
        entries.back().joining.push_back(p->client->id);
    for (const auto* p : r.members) {
        if (p->client->state == phase::closing)
            continue;
        if (entries.back().members.size() == most_members)
            entries.push_back({.seen = r.seen, .members = {}, .joining = {}});
        entries.back().members.push_back(member_of(*p));
    }
    return entries;
}

} // namespace

std::vector<protocol::enroll> enroll_list(const room_index& index, std::uint64_t generation,
                                          const member_maker& member_of)
{
    std::vector<protocol::enroll> parts{{.generation = generation, .first = true}};
    std::size_t size = 0;
    for (const auto& [rid, r] : index.rooms()) {
        for (const auto& entry : describe(*r, member_of)) {
            if (size > part_bytes) {
                parts.push_back({.generation = generation});
                size = 0;
            }
            auto& rooms = parts.back().rooms;
            rooms.push_back({rid, {protocol::pack(entry)}});
            size += rid.size() + rooms.back().room.data.size();
        }
    }
    parts.back().last = true;
    return parts;
}

} // namespace citron::frontend
