// Beast's next layer: reads are those of the connection, which may decrypt; writes go into the session's
// outbox and are done at once.
//
// So what Beast answers to an upgrade goes the way of all our bytes, and one place writes to the socket.
#pragma once

#include "common/runtime/net.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <span>
#include <string>
#include <utility>

namespace boost::beast {
enum class role_type; // no header of ours includes Beast
}

namespace citron::frontend {

/// An AsyncStream as Beast's websocket::stream and HTTP functions want it.
class outbox_stream
{
public:
    using executor_type = net::ip::tcp::socket::executor_type;
    using error_code = boost::system::error_code;
    using reader = std::function<std::size_t(std::span<char> into, error_code& failed)>;
    using writer = std::function<void(std::string bytes)>;

    /// `read` never waits: it fails with would_block until the socket has something. `write` queues bytes; it
    /// cannot fail. The socket outlives this.
    outbox_stream(net::ip::tcp::socket& socket, reader read, writer write)
        : socket_(&socket), read_(std::move(read)), write_(std::move(write))
    {
    }

    void write(std::string bytes) { write_(std::move(bytes)); }
    [[nodiscard]] executor_type get_executor() { return socket_->get_executor(); }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        const net::mutable_buffer into = *net::buffer_sequence_begin(buffers);
        return net::async_compose<Token, void(error_code, std::size_t)>(reading{socket_, read_, into}, token,
                                                                        *socket_);
    }

    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        return net::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, const Buffers& from) {
                std::string bytes(net::buffer_size(from), '\0');
                const auto size = net::buffer_copy(net::buffer(bytes), from);
                write_(std::move(bytes));
                complete(std::move(handler), size);
            },
            token, buffers);
    }

    friend void beast_close_socket(outbox_stream& s)
    {
        error_code ignored;
        s.socket_->close(ignored);
    }

    // The last frames are still to be flushed; the connection ends the socket itself.
    template <typename Handler>
    friend void async_teardown(boost::beast::role_type /*role*/, outbox_stream& s, Handler&& handler)
    {
        net::post(s.get_executor(),
                  [done = std::forward<Handler>(handler)]() mutable { done(error_code{}); });
    }

private:
    /// What is there may be there already, decrypted: so it is tried before the socket is waited for.
    struct reading
    {
        template <typename Self>
        void operator()(Self& self, error_code failed = {})
        {
            if (!std::exchange(begun, true)) // nothing completes within the call that begins it
                return net::post(socket->get_executor(), std::move(self));
            const std::span<char> room(static_cast<char*>(into.data()), into.size());
            const auto size = failed ? 0 : read(room, failed);
            if (failed == net::error::would_block)
                return socket->async_wait(net::ip::tcp::socket::wait_read, std::move(self));
            self.complete(failed, size);
        }

        net::ip::tcp::socket* socket;
        reader read;
        net::mutable_buffer into;
        bool begun = false;
    };

    template <typename Handler>
    void complete(Handler handler, std::size_t size)
    {
        net::post(get_executor(), [done = std::move(handler), size]() mutable { done(error_code{}, size); });
    }

    net::ip::tcp::socket* socket_;
    reader read_;
    writer write_;
};

} // namespace citron::frontend
