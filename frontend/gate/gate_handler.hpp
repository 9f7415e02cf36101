// PURE. The gate's only service: which connector is mine?
#pragma once

#include "common/protocol/contract.hpp"
#include "common/protocol/errc.hpp"

#include <string>
#include <string_view>

namespace citron::frontend {

class gate_handler
{
public:
    static constexpr std::string_view query_entry_route = "gate.gateHandler.queryEntry";

    /// {uid} -> {"code":200,"host","port","tls"?} of the connector that the user's hash chooses among those
    /// in `v` that live and do not drain: the same one while that set stands. bad_request: no uid;
    /// unavailable: no connector.
    [[nodiscard]] static protocol::result<std::string> query_entry(std::string_view body,
                                                                   const protocol::view& v);
};

} // namespace citron::frontend
