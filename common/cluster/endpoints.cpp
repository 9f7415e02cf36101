#include "common/cluster/endpoints.hpp"

#include <fmt/format.h>

#include <string_view>

namespace citron::cluster {
namespace {

using runtime::transport;

#ifdef __linux__
constexpr bool has_abstract_names = true;
#else
constexpr bool has_abstract_names = false;
#endif

} // namespace

std::string tcp_endpoint(const std::string& host, std::uint16_t port)
{
    const bool ipv6 = host.find(':') != std::string::npos;
    return fmt::format("tcp://{}:{}", ipv6 ? "[" + host + "]" : host, port == 0 ? "*" : std::to_string(port));
}

std::string ipc_endpoint(const std::string& host, std::uint16_t port)
{
    constexpr std::size_t longest = 80; // the whole name is limited to 107 characters
    const auto name = host == "localhost" ? std::string("127.0.0.1") : host.substr(0, longest);
    return fmt::format("ipc://@citron-{}-{}", name, port);
}

bool listens_on_ipc(transport via)
{
    return has_abstract_names && via != transport::tcp;
}

std::vector<link_endpoints> ways_to(const runtime::broker_config& broker, place where)
{
    const link_endpoints tcp{tcp_endpoint(broker.host, broker.port),
                             tcp_endpoint(broker.host, broker.pub_port)};
    const link_endpoints ipc{ipc_endpoint(broker.host, broker.port),
                             ipc_endpoint(broker.host, broker.pub_port)};
    if (!listens_on_ipc(broker.via))
        return {tcp};
    if (broker.via == transport::ipc)
        return {ipc};
    return where == place::this_host ? std::vector{ipc, tcp} : std::vector{tcp};
}

} // namespace citron::cluster
