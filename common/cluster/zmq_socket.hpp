// A ZeroMQ socket with all its options set, and calls that no signal disturbs. For zmq_stream only.
#pragma once

#include "common/cluster/zmq_stream.hpp"

#include <zmq.hpp>

#include <cstdint>
#include <string>

namespace citron::cluster {

struct zmq_context::native
{
    zmq::context_t context{1};
    std::uint64_t monitors = 0; ///< so far: each needs an endpoint of its own
};

/// Options are fixed before bind and connect: most apply to later ones only.
[[nodiscard]] zmq::socket_t make_socket(zmq::context_t& context, socket_role role,
                                        const std::string& identity);

/// Before bind: by CURVE alone, and only for whom the context's ZAP handler lets through this door. Nobody
/// gets in while there is no handler.
void guard_socket(zmq::socket_t& socket, const std::string& secret, const std::string& door);
/// Before connect: by CURVE, to whoever has `broker_key`.
void identify_socket(zmq::socket_t& socket, const curve_identity& us, const std::string& broker_key);

/// Throw runtime::config_error: "endpoint: what is wrong".
void bind_socket(zmq::socket_t& socket, const std::string& endpoint);
void connect_socket(zmq::socket_t& socket, const std::string& endpoint);

/// ZMQ_EVENTS. Also lets libzmq digest what its I/O thread has told it: full queues with room again, new
/// connections.
[[nodiscard]] int events_of(zmq::socket_t& socket);

/// Receives or sends one frame without waiting; false: see errno.
[[nodiscard]] bool take(zmq::socket_t& socket, zmq::message_t& part);
[[nodiscard]] bool put(zmq::socket_t& socket, zmq::message_t& part, int flags);

} // namespace citron::cluster
