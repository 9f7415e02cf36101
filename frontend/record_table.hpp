// PURE. Records about strangers by name: kept while somebody holds them, and after that until they say
// nothing any more, or room is needed.
#pragma once

#include "common/protocol/types.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

namespace citron::frontend {

/// `Record` is default-constructed, and is forgotten once idle(now). A map: no stranger chooses names that
/// collide.
template <typename Key, typename Record>
class record_table
{
public:
    struct entry : Record
    {
        std::size_t holders = 0;
        bool queued = false; ///< for being forgotten
    };
    using handle = std::pair<const Key, entry>*; ///< valid while it is held

    /// At most `most` records, unless more than that are held.
    explicit record_table(std::size_t most) : most_(most) {}

    [[nodiscard]] handle hold(const Key& key)
    {
        const auto known = entries_.find(key);
        if (known == entries_.end())
            make_room();
        auto& found = known == entries_.end() ? *entries_.emplace(key, entry{}).first : *known;
        ++found.second.holders;
        return &found;
    }
    /// The handle is dead.
    void let_go(handle one)
    {
        if (--one->second.holders == 0 && !std::exchange(one->second.queued, true))
            idle_.push_back(one->first);
    }
    /// Now and then: each idle record is looked at once.
    void sweep(protocol::instant now)
    {
        for (auto left = idle_.size(); left > 0; --left) {
            auto key = std::move(idle_.front());
            idle_.pop_front();
            const auto one = entries_.find(key);
            if (one->second.holders > 0)
                one->second.queued = false;
            else if (one->second.idle(now))
                entries_.erase(one);
            else
                idle_.push_back(std::move(key));
        }
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    /// The one that has been idle for longest goes, whatever it says.
    void make_room()
    {
        while (entries_.size() >= most_ && !idle_.empty()) {
            const auto one = entries_.find(idle_.front());
            idle_.pop_front();
            if (one->second.holders > 0)
                one->second.queued = false;
            else
                entries_.erase(one);
        }
    }

    std::size_t most_;
    std::map<Key, entry> entries_;
    std::deque<Key> idle_; ///< in the order in which they were let go; each once
};

} // namespace citron::frontend
