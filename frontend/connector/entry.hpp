// PURE. What a client says when it enters or joins a room, and what it reads then.
#pragma once

#include "common/protocol/contract.hpp"
#include "common/protocol/json.hpp"
#include "frontend/connector/resume_key.hpp"
#include "frontend/identity/grant.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace citron::frontend {

struct entry
{
    std::string user, rid;
    bool resume = false; ///< the client named the last message it has
    std::string epoch;
    std::uint64_t offset = 0;
    resume_key key;                               ///< empty: none given
    std::string token;                            ///< "" : none given
    std::shared_ptr<const frontend::grant> grant; ///< what the token says, once it is checked
};

/// Reads {username?, rid, since?:{epoch, offset}, resumeKey?, token?}. bad_request: a rid or username that is
/// no name, or another key of a wrong shape. A missing username stays "".
[[nodiscard]] protocol::result<entry> parse_entry(const protocol::json& body);

/// {users, rid, epoch, offset, resumeKey}, and for one who named a position also {recovered, messages}.
[[nodiscard]] std::string entry_answer(const protocol::added& a, const entry& wanted, const resume_key& key);

} // namespace citron::frontend
