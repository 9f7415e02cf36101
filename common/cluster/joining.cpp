#include "common/cluster/joining.hpp"

#include "common/cluster/this_host.hpp"

#include <unistd.h>

#include <chrono>
#include <random>

namespace citron::cluster {

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

std::vector<link_endpoints> endpoints_of(const runtime::broker_config& broker)
{
    return ways_to(broker, is_this_host(broker.host) ? place::this_host : place::another);
}

} // namespace citron::cluster
