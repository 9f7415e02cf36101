#include "frontend/websocket.hpp"

#include "common/runtime/log.hpp"
#include "common/runtime/spawn.hpp"
#include "frontend/upgrade.hpp"
#include "frontend/websocket_reader.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <deque>
#include <memory_resource>
#include <span>
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
    std::array<char, (64U << 10U)> received;            ///< for all: nobody holds a buffer while it waits
    bool abandoned = false; ///< the references above and below are dead; coroutines must end
    std::uint64_t &upgraded, &not_upgraded, &messages, &writes, &bytes, &blocked, &cut;
};

namespace {

using boost::system::error_code;
using tcp = net::ip::tcp;

constexpr std::size_t gathered = 64; ///< iovecs per writev: what Asio passes on

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
        : table_(std::move(table)), session_(&s), id_(s.id), socket_(std::move(socket)),
          reader_(table_->options.max_message)
    {
        s.carrier = this;
    }

    /// Coroutines own their connection from the call on: they begin only in a later turn.
    static net::awaitable<void> run(std::shared_ptr<connection> self);

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

    net::awaitable<bool> shake_hands();
    struct waiter;
    void on_readable(error_code failed);
    void read_on(bool more);
    [[nodiscard]] bool read();
    [[nodiscard]] bool digest(std::span<char> bytes);
    void forget();
    void heard() { session_->heard = clock_now(); }
    void queue(std::string bytes);
    void queue(const protocol::frame& control) { queue(std::string(control.view())); }

    [[nodiscard]] progress write();
    static net::awaitable<void> write_when_possible(std::shared_ptr<connection> self);
    void last_bytes();

    std::shared_ptr<connection_table> table_;
    session* session_; ///< nullptr after forget()
    session_id id_;
    tcp::socket socket_;
    websocket_reader reader_;
    bool upgraded_ = false;
    bool heard_out_ = false; ///< what still comes is skipped
    bool blocked_ = false;   ///< a coroutine waits for the socket to take more
    bool ending_ = false;    ///< seen closing: the linger time runs
};

// ---- reading

net::awaitable<void> connection::run(std::shared_ptr<connection> self)
{
    bool more = false;
    try {
        more = co_await self->shake_hands();
    } catch (const std::exception& error) {
        runtime::log::error("websocket failed: {}", runtime::log::printable(error.what()));
    }
    self->read_on(more);
}

/// False: there is nothing to be read.
net::awaitable<bool> connection::shake_hands()
{
    auto done = co_await upgrade(socket_, [this](std::string bytes) { queue(std::move(bytes)); });
    if (gone())
        co_return false;
    ++(done.upgraded ? table_->upgraded : table_->not_upgraded);
    upgraded_ = done.upgraded;
    co_return upgraded_&& digest(done.behind);
}

/// Most connections wait here most of the time, with nothing but this: a suspended coroutine costs a kilobyte
/// more. Asio's own allocator would hand out a used block, however large, and the client would keep it.
struct connection::waiter
{
    using allocator_type = std::pmr::polymorphic_allocator<char>;
    [[nodiscard]] allocator_type get_allocator() const { return {std::pmr::new_delete_resource()}; }
    void operator()(error_code failed) const { alive->on_readable(failed); }

    std::shared_ptr<connection> alive;
};

void connection::on_readable(error_code failed)
{
    bool more = false;
    if (!failed && !gone())
        runtime::guard("websocket", [&] { more = read(); });
    read_on(more);
}

// A socket that is closed while bytes of the peer wait unread resets the connection, and our last words are
// lost. So when all is said, the peer's bytes are skipped until it closes too, or the linger time is over.
void connection::read_on(bool more)
{
    if (!more && !std::exchange(heard_out_, true)) {
        runtime::guard("websocket.flush", [this] { flush(); });
        more = !gone() && session_->state == phase::closing;
    }
    if (!more)
        return forget();
    socket_.async_wait(tcp::socket::wait_read, waiter{shared_from_this()});
}

/// False: nothing more is to be read.
bool connection::read()
{
    error_code failed;
    const auto size = socket_.read_some(net::buffer(table_->received), failed);
    if (failed)
        return failed == net::error::would_block; // woken for nothing
    return heard_out_ || digest(std::span(table_->received).first(size));
}

/// False: the client has closed, or cannot be understood. The session has been told.
bool connection::digest(std::span<char> bytes)
{
    using kind = websocket_reader::kind;
    heard();
    for (;;) {
        const auto e = reader_.next(bytes);
        switch (e.what) {
        case kind::nothing:
            return true;
        case kind::message:
            ++table_->messages;
            table_->sessions.on_message(id_, e.payload, clock_now());
            table_->turn();
            break;
        case kind::ping:
            queue(pong_frame(e.payload));
            break;
        case kind::pong:
            break;
        case kind::close:
            queue(close_frame(e.code == close_no_status ? close_normal : e.code));
            return false;
        case kind::mistake:
            queue(close_frame(e.code));
            return false;
        }
    }
}

void connection::forget()
{
    cut();
    if (gone())
        return;
    std::exchange(session_, nullptr)->carrier = nullptr;
    const auto alive = shared_from_this();
    table_->connections.erase(id_);
    runtime::guard("websocket.gone", [this] { table_->sessions.on_gone(id_, clock_now()); });
    table_->turn(); // rooms may have to be told
}

// ---- writing

/// What the WebSocket itself has to say.
void connection::queue(std::string bytes)
{
    if (gone())
        return;
    table_->sessions.on_control(id_, std::move(bytes), clock_now());
    table_->turn();
}

void connection::flush()
{
    if (gone() || !socket_.is_open())
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
        runtime::spawn(socket_.get_executor(), "websocket.write", write_when_possible(shared_from_this()));
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
        const auto size = socket_.write_some(std::span(buffers.data(), count), failed);
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

net::awaitable<void> connection::write_when_possible(std::shared_ptr<connection> self)
{
    progress result = progress::blocked;
    while (result == progress::blocked) {
        error_code failed;
        co_await self->socket_.async_wait(tcp::socket::wait_write,
                                          net::redirect_error(net::use_awaitable, failed));
        result = failed || self->gone() ? progress::failed : self->write();
    }
    self->blocked_ = false;
    if (result == progress::done)
        self->last_bytes();
}

// Nothing follows the close frame: say so to the peer's TCP as well, so that it need not wait.
void connection::last_bytes()
{
    error_code ignored;
    if (ending_)
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void connection::cut()
{
    error_code ignored;
    socket_.close(ignored);
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
    runtime::spawn(executor, "websocket", connection::run(made));
}

void websockets::flush_dirty()
{
    table_->sessions.flush_dirty([](session& s) {
        if (s.carrier)
            runtime::guard("websocket.flush", [&s] { s.carrier->flush(); });
    });
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
