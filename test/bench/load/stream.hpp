// The bytes of one member's connection: by TCP, or by TLS on it.
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace citron::bench {

/// Never waits. A load generator asks no server who it is: certificates are not verified.
class stream
{
public:
    stream() = default;
    ~stream() { close(); }
    stream(stream&& other) noexcept;
    stream& operator=(stream&&) = delete;

    /// Begins to connect. False: refused at once.
    [[nodiscard]] bool connect(const sockaddr_in& to, bool tls);
    void close();
    [[nodiscard]] bool open() const { return fd_ >= 0; }
    [[nodiscard]] int fd() const { return fd_; }

    /// As recv() and send(): what was read or written, 0 at the end, -1 with errno.
    [[nodiscard]] std::ptrdiff_t read(std::span<char> into);
    [[nodiscard]] std::ptrdiff_t write(std::string_view bytes);
    /// What write() did not take waits for the server's part of the handshake, not for room in the socket.
    [[nodiscard]] bool write_wants_to_read() const { return write_wants_to_read_; }

private:
    struct freed
    {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    /// What recv() would have said.
    [[nodiscard]] std::ptrdiff_t failure(int result) const;

    int fd_ = -1;
    std::unique_ptr<SSL, freed> tls_;
    bool write_wants_to_read_ = false;
};

} // namespace citron::bench
