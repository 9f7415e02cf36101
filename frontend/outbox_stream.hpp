// Beast's next layer: reads come from the socket, writes go into the session's outbox and are done at once.
//
// So what Beast answers to an upgrade goes the way of all our bytes, and one place writes to the socket.
#pragma once

#include "common/runtime/net.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <functional>
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
    using writer = std::function<void(std::string bytes)>;

    /// `write` queues bytes; it cannot fail. The socket outlives this.
    outbox_stream(net::ip::tcp::socket& socket, writer write) : socket_(&socket), write_(std::move(write)) {}

    [[nodiscard]] executor_type get_executor() { return socket_->get_executor(); }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        return socket_->async_read_some(buffers, std::forward<Token>(token));
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
    template <typename Handler>
    void complete(Handler handler, std::size_t size)
    {
        net::post(get_executor(), [done = std::move(handler), size]() mutable { done(error_code{}, size); });
    }

    net::ip::tcp::socket* socket_;
    writer write_;
};

} // namespace citron::frontend
