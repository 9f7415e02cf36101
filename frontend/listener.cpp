#include "frontend/listener.hpp"

#include "common/runtime/config.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"
#include "frontend/tls_identity.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/impl/src.hpp> // Asio's TLS, compiled once (BOOST_ASIO_SEPARATE_COMPILATION)
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/src.hpp> // Beast itself, compiled once (BOOST_BEAST_SEPARATE_COMPILATION)
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <list>

namespace citron::frontend {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using tcp = net::ip::tcp;

constexpr int backlog = 4096; // a whole cluster's clients may come at once after a restart
constexpr std::chrono::milliseconds breath{100};
constexpr std::size_t header_limit = 8U << 10U;
constexpr std::chrono::seconds goodbye{2}; // for the last words of TLS

tcp::endpoint resolve(net::io_context& loop, const listen_address& where, error_code& failed)
{
    const auto address = net::ip::make_address(where.host, failed);
    if (!failed)
        return {address, where.port};
    tcp::resolver resolver(loop);
    const auto found = resolver.resolve(where.host, std::to_string(where.port), failed);
    return failed ? tcp::endpoint() : found.begin()->endpoint();
}

void open(tcp::acceptor& acceptor, const tcp::endpoint& where, error_code& failed)
{
    acceptor.open(where.protocol(), failed);
    if (!failed)
        acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed)
        acceptor.bind(where, failed);
    if (!failed)
        acceptor.listen(backlog, failed);
}

} // namespace

// ---- accept loop

struct listener::state
{
    state(net::io_context& loop, protocol::counters& counters, taker t)
        : acceptor(loop), timer(loop), take(std::move(t)), accepted(counters.at("listener.accepted")),
          failures(counters.at("listener.failures"))
    {
    }

    tcp::acceptor acceptor;
    net::steady_timer timer;
    taker take;
    bool stopped = false;
    std::uint64_t &accepted, &failures;
};

listener::listener(net::io_context& loop, const listen_address& where, protocol::counters& counters,
                   taker take)
    : state_(std::make_shared<state>(loop, counters, std::move(take)))
{
    error_code failed;
    const auto endpoint = resolve(loop, where, failed);
    if (!failed)
        open(state_->acceptor, endpoint, failed);
    if (failed)
        throw runtime::config_error(fmt::format("{}: cannot listen on {}:{}: {}", where.conf_key, where.host,
                                                where.port, failed.message()));
    port_ = state_->acceptor.local_endpoint().port();
}

listener::~listener()
{
    stop();
}

void listener::start()
{
    runtime::spawn(state_->acceptor.get_executor(), "accept", accept_loop(state_));
}

void listener::stop()
{
    error_code ignored;
    state_->stopped = true;
    state_->acceptor.close(ignored);
    state_->timer.cancel();
}

net::awaitable<void> listener::accept_loop(std::shared_ptr<state> s)
{
    while (!s->stopped) {
        error_code failed;
        auto socket = co_await s->acceptor.async_accept(net::redirect_error(net::use_awaitable, failed));
        if (s->stopped)
            co_return;
        if (!failed) {
            ++s->accepted;
            runtime::guard("accept", [&] { s->take(std::move(socket)); }); // what it throws costs one client
            continue;
        }
        if (failed == net::error::connection_aborted)
            continue;
        if (s->failures++ % 100 == 0) // one line in ten seconds
            runtime::log::warn("accept.failed what={}", failed.message());
        s->timer.expires_after(breath);
        co_await s->timer.async_wait(net::redirect_error(net::use_awaitable, failed));
    }
}

// ---- HTTP

struct web_server::state
{
    state(web_root r, const tls_identity* t, protocol::counters& counters)
        : root(std::move(r)), tls(t), requests(counters.at("http.requests")),
          crowded_out(counters.at("http.crowded_out"))
    {
    }

    web_root root;
    const tls_identity* tls;            ///< nullptr: plain
    std::list<beast::tcp_stream*> open; ///< each owned by its coroutine; the longest here first
    std::uint64_t &requests, &crowded_out;
};

namespace {

using request_parser = http::request_parser<http::empty_body>;
using response = http::response<http::string_body>;

response make_response(web_answer a, std::string_view policy, bool head, bool keep_alive)
{
    response r(static_cast<http::status>(a.status), 11);
    r.set(http::field::content_type, beast::string_view(a.type.data(), a.type.size()));
    r.set(http::field::cache_control, beast::string_view(a.cache.data(), a.cache.size()));
    r.set("X-Content-Type-Options", "nosniff");
    r.set("Content-Security-Policy", beast::string_view(policy.data(), policy.size()));
    r.set("Cross-Origin-Resource-Policy", "same-origin");
    r.set("Referrer-Policy", "no-referrer");
    if (!a.etag.empty())
        r.set(http::field::etag, a.etag);
    if (a.allow)
        r.set(http::field::allow, "GET, HEAD");
    r.keep_alive(keep_alive);
    if (a.status != 304)
        r.content_length(a.body.size());
    if (!head)
        r.body() = std::move(a.body);
    return r;
}

/// A stream is among the open ones for as long as this lives, whatever its coroutine throws; unless it was
/// crowded out.
struct open_place
{
    open_place(std::list<beast::tcp_stream*>& all, beast::tcp_stream& s) : open(all), stream(s)
    {
        open.push_back(&stream);
    }
    ~open_place() { open.remove(&stream); }
    open_place(const open_place&) = delete;
    open_place& operator=(const open_place&) = delete;

