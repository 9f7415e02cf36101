// PURE. Whose call with a large answer goes next: few at a time are on their way to each owner, one of each
// client, and clients take turns.
//
// Such a call is a hundred bytes and its answer up to a megabyte, which lies in the owner, in the broker and
// on the way between them until we have read it. This is what bounds it, whatever clients ask for.
#pragma once

#include "common/protocol/types.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace citron::frontend {

class page_turns
{
public:
    using call_id = std::uint64_t;
    using session_id = protocol::session_id;

    /// A call that may be on its way, until end().
    struct turn
    {
        call_id call = 0;
        session_id client = 0;
        std::string owner;
        std::uint64_t round = 0;
    };

    /// `at_once`: to one owner; at least 1.
    explicit page_turns(std::size_t at_once) : at_once_(at_once) {}

    /// It waits, behind what this client has asked for before.
    void ask(const std::string& owner, session_id client, call_id call);
    /// The next one that may go; nullopt: none may now.
    [[nodiscard]] std::optional<turn> next();
    /// It was answered, or will not be.
    void end(const turn& t);
    /// This client is gone: nothing that it has asked for goes any more, and it asks no more.
    void drop(session_id client);
    /// Forgets all that wait and all that are on their way, whose end() changes nothing any more: owners have
    /// changed.
    void begin_anew();

private:
    struct lane
    {
        std::map<session_id, std::deque<call_id>> waiting; ///< none is empty
        std::deque<session_id> queue; ///< who has calls waiting and none on its way, or was dropped meanwhile
        std::set<session_id> served;  ///< who has one on its way
    };

    [[nodiscard]] std::optional<turn> next(const std::string& owner, lane& l) const;

    std::size_t at_once_;
    std::map<std::string, lane> lanes_; ///< by owner
    std::uint64_t round_ = 0;
};

} // namespace citron::frontend
