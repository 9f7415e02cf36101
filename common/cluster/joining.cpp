#include "common/cluster/joining.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <random>

namespace citron::cluster {
namespace {

std::string tcp_endpoint(const std::string& host, std::uint16_t port)
{
    const bool ipv6 = host.find(':') != std::string::npos;
    return ipv6 ? fmt::format("tcp://[{}]:{}", host, port) : fmt::format("tcp://{}:{}", host, port);
}

} // namespace

std::uint64_t wall_clock()
{
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<protocol::milliseconds>(since_1970).count());
}

std::uint64_t random_number()
{
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32U | device();
}

peer_options peer_options_of(const runtime::startup& start)
{
    peer_options options;
    options.self.id = start.self.id;
    options.self.kind = static_cast<std::uint8_t>(start.self.kind);
    options.self.boot = random_number();
    options.seed = random_number();
    options.pid = static_cast<std::uint64_t>(getpid());
    return options;
}

link_endpoints endpoints_of(const runtime::broker_config& broker)
{
    return {tcp_endpoint(broker.host, broker.port), tcp_endpoint(broker.host, broker.pub_port)};
}

} // namespace citron::cluster
