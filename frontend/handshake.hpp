// PURE. The Pomelo handshake: what the server tells about heartbeats and compressed routes.
#pragma once

#include "common/protocol/frame.hpp"
#include "common/protocol/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace citron::frontend {

class handshake
{
public:
    /// `routes` are numbered from 1 in sorted order; without any, no dictionary is announced.
    handshake(protocol::milliseconds heartbeat, std::vector<std::string> routes);

    /// The answer (a whole WebSocket frame) to a client's handshake body: without the dictionary when the
    /// client names our dictVersion. Nothing when the body is no JSON object with a truthy `sys`: see
    /// refusal().
    [[nodiscard]] std::optional<protocol::frame> answer(std::string_view body) const;
    /// {"code":500}, after which the connection is closed.
    [[nodiscard]] const protocol::frame& refusal() const { return refusal_; }

    /// The route that a client compressed; nullptr: no such code.
    [[nodiscard]] const std::string* route_of(std::uint16_t code) const;
    [[nodiscard]] const std::string& version() const { return version_; }

private:
    std::vector<std::string> routes_; ///< sorted; the code is the index plus one
    std::string version_;             ///< base64(md5(JSON of the dictionary)), as Pomelo computes it
    protocol::frame full_, brief_, refusal_;
};

} // namespace citron::frontend
