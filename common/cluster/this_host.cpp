#include "common/cluster/this_host.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace citron::cluster {
namespace {

class descriptor
{
public:
    explicit descriptor(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
    ~descriptor()
    {
        if (fd_ >= 0)
            (void)::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

using addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

addresses addresses_of(const std::string& host)
{
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0)
        found = nullptr;
    return {found, ::freeaddrinfo};
}

bool leads_back(const addrinfo& one)
{
    constexpr std::uint32_t net = 127; // 127.0.0.0/8
    if (one.ai_family == AF_INET)
        return ntohl(reinterpret_cast<const sockaddr_in*>(one.ai_addr)->sin_addr.s_addr) >> 24U == net;
    return one.ai_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(one.ai_addr)->sin6_addr);
}

} // namespace

bool is_loopback(const std::string& host)
{
    const auto found = addresses_of(host);
    for (const auto* one = found.get(); one; one = one->ai_next)
        if (!leads_back(*one))
            return false;
    return found != nullptr;
}

bool is_this_host(const std::string& host)
{
    const auto found = addresses_of(host);
    for (const auto* one = found.get(); one; one = one->ai_next) {
        const descriptor probe(one->ai_family);
        if (probe.get() >= 0 && ::bind(probe.get(), one->ai_addr, one->ai_addrlen) == 0) // port 0: any
            return true;
    }
    return false;
}

bool may_answer(const std::string& endpoint)
{
    constexpr std::string_view scheme = "ipc://@";
    if (!endpoint.starts_with(scheme))
        return true;
    const auto name = endpoint.substr(scheme.size());
    sockaddr_un address{};
    if (name.size() >= sizeof address.sun_path)
        return false;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size()); // behind a NUL: abstract
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const descriptor probe(AF_UNIX);
    if (probe.get() < 0 || ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0)
        return true;
    return errno != ECONNREFUSED; // a full queue, say, belongs to somebody
}

} // namespace citron::cluster
