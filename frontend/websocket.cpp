#include "frontend/websocket.hpp"

#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"
#include "frontend/outbox_stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <chrono>
#include <deque>
#include <unordered_map>

namespace citron::frontend {

class connection;

struct connection_table
{
    connection_table(session_service& service, websocket_options o, protocol::counters& counters,
                     std::function<void()> on_turn)
        : sessions(service), options(o), turn(std::move(on_turn)),
          upgraded(counters.at("websocket.upgraded")), not_upgraded(counters.at("websocket.not_upgraded")),
          messages(counters.at("websocket.messages")), writes(counters.at("websocket.writes")),
          bytes(counters.at("websocket.bytes_written")), blocked(counters.at("websocket.blocked")),
          cut(counters.at("websocket.cut"))
    {
    }

    session_service& sessions;
    websocket_options options;
    std::function<void()> turn;
    std::unordered_map<session_id, std::shared_ptr<connection>> connections;
    std::deque<std::pair<instant, session_id>> closing; ///< in order: all linger equally long
    bool abandoned = false; ///< the references above and below are dead; coroutines must end
    std::uint64_t &upgraded, &not_upgraded, &messages, &writes, &bytes, &blocked, &cut;
};

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using tcp = net::ip::tcp;

constexpr std::size_t header_limit = 16U << 10U; ///< browsers send all cookies of the host along
constexpr std::size_t small_read = 512;          ///< what an idle connection holds; chat messages fit
constexpr std::size_t large_read = 64U << 10U;   ///< at most this much at once of a long message
constexpr std::size_t gathered = 64;             ///< iovecs per writev: what Asio passes on

instant clock_now()
{
    return std::chrono::steady_clock::now();
}

} // namespace

/// One socket. Lives in the table until its coroutine has ended; so does its session.
class connection : public std::enable_shared_from_this<connection>
{
public:
    connection(std::shared_ptr<connection_table> table, tcp::socket socket, session& s)
        : table_(std::move(table)), session_(&s), id_(s.id),
          ws_(outbox_stream(std::move(socket), [this](std::string bytes) { queue(std::move(bytes)); }))
    {
        ws_.read_message_max(table_->options.max_message);
        ws_.control_callback([this](auto, auto) { heard(); });
    }

    net::awaitable<void> run()
    {
        const auto alive = shared_from_this();
        if (co_await upgrade())
            co_await read_loop();
        flush();
        if (!gone() && session_->state == phase::closing)
            co_await wait_for_peer();
        forget();
    }

    void flush();
    void cut();

private:
    [[nodiscard]] bool gone() const { return !session_ || table_->abandoned; }
    enum class progress
    {
        done,
        blocked,
        failed
    };

    [[nodiscard]] tcp::socket& socket() { return ws_.next_layer().socket(); }
    net::awaitable<bool> upgrade();
    net::awaitable<void> decline(http::status status);
    net::awaitable<void> read_loop();
    net::awaitable<void> wait_for_peer();
    void forget();
    void heard() { session_->heard = clock_now(); }
    void queue(std::string bytes);

    [[nodiscard]] progress write();
    net::awaitable<void> write_when_possible();
    void last_bytes();

    std::shared_ptr<connection_table> table_;
    session* session_; ///< nullptr after forget()
    session_id id_;
    beast::websocket::stream<outbox_stream, false> ws_;
    bool upgraded_ = false;
    bool blocked_ = false; ///< a coroutine waits for the socket to take more
    bool ending_ = false;  ///< seen closing: the linger time runs
};

// ---- reading

net::awaitable<bool> connection::upgrade()
{
    error_code failed;
    beast::flat_buffer buffer(header_limit);
    http::request_parser<http::empty_body> parser;
    parser.header_limit(header_limit);
    co_await http::async_read_header(ws_.next_layer(), buffer, parser,
                                     net::redirect_error(net::use_awaitable, failed));
    if (gone())
        co_return false;
    if (failed || !beast::websocket::is_upgrade(parser.get())) {
        ++table_->not_upgraded;
        const auto& http_errors = make_error_code(http::error::end_of_stream).category();
        if (!failed)
            co_await decline(http::status::upgrade_required);
        else if (failed != http::error::end_of_stream && failed.category() == http_errors)
            co_await decline(http::status::bad_request);
        co_return false;
    }
    ws_.next_layer().put_back(beast::buffers_to_string(buffer.data()));
    co_await ws_.async_accept(parser.get(), net::redirect_error(net::use_awaitable, failed));
    if (gone())
        co_return false;
    upgraded_ = !failed;
    ++(upgraded_ ? table_->upgraded : table_->not_upgraded);
    heard();
    co_return upgraded_;
}

net::awaitable<void> connection::decline(http::status status)
{
    http::response<http::string_body> answer(status, 11);
    answer.set(http::field::connection, "close");
    answer.set(http::field::content_type, "text/plain");
    if (status == http::status::upgrade_required)
        answer.set(http::field::upgrade, "websocket");
    answer.body() = "this port speaks WebSocket\n";
    answer.prepare_payload();
    error_code ignored; // into the outbox: it cannot fail
    co_await http::async_write(ws_.next_layer(), answer, net::redirect_error(net::use_awaitable, ignored));
}

