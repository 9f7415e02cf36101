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
    options.self.tls = start.self.secure();
    options.seed = random_number();
    options.pid = static_cast<std::uint64_t>(getpid());
    return options;
}

std::string needs_keys(const std::string& host)
{
    return host + " is no loopback address, so \"keys\" is needed beside it (citron keygen makes them)";
}

namespace {

std::vector<link_endpoints> endpoints_of(const runtime::config& conf)
{
    const auto& broker = conf.broker;
    const bool by_tcp = broker.via != runtime::transport::ipc;
    if (by_tcp && broker.keys.empty() && !is_loopback(broker.host))
        throw runtime::config_error((conf.conf_dir / "servers.json").string() + ": " + conf.environment +
                                    ".broker.host: " + needs_keys(broker.host));
    return ways_to(broker, is_this_host(broker.host) ? place::this_host : place::another);
}

key_source keys_of(const runtime::startup& start)
{
    if (start.conf.broker.keys.empty())
        return {};
    key_source read = [folder = start.conf.broker.keys, role = protocol::name_of(start.self.kind)] {
        return read_link_keys(folder, role);
    };
    (void)read(); // whatever is wrong is told now
    return read;
}

} // namespace

way_in way_in_of(const runtime::startup& start)
{
    return {endpoints_of(start.conf), keys_of(start)};
}

} // namespace citron::cluster
