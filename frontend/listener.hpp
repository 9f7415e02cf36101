// TCP connections come in here: the accept loop, and the HTTP server of www/.
#pragma once

#include "common/protocol/counters.hpp"
#include "common/runtime/net.hpp"
#include "frontend/web_root.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace citron::frontend {

class tls_identity;

struct listen_address
{
    std::string host;       ///< an address, or a name that resolves to one
    std::uint16_t port = 0; ///< 0: any free one
    std::string conf_key;   ///< who asks for it: "gate-server-1: clientPort"
};

class listener
{
public:
    using taker = std::function<void(net::ip::tcp::socket)>;

    /// Listens at once. Throws runtime::config_error "KEY: cannot listen on HOST:PORT: Address already in
    /// use".
    listener(net::io_context& loop, const listen_address& where, protocol::counters& counters, taker take);
    ~listener(); ///< stop()
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    /// Accepts from now on. Out of descriptors or memory, it waits a moment before it tries again.
    void start();
    /// No connection is taken any more.
    void stop();
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    struct state;
    static net::awaitable<void> accept_loop(std::shared_ptr<state> s);

    std::shared_ptr<state> state_; ///< shared with the accept loop
    std::uint16_t port_ = 0;
};

/// Serves `root` to whoever is handed to take(). Requests and answers are bounded in size and time.
class web_server
{
public:
    static constexpr std::size_t max_connections = 256;
    static constexpr std::chrono::seconds patience{
        10}; ///< for a request, for its answer, and between two requests

    /// With `tls`, which outlives this, by https alone.
    web_server(web_root root, const tls_identity* tls, protocol::counters& counters);
    ~web_server(); ///< stop()
    web_server(const web_server&) = delete;
    web_server& operator=(const web_server&) = delete;

    /// With max_connections open, the one that has been longest is closed.
    void take(net::ip::tcp::socket socket);
    /// Closes all connections.
    void stop();

private:
    struct state;
    void make_room();
    static net::awaitable<void> serve(std::shared_ptr<state> s, net::ip::tcp::socket socket);
    std::shared_ptr<state> state_; ///< shared with the connections' coroutines
};

} // namespace citron::frontend
