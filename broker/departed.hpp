// PURE. Who was declared dead lately: one who finds itself here starts empty. Bounded in number and time.
#pragma once

#include "common/protocol/contract.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace citron::broker {

using protocol::incarnation;
using protocol::instant;
using protocol::milliseconds;

class departed
{
public:
    departed(milliseconds keep, std::size_t limit) : keep_(keep), limit_(limit) {}

    /// The oldest are forgotten beyond the limits, but only when somebody is added: a mere passing of time is
    /// no change of the view.
    void add(const incarnation& who, instant now);
    /// What the views say that peers have reported; replaces what was imported before.
    void import(const std::vector<incarnation>& reported, instant now);
    void remove(const incarnation& who);

    [[nodiscard]] bool contains(const incarnation& who) const;
    [[nodiscard]] std::vector<incarnation> list() const; ///< oldest first

private:
    struct entry
    {
        incarnation who;
        instant when;
        bool imported = false;
    };
    void append(entry e);

    milliseconds keep_;
    std::size_t limit_;
    std::deque<entry> entries_;
};

} // namespace citron::broker
