// PURE. Connectors that fell silent, by life, and how long their members stay.
#pragma once

#include "common/protocol/contract.hpp"

#include <functional>
#include <map>
#include <optional>

namespace citron::backend {

class absences
{
public:
    using life = protocol::incarnation;
    using instant = protocol::instant;

    /// Its members stay until then, or until an earlier time that was noted before.
    void note(const life& who, instant until);
    /// Those of them who are back after all.
    void forget(const std::function<bool(const life&)>& back);
    /// True when the time of somebody has run out since the last call. Ends are remembered for a while, for
    /// rooms that open late.
    [[nodiscard]] bool run_out(instant now);
    /// The time of this one is over.
    [[nodiscard]] bool over(const life& who, instant now) const;
    [[nodiscard]] std::optional<instant> until(const life& who) const;
    void clear() { known_.clear(); }

private:
    struct absence
    {
        instant until;
        bool told = false;
    };
    std::map<life, absence> known_;
};

} // namespace citron::backend