net::awaitable<void> connection::read_loop()
{
    std::string message;
    for (;;) {
        const auto have = message.size();
        const auto room = have == 0 ? small_read : std::min(std::max(have, std::size_t{4096}), large_read);
        message.resize(have + room);
        const auto into = net::buffer(message.data() + have, room);
        error_code failed;
        const auto size = co_await ws_.async_read_some(into, net::redirect_error(net::use_awaitable, failed));
        if (failed || gone())
            co_return;
        message.resize(have + size);
        heard();
        if (!ws_.is_message_done())
            continue;
        ++table_->messages;
        table_->sessions.on_message(id_, message, clock_now());
        table_->turn();
        message.clear();
        if (message.capacity() > 2 * small_read)
            message.shrink_to_fit();
    }
}

// A socket that is closed while bytes of the peer wait unread resets the connection, and our last words are
// lost. So the peer's bytes are read until it closes too, or the linger time is over.
net::awaitable<void> connection::wait_for_peer()
{
    std::array<char, small_read> ignored{};
    const auto into = net::buffer(ignored);
    for (error_code failed; !failed && socket().is_open();)
        co_await socket().async_read_some(into, net::redirect_error(net::use_awaitable, failed));
}

void connection::forget()
{
    cut();
    if (gone())
        return;
    session_ = nullptr;
    table_->sessions.on_gone(id_, clock_now());
    table_->turn(); // rooms may have to be told
    table_->connections.erase(id_);
}

// ---- writing

/// What Beast itself has to say.
void connection::queue(std::string bytes)
{
    if (gone())
        return;
    table_->sessions.on_control(id_, std::move(bytes), clock_now());
    table_->turn();
}

void connection::flush()
{
    if (gone() || !socket().is_open())
        return;
    if (session_->state == phase::closing && !std::exchange(ending_, true))
        table_->closing.emplace_back(clock_now() + table_->options.linger, id_);
    if (ending_ && !upgraded_) // kick and close frames mean nothing to whoever has not upgraded
        return cut();
    if (blocked_)
        return;
    const auto result = write();
    if (result == progress::blocked) {
        ++table_->blocked;
        blocked_ = true;
        runtime::spawn(socket().get_executor(), "websocket.write", write_when_possible());
    }
    if (result == progress::done)
        last_bytes();
}

connection::progress connection::write()
{
    std::array<std::string_view, gathered> parts;
    std::array<net::const_buffer, gathered> buffers;
    while (const auto count = session_->out.gather(parts)) {
        for (std::size_t i = 0; i < count; ++i)
            buffers[i] = net::buffer(parts[i]);
        error_code failed;
        const auto size = socket().write_some(std::span(buffers.data(), count), failed);
        ++table_->writes;
        if (failed == net::error::would_block)
            return progress::blocked;
        if (failed) {
            session_->out.clear();
            cut(); // the reader notices
            return progress::failed;
        }
        table_->bytes += size;
        session_->out.consume(size);
    }
    return progress::done;
}

net::awaitable<void> connection::write_when_possible()
{
    const auto alive = shared_from_this();
    progress result = progress::blocked;
    while (result == progress::blocked) {
        error_code failed;
        co_await socket().async_wait(tcp::socket::wait_write,
                                     net::redirect_error(net::use_awaitable, failed));
        result = failed || gone() ? progress::failed : write();
    }
    blocked_ = false;
    if (result == progress::done)
        last_bytes();
}

// Nothing follows the close frame: say so to the peer's TCP as well, so that it need not wait.
void connection::last_bytes()
{
    error_code ignored;
    if (ending_)
        socket().shutdown(tcp::socket::shutdown_send, ignored);
}

void connection::cut()
{
    error_code ignored;
    socket().close(ignored);
}

// ---- all of them

websockets::websockets(session_service& sessions, websocket_options options, protocol::counters& counters,
                       std::function<void()> turn)
    : table_(std::make_shared<connection_table>(sessions, options, counters, std::move(turn)))
{
}

websockets::~websockets()
{
    cut_all();
    table_->abandoned = true;
    table_->connections.clear();
}

void websockets::take(tcp::socket socket)
{
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    session* s = table_->sessions.open(clock_now());
    if (!s) {
        static constexpr std::string_view full = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                                                 "Connection: close\r\nContent-Length: 0\r\n\r\n";
        socket.write_some(net::buffer(full), ignored);
        return;
    }
    const auto executor = socket.get_executor();
    auto made = std::make_shared<connection>(table_, std::move(socket), *s);
    table_->connections.emplace(s->id, made);
    runtime::spawn(executor, "websocket", made->run());
}

void websockets::flush_dirty()
{
    for (const auto id : table_->sessions.take_dirty()) {
        const auto found = table_->connections.find(id);
        if (found != table_->connections.end())
            found->second->flush();
    }
}

void websockets::on_tick(instant now)
{
    auto& closing = table_->closing;
    for (; !closing.empty() && closing.front().first <= now; closing.pop_front()) {
        const auto found = table_->connections.find(closing.front().second);
        if (found == table_->connections.end())
            continue;
        ++table_->cut;
        found->second->cut();
    }
}

void websockets::cut_all()
{
    for (auto& [id, c] : table_->connections)
        c->cut();
}

std::size_t websockets::size() const
{
    return table_->connections.size();
}

} // namespace citron::frontend
