// What session tests on real sockets say and serve.
#pragma once

#include "common/protocol/package.hpp"
#include "frontend/session_service.hpp"

#include <string>

namespace citron::test {

inline const std::string hello =
    protocol::encode_package(protocol::package_type::handshake, R"({"sys":{"type":"test"}})");
inline const std::string ack = protocol::encode_package(protocol::package_type::handshake_ack, "");
inline const std::string heartbeat = protocol::encode_package(protocol::package_type::heartbeat, "");

/// Answers each request with its own body.
struct echo final : frontend::session_handler
{
    void on_request(frontend::session& s, const frontend::request& r, protocol::instant now) override
    {
        service->respond(s, r.id, r.body, r.body.size(), now);
    }
    void on_session_closed(frontend::session& /*s*/, protocol::instant /*now*/) override { ++closed; }

    frontend::session_service* service = nullptr;
    int closed = 0;
};

} // namespace citron::test
