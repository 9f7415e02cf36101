#include "frontend/connector/room_index.hpp"

#include "common/protocol/json.hpp"

#include <algorithm>
#include <utility>

namespace citron::frontend {

place::whisper_fate place::note_whisper(std::string_view from, std::uint64_t number, instant now)
{
    constexpr std::size_t most = 1024, few = 256;
    constexpr std::chrono::seconds repeated{10};   // an owner does it for 8 s
    constexpr std::chrono::minutes remembered{10}; // a sender may do it by its cid
    if (std::ranges::any_of(whispers, [&](const whisper& w) { return w.number == number && w.from == from; }))
        return whisper_fate::repeat;
    const auto age = [&] { return now - whispers.front().shown; };
    while (!whispers.empty() && (age() > remembered || (whispers.size() >= few && age() > repeated)))
        whispers.pop_front();
    if (whispers.size() >= most)
        return whisper_fate::later;
    whispers.push_back({std::string(from), number, now});
    return whisper_fate::show;
}

void left_whispers::keep(place& p)
{
    constexpr std::size_t most = 8;
    if (p.whispers.empty())
        return;
    rooms_.emplace_back(p.in->rid, std::move(p.whispers));
    if (rooms_.size() > most)
        rooms_.pop_front();
}

void left_whispers::restore(place& p)
{
    const auto left = std::ranges::find(rooms_, p.in->rid, &decltype(rooms_)::value_type::first);
    if (left == rooms_.end())
        return;
    p.whispers = std::move(left->second);
    rooms_.erase(left);
}

void room::forget_recent()
{
    recent.clear();
    recent_bytes = 0;
    recent_from = seen;
}

place& room_index::add(session& client, const std::string& rid, std::string user)
{
    auto& slot = rooms_[rid];
    if (!slot) {
        slot = std::make_unique<room>();
        slot->rid = rid;
    }
    if (slot->joining.empty())
        slot->forget_recent();
    auto& p = *places_[client.id].emplace_back(std::make_unique<place>());
    p.client = &client;
    p.in = slot.get();
    p.user = std::move(user);
    p.serial = ++serial_;
    slot->joining.push_back(&p);
    told_bytes_ += told_bytes(p);
    return p;
}

std::size_t room_index::told_bytes(const place& p)
{
    constexpr std::size_t numbers_and_keys = 176;
    return numbers_and_keys + p.user.size() + p.in->rid.size();
}

void room_index::admit(place& p)
{
    p.joining = false;
    std::erase(p.in->joining, &p);
    p.in->members.push_back(&p);
}

void room_index::remove(place& p)
{
    room& r = *p.in;
    told_bytes_ -= told_bytes(p);
    std::erase(p.joining ? r.joining : r.members, &p);
    r.ahead.erase(&p);
    if (r.joining.empty())
        r.forget_recent();
    auto& mine = places_[p.client->id];
    const auto client = p.client->id;
    std::erase_if(mine, [&p](const auto& one) { return one.get() == &p; });
    if (mine.empty())
        places_.erase(client);
    if (r.members.empty() && r.joining.empty())
        rooms_.erase(std::string(r.rid)); // a copy: the key dies with the room
}

room* room_index::find(const std::string& rid)
{
    const auto found = rooms_.find(rid);
    return found == rooms_.end() ? nullptr : found->second.get();
}

place* room_index::find(session_id client, std::string_view rid) const
{
    for (const auto& p : places(client))
        if (p->in->rid == rid)
            return p.get();
    return nullptr;
}

place* room_index::find(session_id client, std::uint64_t serial) const
{
    for (const auto& p : places(client))
        if (p->serial == serial)
            return p.get();
    return nullptr;
}

place* room_index::sender(session_id client, room_calls::call_id send) const
{
    const auto is_this = [send](const auto& sent) { return sent.second == send; };
    for (const auto& p : places(client))
        if (std::ranges::any_of(p->sends, is_this))
            return p.get();
    return nullptr;
}

protocol::result<place*> room_index::meant(session_id client, std::string_view body) const
{
    const auto all = places(client);
    const auto joined = [](const auto& p) { return !p->joining; };
    const auto first = std::ranges::find_if(all, joined);
    if (first == all.end())
        return std::unexpected(errc::not_entered);
    if (std::none_of(std::next(first), all.end(), joined))
        return first->get(); // the owner compares the rid that the body may name
    const auto parsed = protocol::parse_body(body);
    const auto rid = parsed ? protocol::text_at(*parsed, "rid") : std::string{};
    if (rid.empty())
        return std::unexpected(errc::bad_request);
    place* named = find(client, std::string_view(rid));
    if (!named || named->joining)
        return std::unexpected(errc::not_entered);
    return named;
}

std::span<const std::unique_ptr<place>> room_index::places(session_id client) const
{
    const auto mine = places_.find(client);
    return mine == places_.end() ? std::span<const std::unique_ptr<place>>() : mine->second;
}

} // namespace citron::frontend
