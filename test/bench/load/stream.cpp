#include "test/bench/load/stream.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

namespace citron::bench {
namespace {

struct context_freed
{
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// Of this process, made when it is first needed: the workers are forked.
SSL_CTX* shared_context()
{
    static const std::unique_ptr<SSL_CTX, context_freed> context(SSL_CTX_new(TLS_client_method()));
    if (!context)
        throw std::bad_alloc();
    // What was not taken is offered again from another place; ten thousand idle connections keep no buffers.
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    return context.get();
}

} // namespace

stream::stream(stream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), tls_(std::move(other.tls_)),
      write_wants_to_read_(other.write_wants_to_read_)
{
}

bool stream::connect(const sockaddr_in& to, bool tls)
{
    constexpr int on = 1;
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls) {
        tls_.reset(SSL_new(shared_context()));
        if (!tls_ || SSL_set_fd(tls_.get(), fd_) != 1)
            throw std::bad_alloc();
        SSL_set_connect_state(tls_.get());
    }
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS;
}

void stream::close()
{
    tls_.reset();
    if (fd_ >= 0)
        ::close(std::exchange(fd_, -1));
}

/// All the records that are there, as far as they fit: messages share a turn, as they do without TLS.
std::ptrdiff_t stream::read(std::span<char> into)
{
    if (!tls_)
        return recv(fd_, into.data(), into.size(), 0);
    std::size_t size = 0;
    while (size < into.size()) {
        std::size_t some = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(tls_.get(), into.data() + size, into.size() - size, &some);
        if (result != 1)
            return size > 0 ? static_cast<std::ptrdiff_t>(size) : failure(result);
        size += some;
    }
    return static_cast<std::ptrdiff_t>(size);
}

std::ptrdiff_t stream::write(std::string_view bytes)
{
    if (!tls_)
        return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    write_wants_to_read_ = false;
    if (bytes.empty())
        return 0;
    std::size_t size = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &size);
    if (result == 1)
        return static_cast<std::ptrdiff_t>(size);
    write_wants_to_read_ = SSL_get_error(tls_.get(), result) == SSL_ERROR_WANT_READ;
    return failure(result);
}

std::ptrdiff_t stream::failure(int result) const
{
    const int error = SSL_get_error(tls_.get(), result);
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

} // namespace citron::bench