    std::list<beast::tcp_stream*>& open;
    beast::tcp_stream& stream;
};

std::string_view text(beast::string_view from)
{
    return {from.data(), from.size()};
}

/// One request and its answer; `stream` is `socket` or the TLS above it. False: the connection ends.
template <typename Stream>
net::awaitable<bool> serve_one(Stream& stream, beast::tcp_stream& socket, beast::flat_buffer& buffer,
                               const web_root& root, std::string_view policy)
{
    error_code failed;
    request_parser parser;
    parser.header_limit(header_limit);
    parser.body_limit(0);
    socket.expires_after(web_server::patience);
    co_await http::async_read(stream, buffer, parser, net::redirect_error(net::use_awaitable, failed));
    const auto& http_errors = make_error_code(http::error::end_of_stream).category();
    if (failed == http::error::end_of_stream || (failed && failed.category() != http_errors))
        co_return false;

    const bool keep_alive = !failed && parser.get().keep_alive();
    const auto& asked = parser.get();
    web_answer answer{.status = 400, .body = "bad request\n"};
    if (!failed)
        answer = root.answer(
            {text(asked.method_string()), text(asked.target()), text(asked[http::field::if_none_match])});
    auto reply = make_response(std::move(answer), policy, asked.method() == http::verb::head, keep_alive);
    socket.expires_after(web_server::patience);
    co_await http::async_write(stream, reply, net::redirect_error(net::use_awaitable, failed));
    co_return keep_alive && !failed;
}

/// Who has not shaken hands is told so, in plain text if that is what it speaks.
net::awaitable<void> refuse_tls(const tls_identity& tls, beast::tcp_stream& socket, error_code failed)
{
    const auto error = static_cast<unsigned long>(failed.value());
    const bool said = failed.category() == net::error::get_ssl_category();
    const bool plain = said && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST;
    if (said)
        tls.count_failed(plain);
    if (!plain)
        co_return;
    socket.expires_after(web_server::patience);
    const auto answer = net::buffer(plain_http_answer);
    co_await net::async_write(socket, answer, net::redirect_error(net::use_awaitable, failed));
}

net::awaitable<void> serve_secure(const tls_identity& tls, beast::tcp_stream& socket, const web_root& root,
                                  std::uint64_t& requests)
{
    error_code failed;
    SSL_CTX_up_ref(tls.context()); // Asio's context owns what it is given
    net::ssl::context context(tls.context());
    net::ssl::stream<beast::tcp_stream&> stream(socket, context);
    socket.expires_after(web_server::patience);
    co_await stream.async_handshake(net::ssl::stream_base::server,
                                    net::redirect_error(net::use_awaitable, failed));
    if (failed)
        co_return co_await refuse_tls(tls, socket, failed);
    tls.count_handshake();
    beast::flat_buffer buffer(2 * header_limit);
    while (co_await serve_one(stream, socket, buffer, root, content_security_policy(true)))
        ++requests;
    socket.expires_after(goodbye);
    co_await stream.async_shutdown(net::redirect_error(net::use_awaitable, failed));
}

} // namespace

web_server::web_server(web_root root, const tls_identity* tls, protocol::counters& counters)
    : state_(std::make_shared<state>(std::move(root), tls, counters))
{
}

web_server::~web_server()
{
    stop();
}

net::awaitable<void> web_server::serve(std::shared_ptr<state> s, tcp::socket socket)
{
    beast::tcp_stream stream(std::move(socket));
    const open_place here(s->open, stream);
    if (s->tls) {
        co_await serve_secure(*s->tls, stream, s->root, s->requests);
    } else {
        beast::flat_buffer buffer(2 * header_limit);
        while (co_await serve_one(stream, stream, buffer, s->root, content_security_policy(false)))
            ++s->requests;
    }
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

void web_server::take(tcp::socket socket)
{
    make_room();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto executor = socket.get_executor();
    runtime::spawn(executor, "http", serve(state_, std::move(socket)));
}

/// A page takes milliseconds to load: who has been here longest waits for nothing, or wants to keep others
/// out.
void web_server::make_room()
{
    auto& open = state_->open;
    if (open.size() < max_connections)
        return;
    ++state_->crowded_out;
    open.front()->close(); // its coroutine ends in a later turn
    open.pop_front();
}

void web_server::stop()
{
    for (auto* stream : state_->open)
        stream->close();
}

} // namespace citron::frontend
