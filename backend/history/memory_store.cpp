#include "backend/history/memory_store.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace citron::backend {

using protocol::errc;
using protocol::message;

namespace {

std::size_t size_of(const message& m)
{
    return m.push.data.size() + m.name.size();
}

} // namespace

memory_store::memory_store(memory_options options, protocol::counters& counters)
    : options_(options), stored_(counters.at("store.stored")), repeats_(counters.at("store.repeats")),
      trimmed_(counters.at("store.trimmed")), refused_(counters.at("store.refused"))
{
}

void memory_store::complete()
{
    carried_out_.clear();      // what a call that threw has left is not done twice
    carried_out_.swap(asked_); // what comes of it asks for more, which waits for the next call
    for (auto& one : carried_out_)
        one();
    carried_out_.clear();
}

void memory_store::submit(std::vector<append> batch, std::function<void(std::vector<append_outcome>)> done)
{
    asked_.emplace_back([this, batch = std::move(batch), done = std::move(done)]() mutable {
        std::vector<append_outcome> outcomes;
        outcomes.reserve(batch.size());
        for (auto& one : batch)
            outcomes.push_back(put(one));
        bound_total();
        done(std::move(outcomes));
    });
}

append_outcome memory_store::put(append& a)
{
    const auto found = rings_.find(a.rid);
    if (found == rings_.end() || found->second.at.term != a.term) {
        ++refused_;
        return {.code = errc::moved};
    }
    auto& r = found->second;
    if (const auto first = a.cid.empty() ? r.cids.end() : r.cids.find(a.cid); first != r.cids.end()) {
        ++repeats_;
        return {.offset = first->second.offset, .time = first->second.time, .repeat = true};
    }
    if (a.what == append::kind::name) {
        push_name(a.rid, r, std::move(a.cid), a.time);
        return {.time = a.time};
    }
    if (a.what != append::kind::message)
        return {.time = a.time};
    ++stored_;
    const auto offset = ++r.at.offset;
    push(a.rid, r, {offset, a.time, {stamped(a.chat, offset, r.at.epoch, a.time)}, std::move(a.cid)});
    return {.offset = offset, .time = a.time};
}

void memory_store::push(const std::string& rid, ring& r, message m)
{
    grown(rid, r, size_of(m));
    if (!m.name.empty())
        r.cids.insert_or_assign(m.name, known{m.offset, m.time});
    r.messages.push_back(std::move(m));
    while (r.messages.size() > 1 &&
           (r.messages.size() > options_.room_messages || r.bytes > options_.room_bytes))
        drop_front(r);
}

/// As many as messages, within the same bytes.
void memory_store::push_name(const std::string& rid, ring& r, std::string cid, std::uint64_t time)
{
    grown(rid, r, cid.size());
    r.cids.insert_or_assign(cid, known{0, time});
    r.names.push_back(std::move(cid));
    while (r.names.size() > 1 && (r.names.size() > options_.room_messages || r.bytes > options_.room_bytes))
        drop_name(r);
}

void memory_store::grown(const std::string& rid, ring& r, std::size_t bytes)
{
    r.bytes += bytes;
    total_ += bytes;
    if (r.age == written_.end())
        r.age = written_.insert(written_.end(), rid);
    else
        written_.splice(written_.end(), written_, r.age);
}

void memory_store::shrunk(ring& r, std::size_t bytes)
{
    r.bytes -= bytes;
    total_ -= bytes;
}

void memory_store::drop_front(ring& r)
{
    shrunk(r, size_of(r.messages.front()));
    if (const auto& name = r.messages.front().name; !name.empty())
        r.cids.erase(name);
    r.messages.pop_front();
    ++trimmed_;
}

void memory_store::drop_name(ring& r)
{
    shrunk(r, r.names.front().size());
    r.cids.erase(r.names.front());
    r.names.pop_front();
}

void memory_store::bound_total()
{
    while (total_ > options_.total_bytes && !written_.empty())
        empty(rings_.at(written_.front()));
}

/// Its head stays.
void memory_store::empty(ring& r)
{
    while (!r.names.empty())
        drop_name(r);
    while (!r.messages.empty())
        drop_front(r);
    if (r.age != written_.end())
        written_.erase(std::exchange(r.age, written_.end()));
}

memory_store::ring& memory_store::open_ring(const std::string& rid)
{
    const auto [found, added] = rings_.try_emplace(rid);
    if (added)
        found->second.age = written_.end();
    return found->second;
}

