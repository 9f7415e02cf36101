#include "common/cluster/this_host.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
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

} // namespace

bool is_this_host(const std::string& host)
{
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0)
        return false;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    for (const auto* one = found; one; one = one->ai_next) {
        const descriptor probe(one->ai_family);
        if (::bind(probe.get(), one->ai_addr, one->ai_addrlen) == 0) // port 0: any
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
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0)
        return true;
    return errno != ECONNREFUSED; // a full queue, say, belongs to somebody
}

} // namespace citron::cluster
