// PURE. Where the broker listens, and by which ways its peers reach it.
#pragma once

#include "common/runtime/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace citron::cluster {

/// "tcp://127.0.0.1:5550"; port 0: any free one.
[[nodiscard]] std::string tcp_endpoint(const std::string& host, std::uint16_t port);

/// The same port of the broker within its host: "ipc://@citron-127.0.0.1-5550". The @ means Linux' abstract
/// names: no file, hence none that is left behind; known in the network namespace, as a port is.
[[nodiscard]] std::string ipc_endpoint(const std::string& host, std::uint16_t port);

[[nodiscard]] bool listens_on_ipc(runtime::transport via);

/// One way to the broker.
struct link_endpoints
{
    std::string requests;   ///< "tcp://127.0.0.1:5550"
    std::string broadcasts; ///< "tcp://127.0.0.1:5551"; used by connectors only

    bool operator==(const link_endpoints&) const = default;
};

/// Where the broker's host is, seen from here.
enum class place
{
    this_host,
    another,
};

/// The ways to the broker, best first. Further ones are for a broker that does not listen on the first: one
/// whose conf differs, or that is behind a forwarded port.
[[nodiscard]] std::vector<link_endpoints> ways_to(const runtime::broker_config& broker, place where);

} // namespace citron::cluster