void memory_store::take_over(std::vector<opening> rooms, std::function<void(std::vector<opened>)> done)
{
    asked_.emplace_back([this, rooms = std::move(rooms), done = std::move(done)] {
        std::vector<opened> all;
        all.reserve(rooms.size());
        for (const auto& room : rooms)
            all.push_back(raise(room));
        done(std::move(all));
    });
}

store::opened memory_store::raise(const opening& o)
{
    auto& r = open_ring(o.rid);
    // A later owner existed and its messages died with it: ours are not the sequence that members saw.
    const bool stale = r.at.epoch.empty() || r.at.term < o.term_above;
    if (stale) {
        empty(r);
        r.at = {.term = 0, .rev = 0, .epoch = o.fresh_epoch, .offset = 0};
    }
    r.at.term = std::max({r.at.term, o.term_above, o.floor}) + 1;
    r.at.rev = 0;
    return {r.at, r.messages.empty() ? 0 : r.messages.back().time};
}

void memory_store::read_before(std::string rid, std::uint64_t offset, page_limit limit,
                               std::function<void(page)> done)
{
    asked_.emplace_back([this, rid = std::move(rid), offset, limit, done = std::move(done)] {
        const auto found = rings_.find(rid);
        done(found == rings_.end() ? page{} : before(found->second, offset, limit));
    });
}

void memory_store::read_after(std::string rid, std::uint64_t offset, page_limit limit,
                              std::function<void(page)> done)
{
    asked_.emplace_back([this, rid = std::move(rid), offset, limit, done = std::move(done)] {
        const auto found = rings_.find(rid);
        done(found == rings_.end() ? page{} : after(found->second, offset, limit));
    });
}

page memory_store::before(const ring& r, std::uint64_t offset, page_limit limit) const
{
    const auto end =
        offset == 0 ? r.messages.end() : std::ranges::lower_bound(r.messages, offset, {}, &message::offset);
    auto begin = end;
    std::size_t bytes = 0;
    page p;
    while (begin != r.messages.begin()) {
        const auto previous = std::prev(begin);
        bytes += previous->push.data.size();
        if (static_cast<std::size_t>(end - begin) == limit.count || (begin != end && bytes > limit.bytes))
            break;
        begin = previous;
    }
    p.messages.assign(begin, end);
    p.more = begin != r.messages.begin();
    return p;
}

page memory_store::after(const ring& r, std::uint64_t offset, page_limit limit) const
{
    const auto begin = std::ranges::upper_bound(r.messages, offset, {}, &message::offset);
    auto end = begin;
    std::size_t bytes = 0;
    page p;
    for (; end != r.messages.end() && p.messages.size() < limit.count; ++end) {
        bytes += end->push.data.size();
        if (end != begin && bytes > limit.bytes)
            break;
        p.messages.push_back(*end);
    }
    p.more = end != r.messages.end();
    p.trimmed = offset < r.at.offset && (begin == r.messages.end() || begin->offset != offset + 1);
    return p;
}

store::content memory_store::extract(std::string_view rid)
{
    const auto found = rings_.find(std::string(rid));
    if (found == rings_.end())
        return {};
    auto& r = found->second;
    content c{r.at, {}};
    c.messages.reserve(r.names.size() + r.messages.size());
    for (auto& name : r.names)
        c.messages.push_back({.time = r.cids.at(name).time, .push = {}, .name = std::move(name)});
    std::ranges::move(r.messages, std::back_inserter(c.messages));
    total_ -= r.bytes;
    if (r.age != written_.end())
        written_.erase(r.age);
    rings_.erase(found);
    return c;
}

void memory_store::adopt(std::string_view rid, content c)
{
    const std::string name(rid);
    const auto found = rings_.find(name);
    if (found != rings_.end() && found->second.at.term >= c.at.term)
        return;
    (void)extract(rid); // an older copy of ours: the newer one replaces it whole
    auto& r = open_ring(name);
    r.at = c.at;
    for (auto& m : c.messages)
        m.offset == 0 ? push_name(name, r, std::move(m.name), m.time) : push(name, r, std::move(m));
    bound_total();
}

std::vector<std::string> memory_store::rooms() const
{
    std::vector<std::string> all;
    all.reserve(rings_.size());
    for (const auto& [rid, r] : rings_)
        all.push_back(rid);
    return all;
}

} // namespace citron::backend
